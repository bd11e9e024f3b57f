using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// x' = (x - offset) scale, with an offset and a scale for each column; float32. Immutable and safe for many threads.
/// The offsets and scales are found in double precision and then rounded.
/// </summary>
public sealed class Scaler
{
    private readonly float[] offsets;
    private readonly float[] scales;

    private Scaler(float[] offsets, float[] scales)
    {
        this.offsets = offsets;
        this.scales = scales;
    }

    /// <summary>Columns.</summary>
    public int Size => offsets.Length;

    /// <summary>What is subtracted, for each column.</summary>
    public ReadOnlySpan<float> Offsets => offsets;

    /// <summary>What the difference is multiplied by, for each column; never 0.</summary>
    public ReadOnlySpan<float> Scales => scales;

    /// <summary>Whether every offset is 0 and every scale 1, so that nothing changes.</summary>
    public bool IsIdentity => !offsets.AsSpan().ContainsAnyExcept(0f) && !scales.AsSpan().ContainsAnyExcept(1f);

    /// <summary>
    /// x' = (x - mean) / deviation for each feature, with the deviation of the population (divided by the number of rows).
    /// A constant column is only centred.
    /// </summary>
    /// <exception cref="ArgumentException">The set has no rows.</exception>
    public static Scaler Standard(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return Standard(Moments.OfColumns(dataset.Features, dataset.InputSize));
    }

    /// <summary>As <see cref="Standard(Dataset)"/>, for the float targets of a regression.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, or the set has no rows.</exception>
    public static Scaler StandardTargets(Dataset dataset)
    {
        RequireTargets(dataset);
        return Standard(Moments.OfColumns(dataset.Targets, dataset.TargetSize));
    }

    /// <summary>
    /// x' = low + (x - min) (high - low) / (max - min) for each feature. A constant column goes to <paramref name="low"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The set has no rows, or low is not below high.</exception>
    public static Scaler MinMax(Dataset dataset, float low = 0, float high = 1)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!(float.IsFinite(low) && float.IsFinite(high) && low < high))
        {
            throw new ArgumentException($"The range [{low}, {high}] is empty; low must be below high, both finite.", nameof(low));
        }

        return MinMax(Moments.OfColumns(dataset.Features, dataset.InputSize), low, high);
    }

    /// <summary>x' = x / 255 for every column: bytes of an image to [0, 1].</summary>
    public static Scaler Pixels(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        float[] scales = new float[size];
        Array.Fill(scales, 1f / 255);
        return new Scaler(new float[size], scales);
    }

    /// <summary>x' = x for every column.</summary>
    public static Scaler Identity(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        float[] scales = new float[size];
        Array.Fill(scales, 1f);
        return new Scaler(new float[size], scales);
    }

    /// <summary>x' = (x - offset) scale with the given numbers, copied.</summary>
    /// <exception cref="ArgumentException">The lengths differ or are 0, a number is not finite, or a scale is 0.</exception>
    public static Scaler Fixed(ReadOnlySpan<float> offsets, ReadOnlySpan<float> scales)
    {
        string? fault = Fault(offsets, scales);
        return fault is null
            ? new Scaler(offsets.ToArray(), scales.ToArray())
            : throw new ArgumentException(fault, nameof(scales));
    }

    /// <summary>values[i, c] &lt;- (values[i, c] - offset[c]) scale[c], in place, for any number of rows; allocates nothing.</summary>
    /// <exception cref="ArgumentException">The length is not a whole number of rows.</exception>
    public void Transform(Span<float> values)
    {
        RequireWholeRows(values.Length);
        for (; !values.IsEmpty; values = values[offsets.Length..])
        {
            for (int c = 0; c < offsets.Length; c++)
            {
                values[c] = (values[c] - offsets[c]) * scales[c];
            }
        }
    }

    /// <summary>values[i, c] &lt;- values[i, c] / scale[c] + offset[c], in place: undoes <see cref="Transform(Span{float})"/> up to rounding.</summary>
    /// <exception cref="ArgumentException">The length is not a whole number of rows.</exception>
    public void Inverse(Span<float> values)
    {
        RequireWholeRows(values.Length);
        for (; !values.IsEmpty; values = values[offsets.Length..])
        {
            for (int c = 0; c < offsets.Length; c++)
            {
                values[c] = (values[c] / scales[c]) + offsets[c];
            }
        }
    }

    /// <summary>
    /// A network that takes rows as they are and gives what <paramref name="network"/> gives for rows scaled by this: in the first layer
    /// W' = W diag(scale), b' = b - W' offset. So <see cref="Network.Freeze"/> makes a <see cref="Predictor"/> of raw rows.
    /// </summary>
    /// <remarks>
    /// Exact but for rounding: weights and biases are computed in double precision and rounded once, then z is summed from raw values, so
    /// its error grows from about eps sum |W (x - offset) scale| to eps sum |W scale| (|x| + |offset|), with eps = 2^-24: a column whose mean is
    /// 1000 deviations from 0 loses three digits. Scale such columns before the network instead. The layer gets a bias for each
    /// unit if it had none or a shared one. The network's metadata are kept; its stored preprocessing, if any, is of the unfolded network
    /// (<see cref="Preprocessing.Fold"/> takes care of that).
    /// </remarks>
    /// <exception cref="ArgumentException">The network takes another number of features, or a folded parameter leaves the range of float32.</exception>
    public Network Fold(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return network.InputSize == Size
            ? Folding.Inputs(network, this)
            : throw new ArgumentException($"The network takes {network.InputSize} features; the scaler was made for {Size}.", nameof(network));
    }

    /// <summary>The set with its features scaled, copied; targets, weights and names are kept.</summary>
    /// <exception cref="ArgumentException">The set has another number of features, or a value leaves the range of float32.</exception>
    public Dataset Transform(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        RequireSize(dataset.InputSize, "features");
        float[] features = dataset.Features.ToArray();
        Transform(features);
        return dataset.IsClassification
            ? WithWeights(dataset, new Dataset(features, dataset.InputSize, dataset.Labels.ToArray(), dataset.TargetSize)
            {
                FeatureNames = dataset.FeatureNames,
                ClassNames = dataset.ClassNames,
                TargetNames = dataset.TargetNames,
            })
            : WithTargets(features, dataset, dataset.Targets.ToArray());
    }

    /// <summary>The set with its float targets scaled, copied; features and names are kept.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, have another size, or a value leaves the range of float32.</exception>
    public Dataset TransformTargets(Dataset dataset)
    {
        RequireTargets(dataset);
        RequireSize(dataset.TargetSize, "targets");
        float[] targets = dataset.Targets.ToArray();
        Transform(targets);
        return WithTargets(dataset.Features.ToArray(), dataset, targets);
    }

    /// <summary>{"offset":[...],"scale":[...]}, with the shortest digits that give the same floats back.</summary>
    public string ToJson() => Json.Write(Write);

    /// <summary>Reads what <see cref="ToJson"/> wrote, bit for bit.</summary>
    /// <exception cref="ModelFormatException">The text is not such JSON, or its numbers make no scaler.</exception>
    public static Scaler FromJson(string json) => Json.Read(json, "scaler", root => Read(root, "scaler"));

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        Json.WriteFloats(writer, "offset", offsets);
        Json.WriteFloats(writer, "scale", scales);
        writer.WriteEndObject();
    }

    internal static Scaler Read(JsonElement element, string where)
    {
        float[] offsets = Json.ReadFloats(element, "offset", where);
        float[] scales = Json.ReadFloats(element, "scale", where);
        string? fault = Fault(offsets, scales);
        return fault is null ? new Scaler(offsets, scales) : throw new ModelFormatException($"{where}: {fault}");
    }

    /// <summary>The scaling that a choice means, from what is known of each column.</summary>
    internal static Scaler Of(Scaling scaling, ReadOnlySpan<Moments> columns) => scaling switch
    {
        Scaling.Standard => Standard(columns),
        Scaling.MinMax => MinMax(columns, 0, 1),
        Scaling.Pixels => Pixels(columns.Length),
        Scaling.None => Identity(columns.Length),
        _ => throw new ArgumentOutOfRangeException(nameof(scaling), scaling, "Unknown scaling."),
    };

    internal static Scaler Standard(ReadOnlySpan<Moments> columns)
    {
        RequireRows(columns);
        float[] offsets = new float[columns.Length];
        float[] scales = new float[columns.Length];
        for (int c = 0; c < columns.Length; c++)
        {
            // A constant column is known by its extremes: the rounded mean may differ from the constant, and its deviation from 0.
            Moments column = columns[c];
            float scale = (float)(1 / column.Deviation);
            bool constant = column.Min == column.Max || !Usable(scale);
            offsets[c] = (float)(constant ? column.Min : column.Mean);
            scales[c] = constant ? 1 : scale;
        }

        return new Scaler(offsets, scales);
    }

    private static Scaler MinMax(ReadOnlySpan<Moments> columns, float low, float high)
    {
        RequireRows(columns);
        float[] offsets = new float[columns.Length];
        float[] scales = new float[columns.Length];
        for (int c = 0; c < columns.Length; c++)
        {
            double scale = ((double)high - low) / (columns[c].Max - columns[c].Min);
            scales[c] = Usable((float)scale) ? (float)scale : 1;
            offsets[c] = (float)(columns[c].Min - (low / (double)scales[c]));
        }

        return new Scaler(offsets, scales);
    }

    private static bool Usable(float scale) => float.IsFinite(scale) && scale != 0;

    private static string? Fault(ReadOnlySpan<float> offsets, ReadOnlySpan<float> scales)
    {
        if (offsets.IsEmpty || offsets.Length != scales.Length)
        {
            return $"a scaler has one offset and one scale for each column, not {offsets.Length} and {scales.Length}.";
        }

        for (int c = 0; c < offsets.Length; c++)
        {
            if (!float.IsFinite(offsets[c]) || !Usable(scales[c]))
            {
                return $"column {c} has the offset {offsets[c]} and the scale {scales[c]}; both must be finite, and the scale not 0.";
            }
        }

        return null;
    }

    private static Dataset WithTargets(float[] features, Dataset dataset, float[] targets) =>
        WithWeights(dataset, new(features, dataset.InputSize, targets, dataset.TargetSize)
        {
            FeatureNames = dataset.FeatureNames,
            ClassNames = dataset.ClassNames,
            TargetNames = dataset.TargetNames,
        });

    private static Dataset WithWeights(Dataset source, Dataset scaled) =>
        source.Weights.IsEmpty ? scaled : scaled.WithWeights(source.Weights.ToArray());

    private static void RequireTargets(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (dataset.IsClassification)
        {
            throw new ArgumentException("Class labels are not scaled; only the float targets of a regression are.", nameof(dataset));
        }
    }

    private static void RequireRows(ReadOnlySpan<Moments> columns)
    {
        if (columns[0].Count == 0)
        {
            throw new ArgumentException("A scaler is fitted to at least one row; the set has none.");
        }
    }

    private void RequireSize(int size, string what)
    {
        if (size != Size)
        {
            throw new ArgumentException($"The set has {size} {what} in a row; the scaler was made for {Size}.");
        }
    }

    private void RequireWholeRows(int length)
    {
        if (length % Size != 0)
        {
            throw new ArgumentException($"{length} values are not a whole number of rows of {Size}.");
        }
    }
}
