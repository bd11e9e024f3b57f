using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FastMlp.Onnx.Import;
using FastMlp.Onnx.Schema;
using Google.Protobuf;

namespace FastMlp.Onnx.Export;

/// <summary>A graph that nodes and constants are added to. What is added is known by its name.</summary>
internal sealed class GraphWriter
{
    private const int FloatAttribute = 1;
    private const int IntAttribute = 2;

    public GraphProto Graph { get; } = new() { Name = "network" };

    /// <summary>A node; its result bears its name.</summary>
    public string Add(string type, string name, params string[] inputs)
    {
        NodeProto node = new() { OpType = type, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        Graph.Node.Add(node);
        return name;
    }

    /// <summary>An attribute of the last node: a whole number.</summary>
    public void Set(string attribute, long value) => Graph.Node[^1].Attribute.Add(new AttributeProto { Name = attribute, Type = IntAttribute, I = value });

    /// <summary>An attribute of the last node: a float.</summary>
    public void SetNumber(string attribute, float value) => Graph.Node[^1].Attribute.Add(new AttributeProto { Name = attribute, Type = FloatAttribute, F = value });

    public string Scalar(string name, float value) => Tensor(name, [], [value]);

    public string Vector(string name, ReadOnlySpan<float> values) => Tensor(name, [values.Length], values);

    public string Tensor(string name, int[] shape, ReadOnlySpan<float> values)
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
        Graph.Initializer.Add(tensor);
        return name;
    }
}
