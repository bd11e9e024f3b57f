using System.Buffers.Binary;
using System.IO.Compression;
using FastMlp.Data;

namespace FastMlp.Tests;

public sealed class IdxTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("idx").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ReadsWhatTheBytesSay()
    {
        byte[] pixels = [.. Enumerable.Range(0, 2 * 3 * 4).Select(i => (byte)(i * 11))];
        foreach (Func<byte[], byte[]> pack in new Func<byte[], byte[]>[] { b => b, Gzip })
        {
            IdxArray images = IdxReader.ReadImages(new MemoryStream(pack(Idx([2, 3, 4], pixels))));
            Assert.Equal([2, 3, 4], images.Shape);
            Assert.Equal(pixels, images.Data.ToArray());
            IdxArray labels = IdxReader.ReadLabels(new MemoryStream(pack(Idx([3], [7, 0, 255]))));
            Assert.Equal([3], labels.Shape);
            Assert.Equal([7, 0, 255], labels.Data.ToArray());
        }
    }

    [Fact]
    public void GrowsToAnySize()
    {
        // Around the first buffer and its doublings.
        foreach (int length in new[] { 65535, 65536, 65537, 131072, 131073, 300000 })
        {
            byte[] data = new byte[length];
            new Random(length).NextBytes(data);
            Assert.Equal(data, IdxReader.ReadLabels(new Dribble(Idx([length], data))).Data.ToArray());
        }
    }

    [Theory]
    [InlineData("-", "")]
    [InlineData(".", "")]
    [InlineData("-", ".gz")]
    [InlineData(".", ".gz")]
    public void FindsTheFilesOfAFolder(string separator, string end)
    {
        Func<byte[], byte[]> pack = end == "" ? b => b : Gzip;
        Write($"train-images{separator}idx3-ubyte{end}", pack(Idx([3, 1, 2], [0, 1, 2, 253, 254, 255])));
        Assert.True(IdxDataset.IsFolder(folder));
        Write($"train-labels{separator}idx1-ubyte{end}", pack(Idx([3], [9, 0, 4])));
        (Dataset train, Dataset? test) = IdxDataset.LoadFolder(folder);
        Assert.Null(test);
        Assert.Equal([0f, 1f, 2f, 253f, 254f, 255f], train.Features.ToArray());
        Assert.Equal([9, 0, 4], train.Labels.ToArray());
        Assert.Equal(2, train.InputSize);
        Assert.Equal(10, train.TargetSize);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], train.ClassNames);

        Write($"t10k-images{separator}idx3-ubyte{end}", pack(Idx([1, 1, 2], [5, 6])));
        Write($"t10k-labels{separator}idx1-ubyte{end}", pack(Idx([1], [3])));
        (_, test) = IdxDataset.LoadFolder(folder);
        Assert.NotNull(test);
        Assert.Equal([5f, 6f], test.Features.ToArray());
        Assert.Equal([3], test.Labels.ToArray());
    }

    [Fact]
    public void GzipIsToldByContentNotByName()
    {
        Write("train-images-idx3-ubyte.gz", Idx([1, 1, 1], [8]));
        Write("train-labels-idx1-ubyte", Gzip(Idx([1], [1])));
        (Dataset train, _) = IdxDataset.LoadFolder(folder);
        Assert.Equal([8f], train.Features.ToArray());
        Assert.Equal([1], train.Labels.ToArray());
    }

    [Fact]
    public void SaysWhatIsMissing()
    {
        string nowhere = Path.Combine(folder, "nowhere");
        Assert.False(IdxDataset.IsFolder(nowhere));
        Assert.False(IdxDataset.IsFolder(folder));
        Assert.Contains(nowhere, Assert.Throws<DirectoryNotFoundException>(() => IdxDataset.LoadFolder(nowhere)).Message);
        Assert.StartsWith($"{folder}: the file train-images-idx3-ubyte (or train-images-idx3-ubyte.gz) is missing;", FolderMessage());
        Write("train-images-idx3-ubyte", Idx([1, 1, 1], [8]));
        Assert.StartsWith($"{folder}: the file train-labels-idx1-ubyte (or", FolderMessage());
        Write("train-labels-idx1-ubyte", Idx([1], [8]));
        Write("t10k-images-idx3-ubyte", Idx([1, 1, 2], [8, 8]));
        Assert.StartsWith($"{folder}: the file t10k-labels-idx1-ubyte (or", FolderMessage());
        Write("t10k-labels-idx1-ubyte", Idx([1], [8]));
        Assert.EndsWith("an image has 2 pixels; those of " + Path.Combine(folder, "train-images-idx3-ubyte") + " have 1.", FolderMessage());
    }

    [Fact]
    public void SaysWhereLabelsDisagree()
    {
        Write("train-images-idx3-ubyte", Idx([2, 1, 1], [8, 9]));
        Write("train-labels-idx1-ubyte", Idx([3], [1, 2, 3]));
        string labels = Path.Combine(folder, "train-labels-idx1-ubyte");
        string images = Path.Combine(folder, "train-images-idx3-ubyte");
        Assert.Equal($"{labels}: 3 labels for the 2 images of {images}; the counts must be equal.", FolderMessage());
        Write("train-labels-idx1-ubyte", Idx([2], [9, 10]));
        Assert.Equal($"{labels}: the label at offset 9 is 10; 0 to 9 was expected.", FolderMessage());
        (Dataset train, _) = IdxDataset.LoadFolder(folder, 11);
        Assert.Equal([9, 10], train.Labels.ToArray());
        Assert.Equal(11, train.ClassNames.Count);
    }

    [Fact]
    public void SaysWhatIsWrongWithAFile()
    {
        byte[] good = Idx([2, 3, 4], new byte[24]);
        Assert.Equal("f: the magic number at offset 0 is 0x00000801; 0x00000803 was expected (images as unsigned bytes, 3 dimensions).", ImagesMessage(Idx([3], [1, 2, 3])));
        Assert.Equal(
            "f: the magic number at offset 0 is 0x00000803; 0x00000801 was expected (labels as unsigned bytes, 1 dimension).",
            Assert.Throws<DataFormatException>(() => IdxReader.ReadLabels(new MemoryStream(good), "f")).Message);
        Assert.Equal("f: more data follows at offset 40; its header promises 2 x 3 x 4 bytes of data and then the end of the file.", ImagesMessage([.. good, 0]));
        Assert.Equal("f: the file ends at offset 39; its header promises 2 x 3 x 4 bytes of data, 40 bytes in all.", ImagesMessage(good[..39]));
        Assert.Equal("f: the file ends at offset 15, within its header of 16 bytes.", ImagesMessage(good[..15]));
        Assert.StartsWith("f: dimension 1 at offset 8 is 0; a length of 1 or more was expected", ImagesMessage(Idx([2, 0, 4], [])));
        Assert.StartsWith("f: dimension 0 at offset 4 is 4294967295;", ImagesMessage(Idx([-1, 3, 4], new byte[24])));
        Assert.StartsWith("f: dimension 2 at offset 12 is 2147483591;", ImagesMessage(Idx([2, 1, 2147483591], new byte[24])));
    }

    [Fact]
    public void EveryTruncationIsADataError()
    {
        byte[] content = Idx([2, 3, 4], [.. Enumerable.Range(0, 24).Select(i => (byte)i)]);
        byte[] packed = Gzip(content);
        for (int length = 0; length < content.Length; length++)
        {
            Assert.Contains($"ends at offset {length}", ImagesMessage(content[..length]));
        }

        for (int length = 0; length < packed.Length; length++)
        {
            ImagesMessage(packed[..length]);
        }
    }

    [Fact]
    public void ALyingHeaderAllocatesNoMoreThanTheFileHolds()
    {
        byte[] lie = Idx([60000, 28, 1024], new byte[100]);
        ImagesMessage(lie);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = ImagesMessage(lie);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Contains("ends at offset 116;", message);
        Assert.InRange(allocated, 0, 1 << 20);
    }

    [Fact]
    public void RealMnistHasItsPublishedCounts()
    {
        string? mnist = MnistFolder();
        Assert.SkipUnless(mnist is not null, "No MNIST: set FASTMLP_MNIST to a folder with the four idx files.");
        (Dataset train, Dataset? test) = IdxDataset.LoadFolder(mnist);
        Assert.NotNull(test);
        Assert.Equal(60000, train.Rows);
        Assert.Equal(10000, test.Rows);
        Assert.Equal(784, train.InputSize);
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], ClassCounts(train));
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], ClassCounts(test));
        double sum = 0;
        foreach (float pixel in train.Features)
        {
            sum += pixel;
        }

        // The published mean of the training pixels, 0.1307 of 255.
        Assert.Equal(0.1307, sum / train.Features.Length / 255, 1e-4);
        Assert.Equal([7, 2, 1, 0, 4], test.Labels[..5].ToArray());
    }

    private static int[] ClassCounts(Dataset dataset)
    {
        int[] counts = new int[dataset.TargetSize];
        foreach (int label in dataset.Labels)
        {
            counts[label]++;
        }

        return counts;
    }

    private static string? MnistFolder()
    {
        string? named = Environment.GetEnvironmentVariable("FASTMLP_MNIST");
        if (!string.IsNullOrEmpty(named))
        {
            return named;
        }

        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "FastMlp.sln")))
            {
                string beside = Path.GetFullPath(Path.Combine(d.FullName, "..", "shared", "data", "mnist"));
                return IdxDataset.IsFolder(beside) ? beside : null;
            }
        }

        return null;
    }

    private static string ImagesMessage(byte[] content) =>
        Assert.Throws<DataFormatException>(() => IdxReader.ReadImages(new MemoryStream(content), "f")).Message;

    private string FolderMessage() => Assert.Throws<DataFormatException>(() => IdxDataset.LoadFolder(folder)).Message;

    private void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(folder, name), content);

    internal static byte[] Idx(int[] shape, byte[] data)
    {
        byte[] content = new byte[4 + (4 * shape.Length) + data.Length];
        content[2] = 8;
        content[3] = (byte)shape.Length;
        for (int d = 0; d < shape.Length; d++)
        {
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4 + (4 * d)), shape[d]);
        }

        data.CopyTo(content, 4 + (4 * shape.Length));
        return content;
    }

    internal static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>Gives an odd few bytes at a time, as a pipe may.</summary>
    private sealed class Dribble(byte[] content) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 4093)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 4093));
    }
}
