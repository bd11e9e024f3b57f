namespace FastMlp.Onnx.Import;

/// <summary>What a name of the graph stands for while it is read: a <see cref="Constant"/>, a <see cref="Texts"/> or a <see cref="Signal"/>.</summary>
internal abstract record Value;

/// <summary>
/// A tensor whose numbers are known, row-major, in double precision, which holds every type that weights come in exactly.
/// Among the sizes that a Shape operator gives, NaN stands for the batch, which is not known.
/// </summary>
/// <param name="Dims">The shape.</param>
/// <param name="Values">The numbers.</param>
/// <param name="Type">The element type, as <see cref="ElementType"/> counts them.</param>
internal sealed record Constant(long[] Dims, double[] Values, int Type) : Value
{
    public bool IsInteger => ElementType.IsInteger(Type);

    public static Constant Scalar(double value) => new([], [value], ElementType.Float);

    public static Constant Integers(params double[] values) => new([values.Length], values, ElementType.Int64);

    /// <summary>The only number of a constant of one element.</summary>
    public bool IsOne(out double value)
    {
        value = Values.Length == 1 ? Values[0] : double.NaN;
        return Values.Length == 1;
    }
}

/// <summary>A list of texts, as the names of classes are.</summary>
internal sealed record Texts(string[] Values) : Value;

/// <summary>A signal that was rounded to integers, signal / Scale + Zero, which are taken as they were before.</summary>
internal sealed record Quantized(Signal Signal, double Scale, double Zero) : Value;

/// <summary>
/// A tensor that depends on the input: for each row, scale base + shift, feature by feature. Elementwise constants only ever change
/// <see cref="Scale"/> and <see cref="Shift"/>; they are multiplied into weights, in double precision, when layers are planned.
/// </summary>
internal sealed record Signal : Value
{
    public required Expression Base { get; init; }

    /// <summary>One number for all features or one for each.</summary>
    public double[] Scale { get; init; } = [1];

    /// <summary>One number for all features or one for each.</summary>
    public double[] Shift { get; init; } = [0];

    /// <summary>Whether a shift was ever added; a layer without one has no bias.</summary>
    public bool IsShifted { get; init; }

    /// <summary>Sizes of the axes that count rows; -1 where not known.</summary>
    public required long[] BatchDims { get; init; }

    /// <summary>Sizes of the axes that hold the features of a row; -1 where not known.</summary>
    public required long[] FeatureDims { get; init; }

    /// <summary>Whether the features come before the rows, as after a Transpose of a matrix; otherwise they come last.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Whether the elements are truth values, as after a comparison.</summary>
    public bool IsLogical { get; init; }

    /// <summary>Whether 1 divided by this is meant; only of parts of a softmax or a layer normalization.</summary>
    public bool IsInverse { get; init; }

    public int Rank => BatchDims.Length + FeatureDims.Length;

    /// <summary>All sizes, in the tensor's own order.</summary>
    public long[] Dims => IsTransposed ? [.. FeatureDims, .. BatchDims] : [.. BatchDims, .. FeatureDims];

    /// <summary>The first axis that holds features.</summary>
    public int FeatureAxis => IsTransposed ? 0 : BatchDims.Length;

    /// <summary>Features in a row; -1 if not known.</summary>
    public int Width => Base.Width;

    /// <summary>Whether this is the base as it is.</summary>
    public bool IsPlain => !Scale.AsSpan().ContainsAnyExcept(1) && !Shift.AsSpan().ContainsAnyExcept(0);

    public double ScaleAt(int feature) => Scale.Length == 1 ? Scale[0] : Scale[feature];

    public double ShiftAt(int feature) => Shift.Length == 1 ? Shift[0] : Shift[feature];

    /// <summary>Whether the axis, the only one of more than one feature, is that of the features.</summary>
    public bool IsAlongFeatures(int axis) =>
        axis >= FeatureAxis && axis < FeatureAxis + FeatureDims.Length && FeatureDims.Where((size, i) => i != axis - FeatureAxis).All(size => size == 1);

    /// <summary>The same features and axes of another expression.</summary>
    public Signal On(Expression expression) =>
        new() { Base = expression, BatchDims = BatchDims, FeatureDims = FeatureDims, IsTransposed = IsTransposed };

    /// <summary>Another expression with features along one axis.</summary>
    public Signal Along(Expression expression) => On(expression) with { FeatureDims = [expression.Width] };

    /// <summary>factor this + addend, each with one number for all features or one for each.</summary>
    public Signal Affine(double[] factor, double[] addend, bool shifts = true)
    {
        double[] moved = Combine(Shift, factor, (a, b) => a * b);
        return this with
        {
            Scale = Combine(Scale, factor, (a, b) => a * b),
            Shift = Combine(moved, addend, (a, b) => a + b),
            IsShifted = IsShifted || shifts,
        };
    }

    public Signal Times(params double[] factor) => Affine(factor, [0], shifts: false);

    public Signal Plus(params double[] addend) => Affine([1], addend);

    /// <summary>Scale and shift divided, not multiplied by the reciprocal, so that x / x is exactly 1.</summary>
    public Signal Over(double[] divisor) => this with
    {
        Scale = Combine(Scale, divisor, (a, b) => a / b),
        Shift = Combine(Shift, divisor, (a, b) => a / b),
    };

    /// <summary>k, if this is k other for every feature up to rounding; a k that is a small binary fraction but for rounding is given as that.</summary>
    public double? RatioTo(Signal other)
    {
        if (Base != other.Base)
        {
            return null;
        }

        int count = Math.Max(Math.Max(Scale.Length, Shift.Length), Math.Max(other.Scale.Length, other.Shift.Length));
        double k = double.NaN;
        for (int i = 0; i < count && double.IsNaN(k); i++)
        {
            k = other.ScaleAt(i) == 0 ? k : ScaleAt(i) / other.ScaleAt(i);
        }

        if (!double.IsFinite(k) || k == 0)
        {
            return null;
        }

        for (int i = 0; i < count; i++)
        {
            if (!Near(ScaleAt(i), k * other.ScaleAt(i), Rounding) || !Near(ShiftAt(i), k * other.ShiftAt(i), Rounding))
            {
                return null;
            }
        }

        double whole = Math.Round(k * 16) / 16;
        return whole != 0 && Near(k, whole, Rounding) ? whole : k;
    }

    /// <summary>Whether this is the base times one number.</summary>
    public bool IsScaled(out double factor)
    {
        factor = Scale[0];
        return !Scale.AsSpan().ContainsAnyExcept(factor) && !Shift.AsSpan().ContainsAnyExcept(0) && factor != 0;
    }

    /// <summary>Whether this is factor (base + addend), both one number.</summary>
    public bool IsScaledSum(double addend, out double factor)
    {
        factor = Scale[0];
        double shift = Shift[0];
        return !Scale.AsSpan().ContainsAnyExcept(factor) && !Shift.AsSpan().ContainsAnyExcept(shift) && factor != 0 && Near(shift, factor * addend, Rounding);
    }

    public static bool Near(double value, double wanted, double relative) => Math.Abs(value - wanted) <= relative * Math.Abs(wanted);

    /// <summary>Exporters write sqrt(2) and the like as float32; this is a little above the rounding of a few of those.</summary>
    public const double Rounding = 1e-6;

    public static double[] Combine(double[] left, double[] right, Func<double, double, double> operation)
    {
        double[] result = new double[Math.Max(left.Length, right.Length)];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = operation(left[left.Length == 1 ? 0 : i], right[right.Length == 1 ? 0 : i]);
        }

        return result;
    }
}
