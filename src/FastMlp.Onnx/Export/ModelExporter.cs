using FastMlp.Onnx.Import;
using FastMlp.Onnx.Schema;
using Google.Protobuf;

namespace FastMlp.Onnx.Export;

/// <summary>
/// A network as an ONNX model: a Gemm for each dense layer with W as it is, [out, in] (transB), then the operators of its activation;
/// an operator for each normalization, and for the sum that ends a residual block. Dropout, which a prediction does not know, is left
/// out. The first axis, the batch, is left open.
/// </summary>
internal sealed class ModelExporter
{
    /// <summary>Old enough for every runtime of these years, and new enough for each operator used: Gelu came later and is spelt out.</summary>
    private const int OperatorSet = 17;

    /// <summary>The version of the file format that came with operator set 17.</summary>
    private const int FormatVersion = 8;

    private const string Ml = "ai.onnx.ml";

    /// <summary>Of the time of <see cref="OperatorSet"/>.</summary>
    private const int MlOperatorSet = 3;

    private const string Batch = "batch";

    // Sizes and lengths in protobuf end at 2^31 - 1; this leaves room for everything but the weights.
    private const long LargestModel = int.MaxValue - (1L << 20);

    private const int FloatsAttribute = 6;
    private const int TextsAttribute = 8;

    private readonly Network network;
    private readonly GraphWriter writer = new();

    private ModelExporter(Network network)
    {
        this.network = network;
    }

    private GraphProto Graph => writer.Graph;

    public static byte[] Run(Network network, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        long bytes = sizeof(float) * (long)network.ParameterCount;
        if (bytes > LargestModel)
        {
            throw new ArgumentException($"The network has {bytes} bytes of parameters; an ONNX file ends at 2 GiB.", nameof(network));
        }

        return new ModelExporter(network).Model(options).ToByteArray();
    }

    private ModelProto Model(OnnxExportOptions options)
    {
        CheckNames(options);
        CheckSize(options.InputScaling, network.InputSize, "features");
        CheckSize(options.OutputScaling, network.OutputSize, "outputs");
        AddInputs(options);
        Graph.Output.Add(Matrix(options.OutputName, network.OutputSize));

        string value = options.InputName;
        if (options.InputScaling is { } before)
        {
            value = writer.Add("Sub", "scaling.subtract", value, writer.Vector("scaling.offset", before.Offsets));
            value = writer.Add("Mul", "scaling.multiply", value, writer.Vector("scaling.scale", before.Scales));
        }

        string first = value;
        List<string> values = [];
        foreach (NetworkLayer layer in network.Layers)
        {
            values.Add(LayerForms.Write(writer, layer, [.. layer.Sources.Select(Output)]));
        }

        value = values[^1];

        if (options.OutputScaling is { } after)
        {
            value = writer.Add("Div", "target.divide", value, writer.Vector("target.scale", after.Scales));
            writer.Add("Add", "target.add", value, writer.Vector("target.offset", after.Offsets));
        }

        string Output(int layer) => layer < 0 ? first : values[layer];

        // The last node's result is the output.
        Graph.Node[^1].Output[0] = options.OutputName;
        ModelProto model = new()
        {
            IrVersion = FormatVersion,
            ProducerName = "FastMlp",
            ProducerVersion = typeof(Network).Assembly.GetName().Version?.ToString(3) ?? "",
            Graph = Graph,
        };
        model.OpsetImport.Add(new OperatorSetProto { Version = OperatorSet });
        if (options.Columns.Count > 0)
        {
            model.OpsetImport.Add(new OperatorSetProto { Domain = Ml, Version = MlOperatorSet });
        }

        CheckUnique();
        foreach ((string key, string text) in network.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            model.MetadataProps.Add(new EntryProto { Key = key, Value = text });
        }

        return model;
    }

    /// <summary>The rows of the network as one input, or a raw column each.</summary>
    private void AddInputs(OnnxExportOptions options)
    {
        if (options.Columns.Count == 0)
        {
            Graph.Input.Add(Matrix(options.InputName, network.InputSize));
            return;
        }

        int width = options.Columns.Sum(column => column.Width);
        if (width != network.InputSize)
        {
            throw new ArgumentException($"The columns make {width} features, but the network takes {network.InputSize}.", nameof(options));
        }

        List<string> features = [];
        for (int i = 0; i < options.Columns.Count; i++)
        {
            OnnxRawColumn column = options.Columns[i];
            Graph.Input.Add(Matrix(column.Name, 1, column.IsText ? ElementType.Text : ElementType.Float));
            features.AddRange(column.IsText ? [Texts(column, $"columns.{i}")] : Numbers(column, $"columns.{i}"));
        }

        writer.Add("Concat", "columns.all", [.. features]);
        writer.Set("axis", 1);
        Graph.Node[^1].Output[0] = options.InputName;
    }

    private IEnumerable<string> Numbers(OnnxRawColumn column, string name)
    {
        string value = column.Name;
        if (column.Fill is { } fill)
        {
            value = writer.Add("Imputer", name, column.Name);
            Graph.Node[^1].Domain = Ml;
            Graph.Node[^1].Attribute.Add(new AttributeProto { Name = "imputed_value_floats", Type = FloatsAttribute, Floats = { fill } });
            writer.SetNumber("replaced_value_float", float.NaN);
        }

        yield return value;
        if (column.Indicator is { } indicator)
        {
            string missing = writer.Add("Cast", $"{name}.missing", writer.Add("IsNaN", $"{name}.isnan", column.Name));
            writer.Set("to", ElementType.Float);
            yield return writer.Add("Mul", $"{name}.indicator", missing, writer.Scalar($"{name}.value", indicator));
        }
    }

    /// <summary>The row of a text from a table: one of the known texts is 1, which picks its row less that of all others, and that is added.</summary>
    private string Texts(OnnxRawColumn column, string name)
    {
        string hot = writer.Add("OneHotEncoder", $"{name}.texts", column.Name);
        AttributeProto texts = new() { Name = "cats_strings", Type = TextsAttribute };
        texts.Strings.AddRange(column.Rows.Select(row => ByteString.CopyFromUtf8(row.Key)));
        Graph.Node[^1].Domain = Ml;
        Graph.Node[^1].Attribute.Add(texts);
        writer.Set("zeros", 1);
        TensorProto shape = new() { Name = $"{name}.shape", DataType = ElementType.Int64, Dims = { 2 }, Int64Data = { -1, column.Rows.Count } };
        Graph.Initializer.Add(shape);
        string flat = writer.Add("Reshape", $"{name}.flat", hot, shape.Name);
        float[] table = [.. column.Rows.SelectMany(row => row.Value.Select((value, i) => value - column.Other[i]))];
        return writer.Add("Gemm", name, flat, writer.Tensor($"{name}.table", [column.Rows.Count, column.Width], table), writer.Vector($"{name}.other", column.Other));
    }

    /// <summary>Refuses names of inputs that the graph gives to something else.</summary>
    private void CheckUnique()
    {
        HashSet<string> names = [];
        string? twice = Graph.Input.Select(input => input.Name).Concat(Graph.Initializer.Select(tensor => tensor.Name)).Concat(Graph.Node.Select(node => node.Output[0]))
            .FirstOrDefault(name => !names.Add(name));
        if (twice is not null)
        {
            throw new ArgumentException($"The name '{twice}' stands for two things in the graph; another name for the column, the input or the output was expected.");
        }
    }

    private static ValueProto Matrix(string name, int columns, int elementType = ElementType.Float)
    {
        ShapeProto shape = new();
        shape.Dim.Add(new DimensionProto { DimParam = Batch });
        shape.Dim.Add(new DimensionProto { DimValue = columns });
        TypeProto type = new() { TensorType = new TypeProto.Types.Tensor { ElemType = elementType, Shape = shape } };
        return new ValueProto { Name = name, Type = type };
    }

    private static void CheckNames(OnnxExportOptions options)
    {
        foreach (string name in new[] { options.InputName, options.OutputName })
        {
            // The names that this class gives all have a dot.
            if (string.IsNullOrEmpty(name) || name.Contains('.', StringComparison.Ordinal))
            {
                throw new ArgumentException($"The name '{name}' cannot be used for an input or output: it must not be empty and have no dot.", nameof(options));
            }
        }

        if (options.InputName == options.OutputName)
        {
            throw new ArgumentException($"Input and output cannot both be named '{options.InputName}'.", nameof(options));
        }
    }

    private static void CheckSize(OnnxScaling? scaling, int size, string what)
    {
        if (scaling is not null && scaling.Size != size)
        {
            throw new ArgumentException($"The scaling has {scaling.Size} columns, but the network has {size} {what}.", nameof(scaling));
        }
    }
}
