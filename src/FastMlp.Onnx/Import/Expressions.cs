namespace FastMlp.Onnx.Import;

/// <summary>What a signal scales and shifts: an input, a linear map, an activation. Compared by reference.</summary>
internal abstract class Expression(int width, string node)
{
    /// <summary>Features; -1 if not known.</summary>
    public int Width { get; } = width;

    /// <summary>The node that made it, for messages.</summary>
    public string Node { get; } = node;

    /// <summary>What it is computed from.</summary>
    public virtual IEnumerable<Signal> Inputs => [];
}

/// <summary>The values of one of the graph's inputs.</summary>
internal sealed class InputExpression(string name, int width, bool isText) : Expression(width, $"the input {Words.Quote(name)}")
{
    public string Name { get; } = name;

    public bool IsText { get; } = isText;
}

/// <summary>Columns of the graph's inputs as features: with gaps filled, or one feature for each known text.</summary>
internal sealed class EncodedExpression(IReadOnlyList<OnnxColumn> columns, string node) : Expression(columns.Sum(column => column.Width), node)
{
    public IReadOnlyList<OnnxColumn> Columns { get; } = columns;
}

/// <summary>One summand of a linear map: rows Row to Row + Rows of the result get Weight input, or input[Column..] where there is no weight.</summary>
/// <param name="Input">What is multiplied.</param>
/// <param name="Weight">Of the shape [Rows, Input.Width]; null is the identity.</param>
/// <param name="Row">The first feature of the result that it adds to.</param>
/// <param name="Rows">The features of the result that it adds to.</param>
/// <param name="Column">The first feature of the input that is taken, where there is no weight.</param>
internal sealed record Term(Signal Input, double[]? Weight, int Row, int Rows, int Column = 0)
{
    public static Term Of(Signal input) => new(input, null, 0, input.Width);
}

/// <summary>The sum of some terms: a product with a weight, a sum of signals, features beside each other, some of the features.</summary>
internal class LinearExpression(int width, string node, IReadOnlyList<Term> terms, bool isMade) : Expression(width, node)
{
    public IReadOnlyList<Term> Terms { get; } = terms;

    /// <summary>Whether the weights are the importer's own, not the file's: such a map may be multiplied into the one beside it.</summary>
    public bool IsMade { get; } = isMade;

    /// <summary>Whether it only puts features in other places.</summary>
    public bool OnlyPlaces => Terms.All(term => term.Weight is null);

    public override IEnumerable<Signal> Inputs => Terms.Select(term => term.Input);
}

/// <summary>x less its mean over the features; the start of a layer normalization that is spelt out.</summary>
internal sealed class CentredExpression(Signal of, Signal mean, string node) : LinearExpression(
    of.Width,
    node,
    [Term.Of(of), new Term(mean, [.. Enumerable.Repeat(-1.0, of.Width)], 0, of.Width)],
    isMade: true)
{
    public Signal Of { get; } = of;
}

/// <summary>g(input).</summary>
internal sealed class ActivationExpression(Signal input, Activation activation, string node) : Expression(input.Width, node)
{
    public Signal Input { get; } = input;

    public Activation Activation { get; } = activation;

    public override IEnumerable<Signal> Inputs => [Input];
}

/// <summary>(x - mean) / sqrt(variance + epsilon) over the features of a row.</summary>
internal sealed class NormExpression(Signal input, float epsilon, string node) : Expression(input.Width, node)
{
    public Signal Input { get; } = input;

    public float Epsilon { get; } = epsilon;

    public override IEnumerable<Signal> Inputs => [Input];
}

/// <summary>A function of which no layer consists, but that can become part of one: erf in GELU, for one.</summary>
internal sealed class PartExpression(Part part, Signal input, string node, int width) : Expression(width, node)
{
    public Part Part { get; } = part;

    public Signal Input { get; } = input;

    public override IEnumerable<Signal> Inputs => [Input];
}

internal enum Part
{
    /// <summary>erf(x), of GELU.</summary>
    Erf,

    /// <summary>e^x, of a sigmoid, softplus or softmax.</summary>
    Exp,

    /// <summary>x^2, on the way to x^3 or to a variance.</summary>
    Square,

    /// <summary>x^3, of GELU in its tanh form.</summary>
    Cube,

    /// <summary>x + 0.044715 x^3, of GELU in its tanh form.</summary>
    TanhGeluInner,

    /// <summary>The logarithm of a softmax.</summary>
    LogSoftmax,

    /// <summary>The largest feature of a row, which a softmax is free to subtract.</summary>
    Largest,

    /// <summary>x less the same number for all features of a row, on the way to a softmax.</summary>
    Shifted,

    /// <summary>The sum of e^x over the features, of a softmax.</summary>
    SumOfExp,

    /// <summary>Its logarithm.</summary>
    LogSumExp,

    /// <summary>The mean of x^2 over the features, x centred: of a layer normalization.</summary>
    Variance,

    /// <summary>sqrt(x), x a variance and epsilon.</summary>
    Deviation,
}
