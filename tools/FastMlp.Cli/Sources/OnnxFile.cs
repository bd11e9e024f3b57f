using FastMlp.Data;
using FastMlp.Onnx;

namespace FastMlp.Cli.Sources;

/// <summary>
/// Models as ONNX files. The graph takes rows and answers as the data have them: the scaling that a model was trained with
/// stands in it as nodes, and is taken out of it again on the way back.
/// </summary>
internal static class OnnxFile
{
    private const string Extension = ".onnx";

    /// <summary>The name of the features in a graph that this class wrote: its input, or what it makes of its raw columns.</summary>
    private const string Features = "input";

    // No text of a file, for none has a control character at its start after it is trimmed.
    private const string UnknownText = "\u0001";

    public static bool Names(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>The network, with its preprocessing in the metadata; what was read in another way than it stands there goes to <paramref name="note"/>.</summary>
    public static Network Load(string path, OnnxImportOptions options, Action<string> note)
    {
        OnnxImport import = Import(path, options with { SeparateScaling = true });
        Network network = import.Network;
        (ColumnPlan Plan, int[] Features)? raw = null;
        try
        {
            raw = Preprocessing.From(network) is null ? OnnxColumns.Of(import) : null;
            if (raw is { } columns)
            {
                network = OnnxColumns.Widened(import.Network, columns.Features);
                import.Dispose();
            }

            Attach(network, import, raw);
        }
        catch (ModelFormatException e)
        {
            network.Dispose();
            import.Dispose();
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }

        foreach (string line in import.Notes)
        {
            note(line);
        }

        if (import.Columns.Count > 0 && raw is null)
        {
            note($"The graph takes {import.Columns.Count} raw columns; the network takes the {network.InputSize} features that they become.");
        }

        return network;
    }

    /// <summary>Writes the graph; what it cannot hold goes to <paramref name="note"/>.</summary>
    public static void Save(StoredModel model, string path, Action<string> note)
    {
        using Network network = model.Network.Clone();
        Preprocessing preprocessing = model.Preprocessing;
        if (model.HasPreprocessing)
        {
            // The scalings are in the graph; those who read it there must not find them a second time.
            (preprocessing with { Features = Scaler.Identity(network.InputSize), Targets = null }).Attach(network);
        }

        OnnxModel.Save(network, path, new OnnxExportOptions
        {
            InputName = Features,
            Columns = Columns(preprocessing.Columns, note),
            InputScaling = preprocessing.Features.IsIdentity ? null : ToOnnx(preprocessing.Features),
            OutputScaling = preprocessing.Targets is { IsIdentity: false } targets ? ToOnnx(targets) : null,
        });
    }

    /// <summary>As the graph has it; where it carries our own plan of the columns, from the features on, which the plan makes.</summary>
    private static OnnxImport Import(string path, OnnxImportOptions options)
    {
        if (options.Output is null && OnnxModel.ReadMetadata(path).ContainsKey(Preprocessing.MetadataKey))
        {
            options = options with { Input = Features };
        }

        return OnnxModel.Import(path, options);
    }

    /// <summary>
    /// The raw columns as operators: what the plan makes of each text and of a gap, asked of the plan itself. Empty where the graph takes features as
    /// they are: because all are plain numbers, or because a column has no form in ONNX, which is noted.
    /// </summary>
    private static OnnxRawColumn[] Columns(ColumnPlan? plan, Action<string> note)
    {
        if (plan is null || plan.Columns.All(column => column is { Kind: ColumnKind.Number, Missing.Kind: MissingKind.Error }))
        {
            return [];
        }

        if (plan.Columns.FirstOrDefault(column => column.Kind is not (ColumnKind.Number or ColumnKind.Category) || column.Offset != 0) is { } other)
        {
            string why = other.Kind == ColumnKind.Number ? "numbers that need more than float32" : $"a {other.Kind.ToString().ToLowerInvariant()}";
            note($"The graph takes the encoded features, not raw columns: '{other.Name}' is {why}, which has no operator in ONNX.");
            return [];
        }

        string?[] fields = [.. plan.Columns.Select(column => column.Kind == ColumnKind.Number ? "0" : column.Categories.Append(UnknownText).First())];
        int[] starts = new int[plan.Columns.Count];
        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + plan.Columns[i - 1].Width;
        }

        return [.. plan.Columns.Select((column, i) => column.Kind == ColumnKind.Number
            ? column.Missing.Kind == MissingKind.Error
                ? OnnxRawColumn.Number(column.Name)
                : OnnxRawColumn.Number(column.Name, (float)column.Fill, column.Width > 1 ? (column.MissingSeen ? 1 : 0) : null)
            : OnnxRawColumn.Text(column.Name, [.. Known(column).Select(text => KeyValuePair.Create(text, Row(i, text)))], Row(i, UnknownText)))];

        IEnumerable<string> Known(PlannedColumn column) => column.Missing.Kind == MissingKind.Error
            ? column.Categories
            : column.Categories.Concat(plan.MissingTokens).Append("").Distinct(StringComparer.Ordinal);

        float[] Row(int column, string text)
        {
            string?[] row = [.. fields];
            row[column] = text;
            float[] features = new float[plan.FeatureCount];
            plan.Encode(row, features);
            return features[starts[column]..(starts[column] + plan.Columns[column].Width)];
        }
    }

    /// <summary>What the graph says of scaling, columns and classes, in the form that our files have.</summary>
    private static void Attach(Network network, OnnxImport import, (ColumnPlan Plan, int[] Features)? raw)
    {
        Preprocessing? stored = Preprocessing.From(network);
        string[] names = raw is null ? OnnxColumns.FeatureNames(import) : [.. raw.Value.Plan.FeatureNames];
        if (stored is null && names.Length == 0 && import is { InputScaling: null, OutputScaling: null, ClassNames: [] })
        {
            return;
        }

        bool classifies = import.ClassNames.Count > 0 || network.OutputActivation == Activation.Softmax;
        Preprocessing preprocessing = stored ?? new Preprocessing
        {
            Task = classifies ? DataTask.Classification : DataTask.Regression,
            Features = Scaler.Identity(network.InputSize),
            Columns = raw?.Plan,
            FeatureNames = names,
            ClassNames = classifies ? [.. Enumerable.Range(0, network.OutputSize).Select(i => import.ClassNames.Count > 0 ? import.ClassNames[i] : Text(i))] : [],
        };
        (preprocessing with
        {
            Features = import.InputScaling is { } before ? FromOnnx(raw is null ? before : OnnxColumns.Widened(before, raw.Value.Features)) : preprocessing.Features,
            Targets = import.OutputScaling is { } after ? FromOnnx(after) : preprocessing.Targets,
        }).Attach(network);
    }

    private static OnnxScaling ToOnnx(Scaler scaler) => new(scaler.Offsets, scaler.Scales);

    private static Scaler FromOnnx(OnnxScaling scaling) => Scaler.Fixed(scaling.Offsets, scaling.Scales);

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
