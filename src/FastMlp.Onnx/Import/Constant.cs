namespace FastMlp.Onnx.Import;

/// <summary>
/// A tensor whose numbers are known, row-major, in double precision, which holds every type that weights come in exactly.
/// Among the sizes that a Shape operator gives, NaN stands for the batch, which is not known.
/// </summary>
internal sealed class Constant
{
    public Constant(long[] dims, double[] values, bool isInteger)
    {
        Dims = dims;
        Values = values;
        IsInteger = isInteger;
    }

    public long[] Dims { get; }

    public double[] Values { get; }

    public bool IsInteger { get; }

    public static Constant Scalar(double value) => new([], [value], isInteger: false);

    public static Constant Vector(IReadOnlyCollection<double> values, bool isInteger) => new([values.Count], [.. values], isInteger);

    /// <summary>The same numbers in another shape of as many elements.</summary>
    public Constant WithDims(long[] dims) => new(dims, Values, IsInteger);
}
