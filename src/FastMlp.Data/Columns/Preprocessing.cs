using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// All that stands between a row of a file and the network: names, scaling, classes. Fitted to the training rows, stored in the
/// model's file, and applied again by evaluation and prediction. Immutable.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which it is stored.</summary>
    public const string MetadataKey = "fastmlp.preprocessing";

    /// <summary>Every column is a number that goes through as it is.</summary>
    private const int PlainVersion = 1;

    /// <summary>With a plan of the columns, numbers and categories only; no longer written.</summary>
    private const int FirstPlannedVersion = 2;

    /// <summary>With a plan of columns of all kinds.</summary>
    private const int PlannedVersion = 3;

    /// <summary>What the network learnt.</summary>
    public required DataTask Task { get; init; }

    /// <summary>How the columns of a file become features; null where the features are numbers as they are.</summary>
    public ColumnPlan? Columns { get; init; }

    /// <summary>The scaling of the features.</summary>
    public required Scaler Features { get; init; }

    /// <summary>The scaling of the float targets: the network answers in scaled units; null if they are as they were.</summary>
    public Scaler? Targets { get; init; }

    /// <summary>A name for each feature, in the network's order; empty if unknown.</summary>
    public IReadOnlyList<string> FeatureNames { get; init; } = [];

    /// <summary>A name for each class, in the network's order; empty for a regression.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>The names of the target columns: one for classes; empty if unknown.</summary>
    public IReadOnlyList<string> TargetNames { get; init; } = [];

    /// <summary>
    /// Fits the scaling to the training rows and takes over their names; classes without names get their numbers. The targets of a regression are standardized,
    /// so that the loss does not depend on their unit.
    /// </summary>
    /// <param name="train">The training rows only: held-out rows must not shape the scaling.</param>
    /// <param name="scaling">How the features are scaled.</param>
    /// <param name="scaleTargets">Whether the targets of a regression are standardized.</param>
    public static Preprocessing Fit(Dataset train, Scaling scaling = Scaling.Standard, bool scaleTargets = true)
    {
        ArgumentNullException.ThrowIfNull(train);
        return Of(RawTable.Of(train), null, train.FeatureNames, Moments.OfColumns(train.Features, train.InputSize), scaling, scaleTargets);
    }

    /// <summary>
    /// Fits the plan of the columns (what fills gaps, which texts are known) and the scaling to the training rows. The targets of a
    /// regression are standardized, so that the loss does not depend on their unit.
    /// </summary>
    /// <param name="train">The training rows only: held-out rows must not shape the plan.</param>
    /// <param name="scaling">How the features are scaled.</param>
    /// <param name="scaleTargets">Whether the targets of a regression are standardized.</param>
    /// <exception cref="DataFormatException">A column has no value in any training row; the message names it.</exception>
    public static Preprocessing Fit(RawTable train, Scaling scaling = Scaling.Standard, bool scaleTargets = true)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (train.IsMatrix)
        {
            string[] names = train.IsNamed ? [.. train.Columns.Select(column => column.Name)] : [];
            return Of(train, null, names, Moments.OfColumns(train.Matrix.Span, train.Columns.Count), scaling, scaleTargets);
        }

        (ColumnPlan plan, Moments[] features) = TableFitter.Fit(train);
        return Of(train, plan, plan.FeatureNames, features, scaling, scaleTargets);
    }

    /// <summary>The table as the network sees it: columns encoded, features scaled, and targets too where they are.</summary>
    /// <exception cref="ArgumentException">The table has other columns, or a gap where none is allowed.</exception>
    public Dataset Transform(RawTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Transform(Plan.Encode(table));
    }

    /// <summary>The same, with what the table has that training did not.</summary>
    public Dataset Transform(RawTable table, ReadingTally tally)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(tally);
        return Transform(Plan.Encode(table, tally));
    }

    /// <summary>The set as the network sees it: features scaled, and targets too where they are.</summary>
    public Dataset Transform(Dataset dataset)
    {
        Dataset scaled = Features.Transform(dataset);
        return Targets is null ? scaled : Targets.TransformTargets(scaled);
    }

    /// <summary>A regression's answers back in the unit of the data, in place; nothing to do for classes.</summary>
    public void InverseTargets(Span<float> outputs) => Targets?.Inverse(outputs);

    /// <summary>
    /// A network that takes features as they are, encoded but not scaled, and gives answers in the unit of the data: the scaling of the
    /// features is folded into its first layer (<see cref="Scaler.Fold"/>) and that of the targets, where the last activation is the
    /// identity, into its last. The preprocessing that is left is attached to it.
    /// </summary>
    /// <exception cref="ArgumentException">The network has other sizes, or a folded parameter leaves the range of float32.</exception>
    public Network Fold(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (Mismatch(network.InputSize, network.OutputSize) is { } mismatch)
        {
            throw new ArgumentException(mismatch, nameof(network));
        }

        Network folded = Features.Fold(network);
        Preprocessing left = this with { Features = Scaler.Identity(Features.Size) };
        if (Targets is not null && network.OutputActivation == Activation.Identity)
        {
            using Network inner = folded;
            folded = Folding.Outputs(inner, Targets);
            left = left with { Targets = null };
        }

        left.Attach(folded);
        return folded;
    }

    /// <summary>Stores this in the network's metadata, and so in its file.</summary>
    /// <exception cref="ArgumentException">The network has other sizes.</exception>
    public void Attach(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (Mismatch(network.InputSize, network.OutputSize) is { } mismatch)
        {
            throw new ArgumentException(mismatch, nameof(network));
        }

        network.Metadata[MetadataKey] = ToJson();
    }

    /// <summary>What <see cref="Attach"/> stored; null if the network carries none.</summary>
    /// <exception cref="ModelFormatException">It is malformed, or made for a network of other sizes.</exception>
    public static Preprocessing? From(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.Metadata.TryGetValue(MetadataKey, out string? json))
        {
            return null;
        }

        Preprocessing preprocessing = FromJson(json);
        return preprocessing.Mismatch(network.InputSize, network.OutputSize) is { } mismatch
            ? throw new ModelFormatException($"{MetadataKey}: {mismatch}")
            : preprocessing;
    }

    /// <summary>One JSON object; floats with the shortest digits that give the same bits back.</summary>
    public string ToJson() => Json.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("version", Columns is null ? PlainVersion : PlannedVersion);
        writer.WriteString("task", Task == DataTask.Classification ? "classification" : "regression");
        Json.WriteStrings(writer, "featureNames", FeatureNames);
        Json.WriteStrings(writer, "classNames", ClassNames);
        Json.WriteStrings(writer, "targetNames", TargetNames);
        Columns?.Write(writer);
        writer.WritePropertyName("features");
        Features.Write(writer);
        if (Targets is not null)
        {
            writer.WritePropertyName("targets");
            Targets.Write(writer);
        }

        writer.WriteEndObject();
    });

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The text is not such JSON, or of a later version; the message names the member.</exception>
    public static Preprocessing FromJson(string json) => Json.Read(json, MetadataKey, root =>
    {
        JsonElement version = Json.Member(root, "version", JsonValueKind.Number, MetadataKey);
        if (!version.TryGetInt32(out int number) || number is not (PlainVersion or FirstPlannedVersion or PlannedVersion))
        {
            throw new ModelFormatException($"{MetadataKey}: version {version.GetRawText()} is not supported; this release reads versions {PlainVersion} to {PlannedVersion}.");
        }

        string task = Json.ReadString(root, "task", MetadataKey);
        Preprocessing preprocessing = new()
        {
            Task = task switch
            {
                "classification" => DataTask.Classification,
                "regression" => DataTask.Regression,
                _ => throw new ModelFormatException($"{MetadataKey}: the task \"{task}\" is unknown; classification or regression was expected."),
            },
            Columns = number != PlainVersion ? ColumnPlan.Read(root, MetadataKey) : null,
            FeatureNames = Json.ReadStrings(root, "featureNames", MetadataKey),
            ClassNames = Json.ReadStrings(root, "classNames", MetadataKey),
            TargetNames = Json.ReadStrings(root, "targetNames", MetadataKey),
            Features = Scaler.Read(Json.Member(root, "features", JsonValueKind.Object, MetadataKey), $"{MetadataKey}.features"),
            Targets = root.TryGetProperty("targets", out JsonElement targets) ? Scaler.Read(targets, $"{MetadataKey}.targets") : null,
        };
        if (preprocessing.Columns is { } plan && plan.FeatureCount != preprocessing.Features.Size)
        {
            throw new ModelFormatException($"{MetadataKey}: the columns become {plan.FeatureCount} features, but {preprocessing.Features.Size} are scaled.");
        }

        return preprocessing.FeatureNames.Count is 0 || preprocessing.FeatureNames.Count == preprocessing.Features.Size
            ? preprocessing
            : throw new ModelFormatException($"{MetadataKey}: {preprocessing.FeatureNames.Count} feature names for {preprocessing.Features.Size} features.");
    });

    /// <summary>The plan, or plain numbers under the features' names.</summary>
    internal ColumnPlan Plan => Columns ?? ColumnPlan.Plain(FeatureNames.Count > 0 ? FeatureNames : ColumnPlan.MadeNames(Features.Size));

    /// <summary>Encoded features and targets, numbers of classes or values, as a set. Not scaled.</summary>
    internal Dataset SetOf(ReadOnlyMemory<float> features, double[] targets) => Task == DataTask.Classification
        ? new Dataset(features, Features.Size, Array.ConvertAll(targets, label => (int)label), ClassNames.Count) { FeatureNames = FeatureNames, ClassNames = ClassNames, TargetNames = TargetNames }
        : new Dataset(features, Features.Size, Array.ConvertAll(targets, value => (float)value), 1) { FeatureNames = FeatureNames, TargetNames = TargetNames };

    private static Preprocessing Of(RawTable train, ColumnPlan? plan, IReadOnlyList<string> featureNames, Moments[] features, Scaling scaling, bool scaleTargets) => new()
    {
        Task = train.IsClassification ? DataTask.Classification : DataTask.Regression,
        Columns = plan,
        Features = Scaler.Of(scaling, features),
        Targets = scaleTargets && !train.IsClassification ? Scaler.Standard(Moments.OfColumns(train.Targets, train.TargetSize)) : null,
        FeatureNames = featureNames,
        ClassNames = train.IsClassification && train.ClassNames.Count == 0
            ? [.. Enumerable.Range(0, train.TargetSize).Select(c => c.ToString(CultureInfo.InvariantCulture))]
            : train.ClassNames,
        TargetNames = train.TargetNames,
    };

    private string? Mismatch(int inputSize, int outputSize)
    {
        if (Features.Size != inputSize)
        {
            return $"the preprocessing scales {Features.Size} features, but the network takes {inputSize}.";
        }

        if (Targets is not null && Targets.Size != outputSize)
        {
            return $"the preprocessing scales {Targets.Size} targets, but the network gives {outputSize}.";
        }

        // One output can tell two classes apart.
        return ClassNames.Count == 0 || ClassNames.Count == outputSize || (ClassNames.Count == 2 && outputSize == 1)
            ? null
            : $"the preprocessing names {ClassNames.Count} classes, but the network gives {outputSize} outputs.";
    }
}
