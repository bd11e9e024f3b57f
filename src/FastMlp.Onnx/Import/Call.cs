namespace FastMlp.Onnx.Import;

/// <summary>What the operators of one import share.</summary>
internal sealed class ImportContext(OnnxImportOptions options, TensorReader tensors, WeightBudget budget)
{
    public OnnxImportOptions Options { get; } = options;

    public TensorReader Tensors { get; } = tensors;

    public WeightBudget Budget { get; } = budget;

    /// <summary>What was left out or read in another way than it stands there, one sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The classes in the order of the outputs, as the first node that names them has it.</summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    public void NameClasses(IReadOnlyList<string> names)
    {
        if (ClassNames.Count == 0)
        {
            ClassNames = names;
        }
    }
}

/// <summary>One node of the graph with the values that come into it.</summary>
internal sealed class Call(ImportContext context, Node node, Value?[] inputs)
{
    public ImportContext Context { get; } = context;

    public Node Node { get; } = node;

    /// <summary>Null where an input that may be omitted is.</summary>
    public Value?[] Inputs { get; } = inputs;

    public WeightBudget Budget => Context.Budget;

    public string Name => Node.ToString();

    public ModelFormatException Refuse(string why) => Node.Refuse(why);

    public Value? At(int place) => place < Inputs.Length ? Inputs[place] : null;

    /// <summary>An input that depends on the model's.</summary>
    public Signal Signal(int place = 0) => At(place) as Signal
        ?? throw Refuse($"does not take its input {place} from the features; that was expected.");

    /// <summary>An input that must be constant.</summary>
    public Constant Constant(int place, string what) => At(place) as Constant
        ?? throw Refuse($"needs {what} (input {place}) as a constant.");

    /// <summary>An input that must be constant where it is there.</summary>
    public Constant? Optional(int place, string what) => At(place) is null ? null : Constant(place, what);

    /// <summary>A constant of one element where it is there.</summary>
    public double? Number(int place, string what) => Optional(place, what) is not { } given ? null
        : given.IsOne(out double value) ? value
        : throw Refuse($"has {what} (input {place}) of the shape {Words.Shape(given.Dims)}; one number was expected.");

    /// <summary>Whole numbers that early versions have as an attribute and later ones as an input; null where there is neither.</summary>
    public long[]? Integers(string attribute, int place, string what) =>
        Optional(place, what) is { } given ? [.. given.Values.Select(Whole)]
        : Node.Has(attribute) ? [.. Node.Ints(attribute)] : null;

    /// <summary>A whole number from a constant; <see cref="Axes.Unknown"/> for the batch.</summary>
    public static long Whole(double value) => double.IsNaN(value) ? Axes.Unknown : (long)value;

    /// <summary>The two inputs of an operator of two.</summary>
    public (Value Left, Value Right) Pair() => Inputs is [{ } left, { } right]
        ? (left, right)
        : throw Refuse($"has {Inputs.Length} inputs; two were expected.");

    /// <summary>An activation of the signal.</summary>
    public Signal Activated(Signal signal, Activation activation) => signal.On(new ActivationExpression(signal, activation, Name));

    public Signal Partial(Part part, Signal signal) => signal.On(new PartExpression(part, signal, Name, signal.Width));

    /// <summary>A part that gives one number a row.</summary>
    public Signal PartialOfRow(Part part, Signal signal, bool keepsAxis)
    {
        Signal result = signal.On(new PartExpression(part, signal, Name, 1));
        return result with { FeatureDims = keepsAxis ? [.. signal.FeatureDims.Select(_ => 1L)] : [] };
    }

    /// <summary>A matrix of the importer's own times the signal.</summary>
    public Signal Mixed(Signal signal, double[] weight, int rows)
    {
        Budget.Consider(Name, rows, signal.Width);
        return signal.Along(new LinearExpression(rows, Name, [new Term(signal, weight, 0, rows)], isMade: true));
    }

    public static long Product(IEnumerable<long> dims, string where)
    {
        long product = 1;
        foreach (long dim in dims)
        {
            if (product > 0 && dim > int.MaxValue / product)
            {
                throw new ModelFormatException($"{where} has more than 2^31 elements.");
            }

            product *= dim;
        }

        return product;
    }
}
