using System.Buffers.Binary;
using System.Runtime.InteropServices;
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

    private const int FloatAttribute = 1;
    private const int IntAttribute = 2;
    private const int FloatsAttribute = 6;
    private const int TextsAttribute = 8;

    private readonly Network network;
    private readonly GraphProto graph = new() { Name = "network" };

    private ModelExporter(Network network)
    {
        this.network = network;
    }

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
        graph.Output.Add(Matrix(options.OutputName, network.OutputSize));

        string value = options.InputName;
        if (options.InputScaling is { } before)
        {
            value = Add("Sub", "scaling.subtract", value, Vector("scaling.offset", before.Offsets));
            value = Add("Mul", "scaling.multiply", value, Vector("scaling.scale", before.Scales));
        }

        string first = value;
        List<string> values = [];
        foreach (NetworkLayer layer in network.Layers)
        {
            values.Add(Layer(layer, [.. layer.Sources.Select(Output)]));
        }

        value = values[^1];

        if (options.OutputScaling is { } after)
        {
            value = Add("Div", "target.divide", value, Vector("target.scale", after.Scales));
            Add("Add", "target.add", value, Vector("target.offset", after.Offsets));
        }

        string Output(int layer) => layer < 0 ? first : values[layer];

        // The last node's result is the output.
        graph.Node[^1].Output[0] = options.OutputName;
        ModelProto model = new()
        {
            IrVersion = FormatVersion,
            ProducerName = "FastMlp",
            ProducerVersion = typeof(Network).Assembly.GetName().Version?.ToString(3) ?? "",
            Graph = graph,
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
            graph.Input.Add(Matrix(options.InputName, network.InputSize));
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
            graph.Input.Add(Matrix(column.Name, 1, column.IsText ? ElementType.Text : ElementType.Float));
            features.AddRange(column.IsText ? [Texts(column, $"columns.{i}")] : Numbers(column, $"columns.{i}"));
        }

        Add("Concat", "columns.all", [.. features]);
        graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axis", Type = IntAttribute, I = 1 });
        graph.Node[^1].Output[0] = options.InputName;
    }

    private IEnumerable<string> Numbers(OnnxRawColumn column, string name)
    {
        string value = column.Name;
        if (column.Fill is { } fill)
        {
            value = Add("Imputer", name, column.Name);
            graph.Node[^1].Domain = Ml;
            graph.Node[^1].Attribute.Add(new AttributeProto { Name = "imputed_value_floats", Type = FloatsAttribute, Floats = { fill } });
            graph.Node[^1].Attribute.Add(new AttributeProto { Name = "replaced_value_float", Type = FloatAttribute, F = float.NaN });
        }

        yield return value;
        if (column.Indicator is { } indicator)
        {
            string missing = Add("Cast", $"{name}.missing", Add("IsNaN", $"{name}.isnan", column.Name));
            graph.Node[^1].Attribute.Add(new AttributeProto { Name = "to", Type = IntAttribute, I = ElementType.Float });
            yield return Add("Mul", $"{name}.indicator", missing, Scalar($"{name}.value", indicator));
        }
    }

    /// <summary>The row of a text from a table: one of the known texts is 1, which picks its row less that of all others, and that is added.</summary>
    private string Texts(OnnxRawColumn column, string name)
    {
        string hot = Add("OneHotEncoder", $"{name}.texts", column.Name);
        AttributeProto texts = new() { Name = "cats_strings", Type = TextsAttribute };
        texts.Strings.AddRange(column.Rows.Select(row => ByteString.CopyFromUtf8(row.Key)));
        graph.Node[^1].Domain = Ml;
        graph.Node[^1].Attribute.Add(texts);
        graph.Node[^1].Attribute.Add(new AttributeProto { Name = "zeros", Type = IntAttribute, I = 1 });
        TensorProto shape = new() { Name = $"{name}.shape", DataType = ElementType.Int64, Dims = { 2 }, Int64Data = { -1, column.Rows.Count } };
        graph.Initializer.Add(shape);
        string flat = Add("Reshape", $"{name}.flat", hot, shape.Name);
        float[] table = [.. column.Rows.SelectMany(row => row.Value.Select((value, i) => value - column.Other[i]))];
        return Add("Gemm", name, flat, Tensor($"{name}.table", [column.Rows.Count, column.Width], table), Vector($"{name}.other", column.Other));
    }

    /// <summary>Refuses names of inputs that the graph gives to something else.</summary>
    private void CheckUnique()
    {
        HashSet<string> names = [];
        string? twice = graph.Input.Select(input => input.Name).Concat(graph.Initializer.Select(tensor => tensor.Name)).Concat(graph.Node.Select(node => node.Output[0]))
            .FirstOrDefault(name => !names.Add(name));
        if (twice is not null)
        {
            throw new ArgumentException($"The name '{twice}' stands for two things in the graph; another name for the column, the input or the output was expected.");
        }
    }

    /// <summary>The name of a layer's result.</summary>
    private string Layer(NetworkLayer layer, string[] inputs)
    {
        switch (layer.Spec)
        {
            case DenseSpec dense:
                string z = Add("Gemm", $"{layer.Name}.gemm", [.. inputs, .. Tensors(layer, TensorRole.Weight, TensorRole.Bias)]);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "transB", Type = IntAttribute, I = 1 });
                float[] learnt = [.. layer.Tensors.Where(tensor => tensor.Role == TensorRole.ActivationConstant).SelectMany(tensor => tensor.ToArray())];
                return Activation(layer.Name + ".activation", dense.Activation, learnt.Length > 0 ? learnt : [.. dense.Activation.Constants], z);
            case DropoutSpec:
                return inputs[0];
            case ActivationSpec alone:
                return Activation(layer.Name, alone.Activation, [.. alone.Activation.Constants], inputs[0]);
            case SumSpec:
                return Add("Add", layer.Name, inputs);
            case BatchNormSpec batch:
                string byColumn = Add("BatchNormalization", layer.Name, [.. inputs, .. Tensors(layer, TensorRole.Scale, TensorRole.Shift, TensorRole.RunningMean, TensorRole.RunningVariance)]);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "epsilon", Type = FloatAttribute, F = batch.Epsilon });
                return byColumn;
            case LayerNormSpec norm:
                string byRow = Add("LayerNormalization", layer.Name, [.. inputs, .. Tensors(layer, TensorRole.Scale, TensorRole.Shift)]);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axis", Type = IntAttribute, I = -1 });
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "epsilon", Type = FloatAttribute, F = norm.Epsilon });
                return byRow;
            default:
                throw new NotSupportedException($"{layer} has no form in ONNX here.");
        }
    }

    /// <summary>The names of a layer's tensors of these roles, as far as it has them, in this order.</summary>
    private IEnumerable<string> Tensors(NetworkLayer layer, params TensorRole[] roles) =>
        roles.Select(layer.Tensors.Find).OfType<Tensor>().Select(tensor => Tensor(tensor.Name, [.. tensor.Shape], tensor.ToArray()));

    private string Activation(string name, Activation activation, float[] constants, string z)
    {
        switch (activation.Name)
        {
            case "Identity":
                return z;
            case "Sigmoid" or "Tanh" or "Relu" or "Selu" or "Softplus":
                return Add(activation.Name, name, z);
            case "Softmax":
                string a = Add("Softmax", name, z);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axis", Type = IntAttribute, I = -1 });
                return a;
            case "LeakyRelu" or "Elu":
                a = Add(activation.Name, name, z);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "alpha", Type = FloatAttribute, F = constants[0] });
                return a;
            case "PRelu":
                return Add("PRelu", name, z, Vector($"{name}.slope", constants));
            case "Step":
                string above = Add("Greater", $"{name}.above", z, Scalar($"{name}.zero", 0));
                a = Add("Cast", name, above);
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "to", Type = IntAttribute, I = ElementType.Float });
                return a;
            case "Silu":
                return Add("Mul", name, z, Add("Sigmoid", $"{name}.sigmoid", z));
            case "ScaledSigmoid":
                string steep = Add("Mul", $"{name}.steepen", z, Scalar($"{name}.beta", constants[1]));
                return Add("Mul", name, Add("Sigmoid", $"{name}.sigmoid", steep), Scalar($"{name}.c", constants[0]));
            case "Gelu":
                // z (1 + erf(z / sqrt 2)) / 2.
                string erf = Add("Erf", $"{name}.erf", Add("Div", $"{name}.divide", z, Scalar($"{name}.sqrt2", MathF.Sqrt(2))));
                string product = Add("Mul", $"{name}.multiply", z, Add("Add", $"{name}.add", erf, Scalar($"{name}.one", 1)));
                return Add("Mul", name, product, Scalar($"{name}.half", 0.5f));
            default:
                throw new NotSupportedException($"The activation {activation} has no form in ONNX here.");
        }
    }

    /// <summary>A node; its result bears its name.</summary>
    private string Add(string type, string name, params string[] inputs)
    {
        NodeProto node = new() { OpType = type, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        graph.Node.Add(node);
        return name;
    }

    private string Scalar(string name, float value) => Tensor(name, [], [value]);

    private string Vector(string name, ReadOnlySpan<float> values) => Tensor(name, [values.Length], values);

    private string Tensor(string name, int[] shape, ReadOnlySpan<float> values)
    {
        TensorProto tensor = new() { Name = name, DataType = ElementType.Float };
        foreach (int size in shape)
        {
            tensor.Dims.Add(size);
        }

        byte[] bytes = new byte[values.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
            }
        }

        tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
        graph.Initializer.Add(tensor);
        return name;
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
