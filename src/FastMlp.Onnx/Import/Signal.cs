namespace FastMlp.Onnx.Import;

/// <summary>
/// A tensor that depends on the input: for each row, scale stage + shift, feature by feature. Elementwise constants only ever
/// change <see cref="Scale"/> and <see cref="Shift"/>; they are multiplied into weights, in double precision, when a dense
/// layer takes the signal up or gives it out.
/// </summary>
internal sealed class Signal
{
    public required Stage Stage { get; init; }

    /// <summary>One number for all features or one for each.</summary>
    public double[] Scale { get; init; } = [1];

    /// <summary>One number for all features or one for each.</summary>
    public double[] Shift { get; init; } = [0];

    /// <summary>Whether a shift was ever added; a layer without one has no bias.</summary>
    public bool IsShifted { get; init; }

    /// <summary>Sizes of the leading axes, which count rows; -1 where not known.</summary>
    public required long[] BatchDims { get; init; }

    /// <summary>Sizes of the trailing axes, which hold the features of a row; -1 where not known.</summary>
    public required long[] FeatureDims { get; init; }

    /// <summary>Whether rows and features have changed places, as after a Transpose of a matrix.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Whether the elements are truth values, as after a comparison.</summary>
    public bool IsLogical { get; init; }

    public int Rank => BatchDims.Length + FeatureDims.Length;

    /// <summary>All sizes, in the tensor's own order.</summary>
    public long[] Dims => IsTransposed ? [.. FeatureDims, .. BatchDims] : [.. BatchDims, .. FeatureDims];

    /// <summary>Features in a row; -1 if not known.</summary>
    public int Width => Stage.Width;

    /// <summary>Whether this is the stage as it is.</summary>
    public bool IsPlain => !Scale.AsSpan().ContainsAnyExcept(1) && !Shift.AsSpan().ContainsAnyExcept(0);

    public double ScaleAt(int feature) => Scale.Length == 1 ? Scale[0] : Scale[feature];

    public double ShiftAt(int feature) => Shift.Length == 1 ? Shift[0] : Shift[feature];

    /// <summary>The same features and axes on another stage.</summary>
    public Signal On(Stage stage) => new() { Stage = stage, BatchDims = BatchDims, FeatureDims = FeatureDims, IsTransposed = IsTransposed };

    /// <summary>factor this + addend, each with one number for all features or one for each.</summary>
    public Signal Affine(double[] factor, double[] addend, bool shifts = true)
    {
        double[] scale = Combine(Scale, factor, (a, b) => a * b);
        double[] moved = Combine(Shift, factor, (a, b) => a * b);
        return Changed(scale, Combine(moved, addend, (a, b) => a + b), IsShifted || shifts);
    }

    public Signal Times(params double[] factor) => Affine(factor, [0], shifts: false);

    public Signal Plus(params double[] addend) => Affine([1], addend);

    public Signal WithAxes(long[] batchDims, long[] featureDims, bool transposed = false) =>
        new() { Stage = Stage, Scale = Scale, Shift = Shift, IsShifted = IsShifted, BatchDims = batchDims, FeatureDims = featureDims, IsTransposed = transposed, IsLogical = IsLogical };

    public Signal Changed(double[] scale, double[] shift, bool shifted) =>
        new() { Stage = Stage, Scale = scale, Shift = shift, IsShifted = shifted, BatchDims = BatchDims, FeatureDims = FeatureDims, IsTransposed = IsTransposed };

    public Signal AsLogical(bool logical) =>
        new() { Stage = Stage, Scale = Scale, Shift = Shift, IsShifted = IsShifted, BatchDims = BatchDims, FeatureDims = FeatureDims, IsTransposed = IsTransposed, IsLogical = logical };

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

/// <summary>What a signal scales and shifts: the input, the product with a weight, or an activation. Compared by reference.</summary>
internal abstract class Stage(int width, string node)
{
    /// <summary>Features; -1 if not known.</summary>
    public int Width { get; } = width;

    /// <summary>The node that made it, for messages.</summary>
    public string Node { get; } = node;
}

/// <summary>The rows that the network is given.</summary>
internal sealed class InputStage(int width) : Stage(width, "the input");

/// <summary>W input, W of shape [Width, input's width].</summary>
internal sealed class DenseStage(Signal input, double[] weight, int width, string node, bool isMix) : Stage(width, node)
{
    public Signal Input { get; } = input;

    public double[] Weight { get; } = weight;

    /// <summary>Whether the importer made W to stack or part features, not the file: such a W may be multiplied into the next one.</summary>
    public bool IsMix { get; } = isMix;
}

/// <summary>g(input).</summary>
internal sealed class ActivationStage(Signal input, Activation activation, string node) : Stage(input.Width, node)
{
    public Signal Input { get; } = input;

    public Activation Activation { get; } = activation;
}

/// <summary>A function of which no layer consists, but that can become part of an activation: erf in GELU, for one.</summary>
internal sealed class PartStage(Part part, Signal input, string node) : Stage(input.Width, node)
{
    public Part Part { get; } = part;

    public Signal Input { get; } = input;
}

internal enum Part
{
    /// <summary>erf(x), of GELU.</summary>
    Erf,

    /// <summary>e^x, of a sigmoid or softplus.</summary>
    Exp,

    /// <summary>x^2, on the way to x^3.</summary>
    Square,

    /// <summary>x^3, of GELU in its tanh form.</summary>
    Cube,

    /// <summary>x + 0.044715 x^3, of GELU in its tanh form.</summary>
    TanhGeluInner,

    /// <summary>The logarithm of a softmax.</summary>
    LogSoftmax,

    /// <summary>The GELU in its tanh form.</summary>
    TanhGelu,
}
