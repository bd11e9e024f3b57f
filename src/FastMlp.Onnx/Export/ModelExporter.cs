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

    private const string Batch = "batch";

    // Sizes and lengths in protobuf end at 2^31 - 1; this leaves room for everything but the weights.
    private const long LargestModel = int.MaxValue - (1L << 20);

    private const int FloatAttribute = 1;
    private const int IntAttribute = 2;

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
        graph.Input.Add(Matrix(options.InputName, network.InputSize));
        graph.Output.Add(Matrix(options.OutputName, network.OutputSize));

        string value = options.InputName;
        if (options.InputScaling is { } before)
        {
            value = Add("Sub", "scaling.subtract", value, Vector("scaling.offset", before.Offsets));
            value = Add("Mul", "scaling.multiply", value, Vector("scaling.scale", before.Scales));
        }

        string first = value;
        List<string> values = [];
        foreach (StageInfo stage in network.Stages)
        {
            values.Add(Stage(stage, values.Count, Output(stage.Source), Output(stage.Skip)));
        }

        value = values[^1];

        if (options.OutputScaling is { } after)
        {
            value = Add("Div", "target.divide", value, Vector("target.scale", after.Scales));
            Add("Add", "target.add", value, Vector("target.offset", after.Offsets));
        }

        string Output(int stage) => stage < 0 ? first : values[stage];

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
        foreach ((string key, string text) in network.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            model.MetadataProps.Add(new EntryProto { Key = key, Value = text });
        }

        return model;
    }

    /// <summary>The name of a stage's result.</summary>
    private string Stage(StageInfo stage, int index, string input, string skip)
    {
        switch (stage.Kind)
        {
            case LayerKind.Dense:
                return Layer(stage.Index, input);
            case LayerKind.Dropout:
                return input;
            case LayerKind.Activation:
                return Activation($"stages.{index}.activation", stage.Activation, [.. stage.Activation.Constants], input);
            case LayerKind.Sum:
                return Add("Add", $"stages.{index}.sum", input, skip);
            case LayerKind.BatchNorm:
                string batch = Add(
                    "BatchNormalization", $"norms.{stage.Index}", input, Norm(stage, "weight"), Norm(stage, "bias"), Norm(stage, "running_mean"), Norm(stage, "running_var"));
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "epsilon", Type = FloatAttribute, F = stage.Epsilon });
                return batch;
            case LayerKind.LayerNorm:
                string row = Add("LayerNormalization", $"norms.{stage.Index}", input, Norm(stage, "weight"), Norm(stage, "bias"));
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axis", Type = IntAttribute, I = -1 });
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "epsilon", Type = FloatAttribute, F = stage.Epsilon });
                return row;
            default:
                throw new NotSupportedException($"Stage {index}, a {stage.Kind}, has no form in ONNX here.");
        }
    }

    /// <summary>A vector of a normalization, named as in the model's file.</summary>
    private string Norm(StageInfo stage, string tensor)
    {
        float[] values = new float[stage.OutputSize];
        switch (tensor)
        {
            case "weight":
                network.GetNormScale(stage.Index, values);
                break;
            case "bias":
                network.GetNormShift(stage.Index, values);
                break;
            case "running_mean":
                network.GetRunningMean(stage.Index, values);
                break;
            default:
                network.GetRunningVariance(stage.Index, values);
                break;
        }

        return Vector($"norms.{stage.Index}.{tensor}", values);
    }

    private string Layer(int layer, string input)
    {
        LayerInfo info = network.GetLayer(layer);
        string prefix = $"layers.{layer}";
        float[] weight = new float[info.OutputSize * info.InputSize];
        network.GetWeight(layer, weight);
        List<string> inputs = [input, Tensor($"{prefix}.weight", [info.OutputSize, info.InputSize], weight)];
        if (info.BiasLength > 0)
        {
            float[] bias = new float[info.BiasLength];
            network.GetBias(layer, bias);
            inputs.Add(Vector($"{prefix}.bias", bias));
        }

        string z = Add("Gemm", $"{prefix}.gemm", [.. inputs]);
        graph.Node[^1].Attribute.Add(new AttributeProto { Name = "transB", Type = IntAttribute, I = 1 });
        float[] constants = [.. info.Activation.Constants];
        if (info.Activation.IsLearnable)
        {
            network.GetActivationParameters(layer, constants);
        }

        return Activation(prefix + ".activation", info.Activation, constants, z);
    }

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
                graph.Node[^1].Attribute.Add(new AttributeProto { Name = "to", Type = IntAttribute, I = TensorReader.Float });
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
        TensorProto tensor = new() { Name = name, DataType = TensorReader.Float };
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

    private static ValueProto Matrix(string name, int columns)
    {
        ShapeProto shape = new();
        shape.Dim.Add(new DimensionProto { DimParam = Batch });
        shape.Dim.Add(new DimensionProto { DimValue = columns });
        TypeProto type = new() { TensorType = new TypeProto.Types.Tensor { ElemType = TensorReader.Float, Shape = shape } };
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
