namespace FastMlp;

/// <summary>What training makes small: a mean over the m rows of a batch, of outputs a against targets y.</summary>
public readonly record struct Loss
{
    private Loss(LossKind kind) => Kind = kind;

    internal LossKind Kind { get; }

    /// <summary>L = 1 / (2m) sum over rows and outputs of (a - y)^2, as in the classic derivation of backpropagation.</summary>
    public static Loss Quadratic => new(LossKind.Quadratic);

    /// <summary>L = 1 / (m n) sum over rows and outputs of (a - y)^2, the mean over elements.</summary>
    public static Loss MeanSquaredError => new(LossKind.MeanSquaredError);

    /// <summary>
    /// L = -1/m sum of y ln a. Targets are class indices, one-hot rows or soft rows. After a softmax it is taken from
    /// the logits by log-sum-exp, and its gradient there is (a - y) / m.
    /// </summary>
    public static Loss CrossEntropy => new(LossKind.CrossEntropy);

    /// <summary>
    /// L = -1/m sum over outputs of y ln a + (1 - y) ln(1 - a). After a sigmoid it is taken from the logits.
    /// </summary>
    public static Loss BinaryCrossEntropy => new(LossKind.BinaryCrossEntropy);

    /// <inheritdoc/>
    public override string ToString() => Kind.ToString();
}
