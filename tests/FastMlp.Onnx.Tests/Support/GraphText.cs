using FastMlp.Onnx.Schema;
using Google.Protobuf;

namespace FastMlp.Onnx.Tests.Support;

/// <summary>A model written down node by node: input "x", output "y", unless said otherwise.</summary>
internal sealed class GraphText
{
    private readonly int opset;
    private int nodes;

    public GraphText(int opset = 17, params long[] inputDims)
    {
        this.opset = opset;
        Model.IrVersion = 8;
        Model.Graph = new GraphProto { Name = "test" };
        Model.OpsetImport.Add(new OperatorSetProto { Version = opset });
        Model.OpsetImport.Add(new OperatorSetProto { Domain = "ai.onnx.ml", Version = 3 });
        Model.Graph.Input.Add(Value("x", inputDims.Length == 0 ? [-1, 3] : inputDims));
        Model.Graph.Output.Add(Value("y", [-1, -1]));
    }

    public ModelProto Model { get; } = new();

    /// <summary>Float32 numbers that repeat from test to test.</summary>
    public static float[] Numbers(int count, int seed, double scale = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
    }

    public static ValueProto Value(string name, long[] dims, int type = 1)
    {
        ShapeProto shape = new();
        shape.Dim.AddRange(dims.Select(dim => dim < 0 ? new DimensionProto { DimParam = "n" } : new DimensionProto { DimValue = dim }));
        return new ValueProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    public GraphText Weight(string name, long[] dims, params float[] values)
    {
        TensorProto tensor = new() { Name = name, DataType = 1 };
        tensor.Dims.AddRange(dims);
        tensor.FloatData.AddRange(values);
        return Weight(tensor);
    }

    public GraphText Weight(TensorProto tensor)
    {
        Model.Graph.Initializer.Add(tensor);
        return this;
    }

    public GraphText Sizes(string name, params long[] values)
    {
        TensorProto tensor = new() { Name = name, DataType = 7 };
        tensor.Dims.Add(values.Length);
        tensor.Int64Data.AddRange(values);
        return Weight(tensor);
    }

    /// <summary>A node: <c>Gemm x w b -> z</c>, several separated by semicolons or lines; a domain before the operator with a slash, an omitted input as _.</summary>
    public GraphText Nodes(string text)
    {
        foreach (string line in text.Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = line.Split("->", StringSplitOptions.TrimEntries);
            string[] words = sides[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int slash = words[0].LastIndexOf('/');
            NodeProto node = new() { OpType = words[0][(slash + 1)..], Domain = slash < 0 ? "" : words[0][..slash], Name = $"n{nodes++}" };
            node.Input.AddRange(words.Skip(1).Select(word => word == "_" ? "" : word));
            node.Output.AddRange(sides[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Model.Graph.Node.Add(node);
        }

        return this;
    }

    /// <summary>An attribute of the last node.</summary>
    public GraphText With(string name, object value)
    {
        Model.Graph.Node[^1].Attribute.Add(Attribute(name, value));
        return this;
    }

    public static AttributeProto Attribute(string name, object value)
    {
        AttributeProto attribute = new() { Name = name };
        switch (value)
        {
            case double number:
                (attribute.Type, attribute.F) = (1, (float)number);
                break;
            case int number:
                (attribute.Type, attribute.I) = (2, number);
                break;
            case string text:
                (attribute.Type, attribute.S) = (3, ByteString.CopyFromUtf8(text));
                break;
            case float[] numbers:
                attribute.Type = 6;
                attribute.Floats.AddRange(numbers);
                break;
            case long[] numbers:
                attribute.Type = 7;
                attribute.Ints.AddRange(numbers);
                break;
            case string[] texts:
                attribute.Type = 8;
                attribute.Strings.AddRange(texts.Select(ByteString.CopyFromUtf8));
                break;
            default:
                throw new ArgumentException($"No attribute is a {value.GetType()}.", nameof(value));
        }

        return attribute;
    }

    public GraphText Output(ValueProto output)
    {
        Model.Graph.Output.Add(output);
        return this;
    }

    public byte[] Bytes() => Model.ToByteArray();

    public OnnxImport Import(OnnxImportOptions? options = null) => OnnxModel.Import(new MemoryStream(Bytes()), options);

    /// <summary>The message with which the model is refused; it must hold all the parts.</summary>
    public string Refused(params string[] parts)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Import());
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(error.Message, char.IsControl);
        return error.Message;
    }

    /// <summary>A model of opset 17 with one dense layer x W^T + b = z, [4 inputs, 3 units], and what the nodes make of z.</summary>
    public static GraphText AfterDense(string rest, int opset = 17) => new GraphText(opset, -1, 4)
        .Weight("w", [3, 4], Numbers(12, 1))
        .Weight("b", [3], Numbers(3, 2))
        .Nodes("Gemm x w b -> z").With("transB", 1)
        .Nodes(rest);

    /// <summary>z of <see cref="AfterDense"/> for rows of 4, in double precision.</summary>
    public static double[] Dense(float[] x)
    {
        float[] w = Numbers(12, 1);
        float[] b = Numbers(3, 2);
        return [.. Enumerable.Range(0, x.Length / 4 * 3).Select(at =>
            (double)b[at % 3] + Enumerable.Range(0, 4).Sum(k => (double)w[(at % 3 * 4) + k] * x[(at / 3 * 4) + k]))];
    }
}
