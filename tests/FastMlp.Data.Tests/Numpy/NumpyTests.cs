using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>npy and npz against files that NumPy 1.24 wrote.</summary>
public class NumpyTests
{
    internal const string Float32 = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAQEAAAIBAAACgQAAAwEA=";
    internal const string FortranFloat64 = "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IFRydWUsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAABBAAAAAAAAAAMAAAAAAAAAUQAAAAAAAAAhAAAAAAAAAGEA=";
    internal const string BigEndianInt32 = "k05VTVBZAwB0AAAAeydkZXNjcic6ICc+aTQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAB/////gAAAAMAAAAEAAAABQAAAAY=";
    internal const string Boolean = "k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAE=";
    internal const string FortranCube = "k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoADAQQCBQBDQURCRUCDgYSChYDDwcTCxc=";
    internal const string Compressed = "UEsDBBQAAAAIAAAAIQBTdBzSWgAAAJgAAAAFABQAeC5ucHkBABAAmAAAAAAAAABaAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgaGA/YMQIKBwcGBgaEBiBcA8QEHAFBLAwQUAAAACAAAACEAfmr7yUkAAACQAAAABQAUAHkubnB5AQAQAJAAAAAAAAAASQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuBihghNIAUEsBAhQDFAAAAAgAAAAhAFN0HNJaAAAAmAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAhQDFAAAAAgAAAAhAH5q+8lJAAAAkAAAAAUAAAAAAAAAAAAAAIABkQAAAHkubnB5UEsFBgAAAAACAAIAZgAAABEBAAAAAA==";
    private const string Scalar = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAA==";
    private const string Half = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDEpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAOAC8";
    private const string Empty = "k05VTVBZAQB2AHsnZGVzY3InOiAnPHUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=";

    [Theory]
    [InlineData(Float32, NpyType.Float32, new[] { 2, 3 }, new[] { 1.5f, -2, 3, 4, 5, 6 })]
    [InlineData(FortranFloat64, NpyType.Float64, new[] { 2, 3 }, new[] { 1.5f, -2, 3, 4, 5, 6 })]
    [InlineData(BigEndianInt32, NpyType.Int32, new[] { 2, 3 }, new[] { 1f, -2, 3, 4, 5, 6 })]
    [InlineData(Boolean, NpyType.Boolean, new[] { 3 }, new[] { 1f, 0, 1 })]
    [InlineData(Scalar, NpyType.Int64, new int[0], new[] { 7f })]
    [InlineData(Half, NpyType.Float16, new[] { 2, 1 }, new[] { 0.5f, -1 })]
    [InlineData(Empty, NpyType.UInt16, new[] { 0, 3 }, new float[0])]
    public void ReadsWhatNumpyWrote(string file, NpyType type, int[] shape, float[] values)
    {
        NpyArray array = Read(file);
        Assert.Equal(type, array.Type);
        Assert.Equal(shape, array.Shape);
        Assert.Equal(values, array.ToSingles());
        Assert.Equal(values.Select(v => (double)v), array.ToDoubles());
    }

    [Fact]
    public void FortranOrderOfThreeDimensionsIsTurned()
    {
        NpyArray array = Read(FortranCube);
        Assert.Equal([2, 3, 4], array.Shape);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (float)i), array.ToSingles());
    }

    [Fact]
    public void WritesTheBytesThatNumpyWrites()
    {
        Assert.Equal(Float32, Written(NpyArray.Of([1.5f, -2, 3, 4, 5, 6], 2, 3)));
        Assert.Equal(FortranFloat64, Written(NpyArray.Of([1.5, -2, 3, 4, 5, 6], 2, 3), fortranOrder: true, version: 2));
        Assert.Equal(Boolean, Written(NpyArray.Of([true, false, true], 3)));
        Assert.Equal(FortranCube, Written(NpyArray.Of([.. Enumerable.Range(0, 24).Select(i => (byte)i)], 2, 3, 4), fortranOrder: true));
        Assert.Equal(Scalar, Written(NpyArray.Of([7L])));
        Assert.Equal([1f, -2, 3], NpyFile.Read(new MemoryStream(Convert.FromBase64String(Written(NpyArray.Of([1, -2, 3], 3), version: 3)))).ToSingles());
        Assert.Throws<ArgumentException>(() => NpyArray.Of([1f, 2], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Written(NpyArray.Of([1f], 1), version: 4));
    }

    [Fact]
    public void ArchivesComeBackAsTheyWentIn()
    {
        foreach (bool compress in new[] { false, true })
        {
            MemoryStream stream = new();
            NpzFile.Write(stream, new Dictionary<string, NpyArray> { ["a b"] = NpyArray.Of([1f, 2], 2, 1), ["y"] = NpyArray.Of([3L, 4], 2) }, compress);
            byte[] once = stream.ToArray();
            IReadOnlyDictionary<string, NpyArray> back = NpzFile.Read(new MemoryStream(once));
            Assert.Equal(["a b", "y"], back.Keys);
            Assert.Equal([1f, 2], back["a b"].ToSingles());
            Assert.Equal([2, 1], back["a b"].Shape);
            Assert.Equal(NpyType.Int64, back["y"].Type);
        }

        IReadOnlyDictionary<string, NpyArray> numpys = NpzFile.Read(new MemoryStream(Convert.FromBase64String(Compressed)));
        Assert.Equal([1.5f, -2, 3, 4, 5, 6], numpys["x"].ToSingles());
        Assert.Equal([0f, 1], numpys["y"].ToSingles());
    }

    [Fact]
    public void ADamagedElementOfAnArchiveIsFoundByItsChecksum()
    {
        MemoryStream stream = new();
        NpzFile.Write(stream, new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of([1.5f, 2.5f], 2) });
        byte[] bytes = stream.ToArray();
        int at = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0x40]);
        bytes[at] ^= 1;
        Assert.StartsWith("f.npz, array 'x.npy': the checksum is", Assert.Throws<DataFormatException>(() => NpzFile.Read(new MemoryStream(bytes), "f.npz")).Message);
    }

    [Theory]
    [InlineData("'<f4'", "'<c8'", "f.npy: in the header at offset 20, the element type '<c8' is not read; bool, integers of 1 to 8 bytes and floats of 2 to 8 bytes are.")]
    [InlineData("'<f4'", "[('a')]", "the array has named fields; an array of one type was expected.")]
    [InlineData("'descr'", "'descl'", "f.npy: in the header at offset 11, the key 'descl' is unknown or stands there twice; descr, fortran_order and shape were expected.")]
    [InlineData("False", "Fa1se", "True or False was expected.")]
    [InlineData("(2, 3)", "(2, 4)", "f.npy: the file ends at offset 152; its header promises 2 x 4 elements of 4 bytes, 160 bytes in all.")]
    [InlineData("(2, 3)", "(2, 2)", "f.npy: more data follows at offset 144; its header promises 2 x 2 elements of 4 bytes and then the end of the file.")]
    [InlineData("(2, 3)", "(2,-3)", "at most 64 lengths from 0 to 2147483647 were expected.")]
    [InlineData("(2, 3), }                ", "(2147483647,2147483647),}", "the shape (2147483647, 2147483647) needs more than 2147483591 bytes, which one array cannot hold.")]
    [InlineData("'shape'", "'shape' 1", "':' was expected.")]
    [InlineData("NUMPY\u0001", "NUMPY\u0004", "f.npy: the version at offset 6 is 4.0; 1.0, 2.0 or 3.0 was expected.")]
    [InlineData("NUMPY", "NUMBY", "f.npy: the file does not begin with the magic string of an npy file (0x93 NUMPY).")]
    public void SaysWhatIsWrongAndWhere(string old, string changed, string message)
    {
        string file = Encoding.Latin1.GetString(Convert.FromBase64String(Float32));
        Assert.Contains(old, file);
        string broken = file.Replace(old, changed);

        // The length of the header stays what it was.
        int grown = broken.Length - file.Length;
        broken = grown > 0 ? broken.Replace(new string(' ', grown + 1) + "\n", " \n") : broken;
        Assert.EndsWith(message, Assert.Throws<DataFormatException>(() => NpyFile.Read(new MemoryStream(Encoding.Latin1.GetBytes(broken)), "f.npy")).Message);
    }

    [Fact]
    public void FilesBecomeRows()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-numpy-").FullName;
        try
        {
            string npz = Path.Combine(folder, "d.npz");
            NpzFile.Write(npz, new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of([.. Enumerable.Range(0, 12).Select(i => (byte)i)], 3, 2, 2), ["y"] = NpyArray.Of([7, 5, 7], 3) });
            Dataset data = NumpyDataset.Load(npz);
            Assert.Equal((3, 4), (data.Rows, data.InputSize));
            Assert.Equal(["5", "7"], data.ClassNames);
            Assert.Equal([1, 0, 1], data.Labels.ToArray());
            Assert.Equal([7f, 5, 7], NumpyDataset.Load(npz, new NumpyOptions { Task = DataTask.Regression }).Targets.ToArray());
            Preprocessing p = Preprocessing.Fit(data);
            Assert.Equal([1, 0, 1], NumpyDataset.Load(npz, p).Labels.ToArray());
            Assert.Equal(3, NumpyDataset.LoadFeatures(npz, p).Rows);
            Assert.Contains("no array of targets named z; the arrays are x, y", Assert.Throws<DataFormatException>(() => NumpyDataset.Load(npz, new NumpyOptions { Target = "z" })).Message);

            string npy = Path.Combine(folder, "d.npy");
            NpyFile.Write(npy, NpyArray.Of([1.5, 10, 2, 2.5, 20, 3], 2, 3));
            Assert.Equal([1.5f, 10, 2.5f, 20], NumpyDataset.Load(npy).Features.ToArray());
            Dataset first = NumpyDataset.Load(npy, new NumpyOptions { Target = "0" });
            Assert.Equal([1.5f, 2.5f], first.Targets.ToArray());
            Assert.Equal([10f, 2, 20, 3], first.Features.ToArray());
            NpyFile.Write(npy, NpyArray.Of([1f, float.NaN, 2, 3], 2, 2));
            Assert.Equal($"{npy}, row 1, feature 0: the value is NaN; a finite float32 was expected.".Replace("row 1", "row 0"),
                Assert.Throws<DataFormatException>(() => NumpyDataset.Load(npy, new NumpyOptions { Target = "0" })).Message);
            Assert.Throws<DataFormatException>(() => NumpyDataset.Load(npy, p));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ArraysOfOtherKindsMayLieBeside()
    {
        string path = Path.GetTempFileName();
        try
        {
            NpzFile.Write(path, new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of([1f, 2, 3, 4], 2, 2), ["y"] = NpyArray.Of([0, 1], 2) });
            using (System.IO.Compression.ZipArchive archive = System.IO.Compression.ZipFile.Open(path, System.IO.Compression.ZipArchiveMode.Update))
            {
                foreach (string type in new[] { "<U1", "|O" })
                {
                    using Stream entry = archive.CreateEntry(type[^1] + ".npy").Open();
                    string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': (1,), }}".PadRight(117) + "\n";
                    entry.Write(Encoding.Latin1.GetBytes($"\u0093NUMPY\u0001\0{(char)header.Length}\0{header}abcd"));
                }
            }

            Assert.Equal([1f, 2, 3, 4], NumpyDataset.Load(path).Features.ToArray());
            Assert.Contains("the element type '<U1' is not read", Assert.Throws<DataFormatException>(() => NumpyDataset.Load(path, new NumpyOptions { Target = "1" })).Message);
            Assert.Contains("the arrays are x, y, 1, O", Assert.Throws<DataFormatException>(() => NumpyDataset.Load(path, new NumpyOptions { Target = "z" })).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static NpyArray Read(string base64) => NpyFile.Read(new MemoryStream(Convert.FromBase64String(base64)));

    private static string Written(NpyArray array, bool fortranOrder = false, int version = 1)
    {
        MemoryStream stream = new();
        NpyFile.Write(stream, array, fortranOrder, version);
        return Convert.ToBase64String(stream.ToArray());
    }
}
