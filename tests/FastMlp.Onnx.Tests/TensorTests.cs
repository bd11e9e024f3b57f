using System.Buffers.Binary;
using FastMlp.Onnx.Schema;
using FastMlp.Onnx.Tests.Support;
using Google.Protobuf;

namespace FastMlp.Onnx.Tests;

/// <summary>Weights of every type and in every place, and claims about them that are not true.</summary>
public sealed class TensorTests : IDisposable
{
    private static readonly float[] numbers = [0.5f, -1, 3, 1.5f, 0, -0.25f];

    private readonly string folder = Directory.CreateTempSubdirectory("fastmlp-onnx-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Type, its number, and whether the values lie in raw_data; all numbers of the test are exact in every type.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    [InlineData(11, true)]
    [InlineData(16, false)]
    [InlineData(16, true)]
    public void TypesAndFields(int type, bool raw)
    {
        TensorProto tensor = Matrix(type);
        foreach (float number in numbers)
        {
            if (raw)
            {
                tensor.RawData = ByteString.CopyFrom([.. tensor.RawData.Span, .. Bytes(type, number)]);
                continue;
            }

            switch (type)
            {
                case 1:
                    tensor.FloatData.Add(number);
                    break;
                case 11:
                    tensor.DoubleData.Add(number);
                    break;
                default:
                    tensor.Int32Data.Add(BinaryPrimitives.ReadUInt16LittleEndian(Bytes(type, number)));
                    break;
            }
        }

        AssertWeights(Graph(tensor).Import());
    }

    [Fact]
    public void SubnormalAndExtremeNumbersArriveAsTheyAre()
    {
        float[] values = [float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, -0f, 1e-40f];
        TensorProto tensor = Matrix(1);
        tensor.FloatData.AddRange(values);
        using OnnxImport import = Graph(tensor).Import();
        float[] weight = new float[6];
        import.Network.Tensors["layers.0.weight"].CopyTo(weight);
        Assert.Equal([values[0], values[2], values[4], values[1], values[3], values[5]], weight);
        Assert.True(float.IsNegative(weight[2]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void NumbersThatAreNotFiniteAreRefused(float number)
    {
        TensorProto tensor = Matrix(1);
        tensor.FloatData.AddRange([1, 2, 3, number, 5, 6]);
        Graph(tensor).Refused("(MatMul)", "weight");
    }

    [Fact]
    public void ClaimsThatAreNotTrueAreRefused()
    {
        Refused(tensor => tensor.FloatData.RemoveAt(0), "[3, 2]", "6", "5");
        Refused(tensor => tensor.RawData = ByteString.CopyFrom(new byte[20]), "24 bytes", "20");
        Refused(tensor => tensor.Dims[0] = -3, "[-3, 2]".Replace("-3", "?", StringComparison.Ordinal), "below 0");
        Refused(tensor => tensor.Dims[0] = long.MaxValue, "2^31");
        Refused(tensor => tensor.Dims.AddRange([1 << 20, 1 << 20]), "2^31");
        Refused(tensor => tensor.Dims[0] = 0, "0");
        Refused(tensor => tensor.DataType = 0, "number 0");
        Refused(tensor => tensor.DataType = 14, "complex", "float16");
        Refused(tensor => tensor.DataType = 8, "string");
        Refused(tensor => tensor.DataLocation = 7, "7");

        static void Refused(Action<TensorProto> spoil, params string[] parts)
        {
            TensorProto tensor = Matrix(1);
            tensor.FloatData.AddRange(numbers);
            spoil(tensor);
            Graph(tensor).Refused(["'w'", .. parts]);
        }
    }

    [Fact]
    public void ExternalDataAreReadFromTheFolderOfTheModel()
    {
        Directory.CreateDirectory(Path.Combine(folder, "sub"));
        File.WriteAllBytes(Path.Combine(folder, "sub", "weights.bin"), [9, 9, 9, 9, .. numbers.SelectMany(number => Bytes(1, number)), 7]);
        AssertWeights(Import("sub/weights.bin", ("offset", "4"), ("length", "24")));
        AssertWeights(Import("sub/weights.bin", ("offset", "4"), ("checksum", "x")));

        // From a stream only where the folder is named.
        GraphText graph = External("sub/weights.bin", ("offset", "4"));
        graph.Refused("'w'", "sub/weights.bin", "ExternalDataFolder");
        AssertWeights(graph.Import(new OnnxImportOptions { ExternalDataFolder = folder }));
    }

    [Theory]
    [InlineData("../secret.bin", "..")]
    [InlineData("sub/../../secret.bin", "..")]
    [InlineData("..\\secret.bin", "..")]
    [InlineData("/secret.bin", "from the root")]
    [InlineData("C:\\secret.bin", "folder of the model")]
    [InlineData("./w.bin", "folder of the model")]
    [InlineData("sub//w.bin", "folder of the model")]
    [InlineData("", "does not name it")]
    [InlineData("none.bin", "cannot be read")]
    [InlineData("sub", "cannot be read")]
    [InlineData("short.bin", "24 bytes from byte 0", "has 23")]
    public void ExternalDataOutsideTheFolderOrTheFileAreRefused(string location, params string[] parts)
    {
        string inner = Path.Combine(folder, "model");
        Directory.CreateDirectory(Path.Combine(inner, "sub"));
        File.WriteAllBytes(Path.Combine(folder, "secret.bin"), new byte[24]);
        File.WriteAllBytes(Path.Combine(inner, "w.bin"), new byte[24]);
        File.WriteAllBytes(Path.Combine(inner, "short.bin"), new byte[23]);
        Refused(inner, External(location), parts);
    }

    [Theory]
    [InlineData("offset", "-1")]
    [InlineData("offset", "1")]
    [InlineData("offset", "9223372036854775807")]
    [InlineData("offset", "99999999999999999999")]
    [InlineData("length", "23")]
    [InlineData("length", "25")]
    [InlineData("length", "x")]
    public void ExternalDataThatLieBeyondTheirFileAreRefused(string key, string value)
    {
        File.WriteAllBytes(Path.Combine(folder, "w.bin"), new byte[24]);
        Refused(folder, External("w.bin", (key, value)));
    }

    [Fact]
    public void LinksToExternalDataAreRefused()
    {
        string inner = Path.Combine(folder, "model");
        Directory.CreateDirectory(inner);
        File.WriteAllBytes(Path.Combine(folder, "w.bin"), new byte[24]);
        try
        {
            File.CreateSymbolicLink(Path.Combine(inner, "w.bin"), Path.Combine(folder, "w.bin"));
            Directory.CreateSymbolicLink(Path.Combine(inner, "up"), folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Symbolic links cannot be made here: {e.Message}");
        }

        Refused(inner, External("w.bin"), "symbolic link");
        Refused(inner, External("up/w.bin"), "symbolic link");
    }

    private static void Refused(string folder, GraphText graph, params string[] parts)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => graph.Import(new OnnxImportOptions { ExternalDataFolder = folder }));
        Assert.All([.. parts, "'w'"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private OnnxImport Import(string location, params (string, string)[] entries)
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, External(location, entries).Bytes());
        return OnnxModel.Import(path);
    }

    private static GraphText External(string location, params (string Key, string Value)[] entries)
    {
        TensorProto tensor = Matrix(1);
        tensor.DataLocation = 1;
        tensor.ExternalData.Add(new EntryProto { Key = "location", Value = location });
        tensor.ExternalData.AddRange(entries.Select(entry => new EntryProto { Key = entry.Key, Value = entry.Value }));
        return Graph(tensor);
    }

    private static TensorProto Matrix(int type) => new() { Name = "w", DataType = type, Dims = { 3, 2 } };

    private static GraphText Graph(TensorProto tensor) => new GraphText().Weight(tensor).Nodes("MatMul x w -> y");

    private static byte[] Bytes(int type, float number)
    {
        byte[] bytes = new byte[8];
        switch (type)
        {
            case 1:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
                return bytes[..4];
            case 10:
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)number);
                return bytes[..2];
            case 11:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
                return bytes;
            default:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
                return bytes[2..4];
        }
    }

    private static void AssertWeights(OnnxImport import)
    {
        using (import)
        {
            float[] weight = new float[6];
            import.Network.Tensors["layers.0.weight"].CopyTo(weight);
            Assert.Equal([numbers[0], numbers[2], numbers[4], numbers[1], numbers[3], numbers[5]], weight);
        }
    }
}
