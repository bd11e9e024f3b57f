using System.Buffers.Binary;
using System.Text;

namespace FastMlp.Benchmarks.Peers;

/// <summary>A network as an ONNX model with a fixed batch or any, in protobuf's wire format: Gemm and activation nodes, opset 13.</summary>
internal static class OnnxModel
{
    private const int Float = 1;

    /// <summary>In place of a number of rows.</summary>
    public const int AnyRows = 0;

    public static byte[] Write(Workload work, int rows)
    {
        Message graph = new();
        string from = "x";
        for (int i = 0; i < work.Layers; i++)
        {
            string product = $"z{i}", to = i == work.Layers - 1 ? "y" : $"a{i}";
            string? function = Function(i == work.Layers - 1 ? work.Output : work.Hidden);
            graph.Nested(1, Node("Gemm", [from, $"w{i}", $"b{i}"], function is null ? to : product));
            if (function is not null)
            {
                graph.Nested(1, Node(function, [product], to));
            }

            from = to;
        }

        graph.Text(2, "mlp");
        for (int i = 0; i < work.Layers; i++)
        {
            int inputs = work.Sizes[i], units = work.Sizes[i + 1];
            graph.Nested(5, Tensor($"w{i}", [inputs, units], Workload.Values(inputs * units, i)));
            graph.Nested(5, Tensor($"b{i}", [units], Workload.Values(units, 100 + i)));
        }

        graph.Nested(11, Value("x", rows, work.Inputs));
        graph.Nested(12, Value("y", rows, work.Outputs));
        Message opset = new Message().Text(1, "").Number(2, 13);
        return new Message().Number(1, 8).Nested(7, graph).Nested(8, opset).ToArray();
    }

    private static string? Function(Activation activation) =>
        activation == Activation.Identity ? null
        : activation == Activation.Relu ? "Relu"
        : activation == Activation.Tanh ? "Tanh"
        : activation == Activation.Softmax ? "Softmax"
        : throw new NotSupportedException($"{activation} is in no table.");

    private static Message Node(string operation, string[] inputs, string output)
    {
        Message node = new();
        foreach (string input in inputs)
        {
            node.Text(1, input);
        }

        return node.Text(2, output).Text(4, operation);
    }

    private static Message Tensor(string name, int[] shape, float[] values)
    {
        Message tensor = new();
        foreach (int size in shape)
        {
            tensor.Number(1, size);
        }

        byte[] raw = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i] / MathF.Sqrt(shape[0]));
        }

        return tensor.Number(2, Float).Text(8, name).Bytes(9, raw);
    }

    private static Message Value(string name, int rows, int columns)
    {
        Message batch = rows == AnyRows ? new Message().Text(2, "rows") : new Message().Number(1, rows);
        Message shape = new Message().Nested(1, batch).Nested(1, new Message().Number(1, columns));
        return new Message().Text(1, name).Nested(2, new Message().Nested(1, new Message().Number(1, Float).Nested(2, shape)));
    }

    /// <summary>Fields of a protobuf message, appended in order.</summary>
    private sealed class Message
    {
        private const int VarintField = 0;
        private const int LengthField = 2;

        private readonly List<byte> bytes = [];

        public byte[] ToArray() => [.. bytes];

        public Message Number(int field, long value)
        {
            Varint((ulong)((field << 3) | VarintField));
            Varint((ulong)value);
            return this;
        }

        public Message Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public Message Nested(int field, Message value) => Bytes(field, value.ToArray());

        public Message Bytes(int field, byte[] value)
        {
            Varint((ulong)((field << 3) | LengthField));
            Varint((ulong)value.Length);
            bytes.AddRange(value);
            return this;
        }

        private void Varint(ulong value)
        {
            while (value >= 0x80)
            {
                bytes.Add((byte)(value | 0x80));
                value >>= 7;
            }

            bytes.Add((byte)value);
        }
    }
}
