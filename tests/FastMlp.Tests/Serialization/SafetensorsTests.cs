using System.Buffers.Binary;
using System.Text;
using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

public sealed class SafetensorsTests
{
    private const string OneFloat = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    [Fact]
    public void ReadsTheExampleOfTheFormat()
    {
        // The 2 x 2 zeros in the documentation of the reference reader, "<" being the length 60.
        byte[] file = [.. "<\0\0\0\0\0\0\0{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"u8, .. new byte[16]];

        SafetensorsHeader header = Safetensors.ReadHeader(new MemoryStream(file));

        TensorInfo tensor = Assert.Single(header.Tensors);
        Assert.Equal(("test", TensorType.I32, 0L, 16L), (tensor.Name, tensor.Type, tensor.Begin, tensor.End));
        Assert.Equal([2, 2], tensor.Shape);
        Assert.Equal(68, header.DataStart);
    }

    [Fact]
    public void TensorsComeInTheOrderOfTheirDataAndMayBeEmptyOrScalar()
    {
        byte[] file = TestFiles.Raw(
            """{"late":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"early":{"shape":[1,1,1],"extra":{"x":[{}]},"data_offsets":[0,4],"dtype":"F32"},"empty":{"dtype":"U8","shape":[0,7],"data_offsets":[4,4]},"__metadata__":{"k":"v\u00e9"}}   """,
            [0, 0, 128, 63, 0, 0, 0, 64]);

        SafetensorsHeader header = Safetensors.ReadHeader(new MemoryStream(file));

        Assert.Equal(["early", "empty", "late"], header.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([1L, 0, 1], header.Tensors.Select(tensor => tensor.Count));
        Assert.Equal("v\u00e9", header.Metadata["k"]);
    }

    [Theory]
    [InlineData("F64", 8, "000000000000F03F000000000000F8BF00000000000000809A9999999999B93F", new[] { 1f, -1.5f, -0f, 0.1f })]
    [InlineData("F32", 4, "0000803F0000C0BF0000008001000000", new[] { 1f, -1.5f, -0f, 1e-45f })]
    [InlineData("F16", 2, "003C00BE00800100FF7B5535", new[] { 1f, -1.5f, -0f, 5.9604645e-8f, 65504f, 0.33325195f })]
    [InlineData("BF16", 2, "803FC0BF00800100AB3E7F7F", new[] { 1f, -1.5f, -0f, 9.18355e-41f, 0.33398438f, 3.3895314e38f })]
    public void ConvertsFloatTypes(string type, int size, string hex, float[] expected)
    {
        byte[] data = Convert.FromHexString(hex);
        byte[] file = TestFiles.Raw($$$"""{"a":{"dtype":"{{{type}}}","shape":[{{{expected.Length}}}],"data_offsets":[0,{{{expected.Length * size}}}]}}""", data);

        foreach (Stream stream in new Stream[] { new MemoryStream(file), new PipeStream(file, 3) })
        {
            float[] values = Assert.Single(Safetensors.ReadData(stream, Safetensors.ReadHeader(stream)));
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), values.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [InlineData("I64", 8)]
    [InlineData("I32", 4)]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    [InlineData("C64", 8)]
    [InlineData("F8_E4M3", 1)]
    public void OtherTypesAreKnownButNotWeights(string type, int size)
    {
        using MemoryStream stream = new(TestFiles.Raw($$$"""{"a":{"dtype":"{{{type}}}","shape":[3],"data_offsets":[0,{{{3 * size}}}]}}""", new byte[3 * size]));
        SafetensorsHeader header = Safetensors.ReadHeader(stream);

        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Safetensors.ReadData(stream, header));
        Assert.Equal($"Tensor 'a' is of type {type}, which cannot hold weights; accepted are F32, F64, F16 and BF16.", e.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(55)]
    [InlineData(53)]
    [InlineData(58)]
    [InlineData(59)]
    [InlineData(4096)]
    public void LyingHeaderLengthIsRefused(long length)
    {
        byte[] file = TestFiles.Raw(OneFloat, new byte[4]);
        Assert.Equal(54, file[0]);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);

        Assert.Throws<ModelFormatException>(() => Safetensors.ReadHeader(new MemoryStream(file)));
        Assert.Throws<ModelFormatException>(() => ReadAll(new PipeStream(file, 7)));
    }

    [Fact]
    public void AClaimAllocatesNoMoreThanTheStreamHolds()
    {
        byte[] claim = new byte[100];
        BinaryPrimitives.WriteInt64LittleEndian(claim, Safetensors.MaxHeaderBytes);
        byte[] data = TestFiles.Raw("""{"a":{"dtype":"F32","shape":[500000000],"data_offsets":[0,2000000000]}}""", new byte[100]);
        ReadAll(new PipeStream(TestFiles.Raw(OneFloat, new byte[4]), 100));

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] file in new[] { claim, data })
        {
            Assert.Throws<ModelFormatException>(() => ReadAll(new PipeStream(file, 100)));
            Assert.Throws<ModelFormatException>(() => ReadAll(new MemoryStream(file)));
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void LargeTensorsPassThroughAPipe()
    {
        float[] values = [.. Enumerable.Range(0, 100_003).Select(i => (float)i)];
        using MemoryStream file = new();
        Safetensors.Write(file, [("big", [values.Length], values)], Enumerable.Range(0, 9_000).ToDictionary(i => $"key {i}", i => $"value {i}"));

        using PipeStream pipe = new(file.ToArray(), 10_007);
        SafetensorsHeader header = Safetensors.ReadHeader(pipe);
        Assert.Equal(9_000, header.Metadata.Count);
        Assert.Equal(values, Assert.Single(Safetensors.ReadData(pipe, header)));
    }

    [Theory]
    [InlineData("[]", "must begin with '{'")]
    [InlineData(" {}", "must begin with '{'")]
    [InlineData("\uFEFF{}", "must begin with '{'")]
    [InlineData("{}\0", "not valid JSON")]
    [InlineData("{}{}", "not valid JSON")]
    [InlineData("{,}", "not valid JSON")]
    [InlineData("""{"a":1,}""", "tensor 'a' must be an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "'a' stands twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "'a' stands twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "dtype twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "'__metadata__' stands twice")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", "'k' stands twice")]
    [InlineData("""{"__metadata__":{"k":1}}""", "'k' must be text")]
    [InlineData("""{"__metadata__":null}""", "__metadata__ must be an object")]
    [InlineData("""{"__metadata__":{"k":"\ud800"}}""", "surrogate")]
    [InlineData("""{"\udc00":{}}""", "surrogate")]
    [InlineData("""{"a":{"shape":[0],"data_offsets":[0,0]}}""", "has no dtype")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,0]}}""", "has no shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0]}}""", "has no data_offsets")]
    [InlineData("""{"a":{"dtype":"f32","shape":[0],"data_offsets":[0,0]}}""", "unknown dtype 'f32'; known are BOOL")]
    [InlineData("""{"a":{"dtype":"17","shape":[0],"data_offsets":[0,0]}}""", "unknown dtype '17'")]
    [InlineData("""{"a":{"dtype":17,"shape":[0],"data_offsets":[0,0]}}""", "dtype of tensor 'a' must be text")]
    [InlineData("""{"a":{"dtype":"F32","shape":0,"data_offsets":[0,0]}}""", "shape of tensor 'a' must be an array")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}""", "shape of tensor 'a' must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "shape of tensor 'a' must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "shape of tensor 'a' must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]}}""", "shape of tensor 'a' must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", "more than 2^63 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,1073741824],"data_offsets":[0,0]}}""", "more than 2^63 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}}""", "must be two numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}}""", "more than 2 numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "end must not be before")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", "does not fill whole bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2]}}""", "needs 4 bytes, but its data_offsets [0, 2] give 2")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}""", "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a gap after the start of the data; it must begin at 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "leaves a gap after tensor 'a'; it must begin at 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlaps tensor 'a'; it must begin at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "overlaps tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1152921504606846975],"data_offsets":[0,1152921504606846975]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "need 79: it is cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "need 70: it is too long")]
    [InlineData("{}", "too long")]
    public void DefectiveHeaderIsRefusedWithItsReason(string header, string reason)
    {
        byte[] file = TestFiles.Raw(header, new byte[12]);
        Assert.Contains(reason, Assert.Throws<ModelFormatException>(() => Safetensors.ReadHeader(new MemoryStream(file))).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => ReadAll(new PipeStream(file, 5)));
    }

    [Fact]
    public void InvalidUtf8IsRefusedWithItsPlace()
    {
        byte[] file = TestFiles.Raw("""{"a~":0}""", []);
        file[8 + 3] = 0xFF;
        Assert.Contains("Byte 11 of the header is not valid UTF-8", Assert.Throws<ModelFormatException>(() => Safetensors.ReadHeader(new MemoryStream(file))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepNestingAndHighRankAreRefused()
    {
        string deep = $$$"""{"a":{"x":{{{new string('[', 100_000)}}}""";
        string manyAxes = $$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(",", Enumerable.Repeat(1, 65))}}}],"data_offsets":[0,4]}}""";
        foreach (string header in new[] { deep, manyAxes })
        {
            Assert.Throws<ModelFormatException>(() => Safetensors.ReadHeader(new MemoryStream(TestFiles.Raw(header, new byte[4]))));
        }
    }

    [Fact]
    public void HostileNamesCannotFillOrForgeAMessage()
    {
        string name = "x\\nFAKE \\u001b[31m\\u202e" + new string('y', 10_000);
        // The JSON parser quotes a bad literal with all that follows it.
        foreach (string header in new[] { $$$"""{"{{{name}}}":0}""", "{\"a\":f\n\u001b[31m\u202e" + new string('y', 10_000) })
        {
            byte[] file = TestFiles.Raw(header, []);
            string message = Assert.Throws<ModelFormatException>(() => Safetensors.ReadHeader(new MemoryStream(file))).Message;
            Assert.True(message.Length < 300, message);
            Assert.DoesNotContain(message, character => char.IsControl(character) || character == '\u202e');
        }
    }

    [Fact]
    public void WritesSortedMetadataPaddedHeaderAndData()
    {
        using MemoryStream stream = new();
        Safetensors.Write(stream, [("b", [1, 2], [1, -0f]), ("a", [], [0.5f])], new Dictionary<string, string> { ["y"] = "\"\n", ["x"] = "\u00e9" });
        byte[] file = stream.ToArray();

        const string Header = """{"__metadata__":{"x":"é","y":"\"\n"},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""";
        Assert.Equal(Header, Encoding.UTF8.GetString(file, 8, 184).TrimEnd(' '));
        Assert.Equal(184, BinaryPrimitives.ReadInt64LittleEndian(file));
        Assert.Equal("0000803F" + "00000080" + "0000003F", Convert.ToHexString(file, 192, file.Length - 192));
    }

    [Fact]
    public void WriterRefusesWhatTheReaderWould()
    {
        Assert.Throws<ArgumentException>(() => Safetensors.Write(Stream.Null, [("a", [1], [1]), ("a", [1], [1])], new Dictionary<string, string>()));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(Stream.Null, [("__metadata__", [1], [1])], new Dictionary<string, string>()));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(Stream.Null, [("a", [2], [1])], new Dictionary<string, string>()));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(Stream.Null, [], new Dictionary<string, string> { ["a"] = "\ud800" }));
    }

    private static void ReadAll(Stream stream) => Safetensors.ReadData(stream, Safetensors.ReadHeader(stream));
}
