using System.Globalization;

namespace FastMlp;

/// <summary>
/// What training makes small: a mean over the m rows of a batch, of outputs a against targets y. Rows may have weights s
/// (<see cref="Dataset.WithWeights"/>): each mean is then sum of s l / sum of s, l the loss of a row.
/// </summary>
public readonly record struct Loss
{
    /// <summary>Every loss, in the order in which they are offered: how it is spelt, and what its constants make. To add one see docs/extending.md.</summary>
    private static readonly (string Spelling, Func<float[], Loss?> Make)[] formulas =
    [
        ("cross-entropy", c => c is [] ? CrossEntropy : null),
        ("binary-cross-entropy", c => c is [] ? BinaryCrossEntropy : null),
        ("quadratic", c => c is [] ? Quadratic : null),
        ("mean-squared-error", c => c is [] ? MeanSquaredError : null),
        ("mean-absolute-error", c => c is [] ? MeanAbsoluteError : null),
        ("huber[:delta]", c => c switch { [] => Huber(), [float delta] => Huber(delta), _ => null }),
        ("log-cosh", c => c is [] ? LogCosh : null),
        ("poisson", c => c is [] ? Poisson(logOutputs: false) : null),
        ("log-poisson", c => c is [] ? Poisson() : null),
        ("quantile:level,...", c => Quantile(c)),
    ];

    private Loss(LossKind kind) => Kind = kind;

    internal LossKind Kind { get; }

    /// <summary>The delta of <see cref="Huber"/>.</summary>
    internal float Delta { get; private init; }

    /// <summary>The levels of <see cref="Quantile"/>.</summary>
    internal FloatSequence? Levels { get; private init; }

    internal float LabelSmoothing { get; private init; }

    internal FloatSequence? ClassWeights { get; private init; }

    internal FloatSequence? PositiveWeights { get; private init; }

    /// <summary>How each loss is spelt for <see cref="TryParse"/>, with its constants: <c>quadratic</c>, <c>huber[:delta]</c>.</summary>
    public static IReadOnlyList<string> Spellings { get; } = Array.AsReadOnly(Array.ConvertAll(formulas, formula => formula.Spelling));

    /// <summary>L = 1 / (2m) sum over rows and outputs of (a - y)^2, as in the classic derivation of backpropagation.</summary>
    public static Loss Quadratic => new(LossKind.Quadratic);

    /// <summary>L = 1 / (m n) sum over rows and outputs of (a - y)^2, the mean over elements.</summary>
    public static Loss MeanSquaredError => new(LossKind.MeanSquaredError);

    /// <summary>L = 1 / (m n) sum over rows and outputs of |a - y|; its gradient at a = y is 0.</summary>
    public static Loss MeanAbsoluteError => new(LossKind.MeanAbsoluteError);

    /// <summary>
    /// L = -1/m sum of y ln a. Targets are class indices, one-hot rows or soft rows, none below 0. After a softmax it is taken from
    /// the logits by log-sum-exp, and its gradient there is (a - y) / m. Outputs without an activation are logits too, as in PyTorch: a is
    /// then their softmax, while <see cref="Network.Predict(ReadOnlySpan{float})"/> goes on to give the logits.
    /// </summary>
    public static Loss CrossEntropy => new(LossKind.CrossEntropy);

    /// <summary>
    /// L = -1/m sum over outputs of y ln a + (1 - y) ln(1 - a), targets from 0 to 1. After a sigmoid it is taken from the logits; outputs
    /// without an activation are logits too, as for <see cref="CrossEntropy"/>. With several outputs and float targets of 0 and 1 it trains
    /// a row for several labels at once.
    /// </summary>
    public static Loss BinaryCrossEntropy => new(LossKind.BinaryCrossEntropy);

    /// <summary>
    /// L = 1 / (m n) sum of h(a - y), h(d) = d^2 / 2 where |d| is at most delta, delta (|d| - delta / 2) beyond (Huber, 1964).
    /// </summary>
    /// <param name="delta">Where the parabola turns into a line: above 0.</param>
    public static Loss Huber(float delta = 1) => delta > 0 && float.IsFinite(delta)
        ? new(LossKind.Huber) { Delta = delta }
        : throw new ArgumentOutOfRangeException(nameof(delta), delta, "delta is a finite number above 0.");

    /// <summary>L = 1 / (m n) sum of ln cosh(a - y): about d^2 / 2 for small d, abs(d) - ln 2 for large, smooth throughout; its gradient is tanh(a - y).</summary>
    public static Loss LogCosh => new(LossKind.LogCosh);

    /// <summary>
    /// The negative log-likelihood of counts y, without the part that only y decides: L = 1 / (m n) sum of e^a - y a where outputs
    /// are logarithms of rates, 1 / (m n) sum of a - y ln a where they are rates.
    /// </summary>
    /// <param name="logOutputs">Whether outputs are logarithms, as behind an identity; otherwise rates, as behind a softplus.</param>
    public static Loss Poisson(bool logOutputs = true) => new(logOutputs ? LossKind.LogPoisson : LossKind.Poisson);

    /// <summary>
    /// The pinball loss for several quantiles at once: L = 1 / (m n) sum of max(tau d, (tau - 1) d), d = y - a (Koenker and Bassett, 1978);
    /// its gradient at a = y is 0.
    /// </summary>
    /// <param name="levels">
    /// tau, each above 0 and below 1. With T levels a network has T outputs for each target: the T quantiles of the first target, then
    /// those of the second, and so on.
    /// </param>
    public static Loss Quantile(params ReadOnlySpan<float> levels)
    {
        if (levels.IsEmpty)
        {
            throw new ArgumentException("A quantile loss needs at least one level, 0.5 for the median.", nameof(levels));
        }

        foreach (float level in levels)
        {
            if (level is not (> 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(levels), level, "A level is above 0 and below 1.");
            }
        }

        return new(LossKind.Quantile) { Levels = new FloatSequence(levels) };
    }

    /// <summary>Reads a loss with its constants after a colon: <c>quadratic</c>, <c>huber:0.5</c>, <c>quantile:0.1,0.9</c>. Case, hyphens and underscores do not count.</summary>
    /// <returns>Whether the text is one of <see cref="Spellings"/>, with constants that the loss can have.</returns>
    public static bool TryParse(string? text, out Loss loss)
    {
        loss = default;
        string[] parts = text?.Split(':') ?? [];
        if (parts.Length is < 1 or > 2 || Array.Find(formulas, formula => Bare(formula.Spelling.Split('[', ':')[0]) == Bare(parts[0])) is not { Make: not null } found)
        {
            return false;
        }

        string[] constants = parts.Length == 1 ? [] : parts[1].Split(',');
        float[] values = new float[constants.Length];
        for (int i = 0; i < constants.Length; i++)
        {
            if (!float.TryParse(constants[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]))
            {
                return false;
            }
        }

        try
        {
            Loss? made = found.Make(values);
            loss = made ?? default;
            return made is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// The same with softened targets: y (1 - s) + s / n over the n classes of <see cref="CrossEntropy"/>, y (1 - s) + s / 2 for
    /// <see cref="BinaryCrossEntropy"/>.
    /// </summary>
    /// <param name="smoothing">s, from 0 to below 1.</param>
    /// <exception cref="InvalidOperationException">The loss is not one of these two.</exception>
    public Loss WithLabelSmoothing(float smoothing)
    {
        if (Kind is not (LossKind.CrossEntropy or LossKind.BinaryCrossEntropy))
        {
            throw new InvalidOperationException($"Label smoothing softens classes; {this} has values. It goes with CrossEntropy and BinaryCrossEntropy.");
        }

        return smoothing is >= 0 and < 1
            ? this with { LabelSmoothing = smoothing }
            : throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "Label smoothing is at least 0 and below 1.");
    }

    /// <summary>
    /// The same with a weight w for each class (two for a single output: of 0, of 1). Each term y ln a of <see cref="CrossEntropy"/>, and of
    /// <see cref="BinaryCrossEntropy"/> at a single output, counts w times; in any other loss a class label gives its row the weight of its class.
    /// The mean divides by the sum of the weights of the labels, as PyTorch's does; for float targets by the sum of w y, y before any smoothing.
    /// </summary>
    /// <param name="weights">One for each class, at least 0.</param>
    public Loss WithClassWeights(params ReadOnlySpan<float> weights) => this with { ClassWeights = Weights(weights, nameof(weights)) };

    /// <summary>
    /// <see cref="BinaryCrossEntropy"/> with y ln a counted p times: above 1 for rare labels. The mean does not divide by p.
    /// </summary>
    /// <param name="weights">p: one for each output, or one for all.</param>
    /// <exception cref="InvalidOperationException">The loss is another one.</exception>
    public Loss WithPositiveWeights(params ReadOnlySpan<float> weights) => Kind == LossKind.BinaryCrossEntropy
        ? this with { PositiveWeights = Weights(weights, nameof(weights)) }
        : throw new InvalidOperationException($"Positive weights go with BinaryCrossEntropy, not with {this}.");

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = Kind switch
        {
            LossKind.Huber => string.Create(CultureInfo.InvariantCulture, $"Huber({Delta})"),
            LossKind.LogPoisson => "Poisson of logarithms",
            LossKind.Quantile => $"Quantile({Levels})",
            _ => Kind.ToString(),
        };
        text += LabelSmoothing > 0 ? string.Create(CultureInfo.InvariantCulture, $", label smoothing {LabelSmoothing}") : "";
        text += ClassWeights is null ? "" : $", class weights ({ClassWeights})";
        return text + (PositiveWeights is null ? "" : $", positive weights ({PositiveWeights})");
    }

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static FloatSequence Weights(ReadOnlySpan<float> weights, string name)
    {
        float sum = 0;
        foreach (float weight in weights)
        {
            if (!(weight >= 0) || !float.IsFinite(weight))
            {
                throw new ArgumentOutOfRangeException(name, weight, "A weight is a finite number of at least 0.");
            }

            sum += weight;
        }

        return sum > 0 ? new FloatSequence(weights) : throw new ArgumentException("At least one weight must be above 0.", name);
    }
}

/// <summary>The formulas of <see cref="Loss"/>.</summary>
internal enum LossKind
{
    Quadratic,
    MeanSquaredError,
    CrossEntropy,
    BinaryCrossEntropy,
    MeanAbsoluteError,
    Huber,
    Poisson,
    LogPoisson,
    Quantile,
    LogCosh,
}
