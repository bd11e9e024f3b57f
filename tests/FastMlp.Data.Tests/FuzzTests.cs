using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>
/// Seeded mutations of good files, and good files cut short at every byte: whatever the bytes, the readers give rows or a
/// DataFormatException, never another exception, and one case of at most a few kilobytes never allocates more than
/// <see cref="MaxBytes"/>, whatever its headers claim. FASTMLP_FUZZ_CASES=200000 makes the run long.
/// </summary>
public class FuzzTests
{
    /// <summary>The dense rows of sparse text may take 16 MB (and the readers' buffers some more).</summary>
    private const long MaxBytes = 24 << 20;

    private static readonly int cases = int.TryParse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES"), out int n) ? n : 4000;

    [Fact]
    public void MutatedIdx()
    {
        byte[] images = IdxTests.Idx([2, 3, 4], new byte[24]);
        byte[] labels = IdxTests.Idx([5], [1, 2, 3, 4, 5]);
        byte[][] seeds = [images, labels, IdxTests.Gzip(images), IdxTests.Gzip(labels)];
        int refused = Run(seeds, bytes =>
        {
            IdxArray read = (bytes.Length & 1) == 0 ? IdxReader.ReadImages(new MemoryStream(bytes)) : IdxReader.ReadLabels(new MemoryStream(bytes));
            Assert.Equal(read.Shape.Aggregate(1, (a, b) => a * b), read.Data.Length);
        });
        Assert.InRange(refused, cases / 10, cases);
    }

    [Fact]
    public void MutatedCsv()
    {
        byte[][] seeds =
        [
            "a,b,kind\n1,2.5,red\n3,-4e2,blue\n"u8.ToArray(),
            "\"x, y\";z;t\r\n\"1\";2;3\r\n4;5;6\r\n"u8.ToArray(),
            "1\t2\t0\n3\t4\t1\n5\t6\t0\n"u8.ToArray(),
            IdxTests.Gzip("a,b,t\n1,2,0.5\n3,4,1\n"u8.ToArray()),
        ];
        Preprocessing model = Preprocessing.Fit(CsvDataset.Load(new MemoryStream(seeds[0])));
        int read = 0;
        int refused = Run(seeds, bytes =>
        {
            Dataset data = CsvDataset.Load(new MemoryStream(bytes));
            Assert.Equal(data.FeatureNames.Count, data.InputSize);
            Assert.InRange(data.Rows, 1, bytes.Length);
            read++;
        });
        Assert.InRange(refused, cases / 10, cases);
        Assert.InRange(read, 1, cases);
        Run(seeds, bytes => CsvDataset.LoadFeatures(new StringReader(Encoding.UTF8.GetString(bytes)), model));
        Run(seeds, bytes => CsvDataset.Load(new StringReader(Encoding.Latin1.GetString(bytes)), model));
    }

    [Fact]
    public void MutatedPreprocessingJson()
    {
        string json = Preprocessing.Fit(BuiltInDatasets.Iris()).ToJson();
        Random random = new(4);
        int refused = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] bytes = Mutate(Encoding.UTF8.GetBytes(json), random);
            try
            {
                Preprocessing.FromJson(Encoding.Latin1.GetString(bytes));
            }
            catch (ModelFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, cases / 10, cases);
    }

    [Fact]
    public void MutatedTables()
    {
        byte[][] seeds =
        [
            "age,sex,town,pay\n20,m,Ulm,1.5\n30,f,Bonn,2.5\n,f,Ulm,3.5\n70,m,NA,4.5\n"u8.ToArray(),
            "c;d;t\n\"red\";1;a\n\"b,l\";?;b\nred;3;a\n"u8.ToArray(),
        ];
        string[] ways = ["error", "mean", "median", "indicator", "constant:3"];
        int way = 0;
        int read = 0;
        int refused = Run(seeds, bytes =>
        {
            Assert.True(Missing.TryParse(ways[way++ % ways.Length], out Missing missing));
            RawTable table = CsvDataset.LoadTable(new MemoryStream(bytes), new CsvOptions { Missing = missing, RareBelow = 1 + (way % 2) });
            Preprocessing p = Preprocessing.FromJson(Preprocessing.Fit(table).ToJson());
            Assert.Equal(table.Rows, p.Transform(table).Rows);
            read++;
            CsvDataset.LoadFeatures(new StringReader(Encoding.UTF8.GetString(bytes)), p);
        });
        Assert.InRange(refused, cases / 10, cases);
        Assert.InRange(read, cases / 20, cases);
    }

    [Fact]
    public void MutatedStreams()
    {
        string path = Path.GetTempFileName();
        byte[] seed = "a,c,t\n1,x,0.5\n,y,1\n3,x,2\n4,z,4\n5,x,1\n6,y,2\n"u8.ToArray();
        try
        {
            Run([seed, IdxTests.Gzip(seed)], bytes =>
            {
                File.WriteAllBytes(path, bytes);
                CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = new CsvOptions { Missing = Missing.Median }, ValidationFraction = 0.2, ShuffleRows = 3 });
                Assert.Equal(batches.TrainRows, batches.Batches(2, 1).Sum(batch => batch.Rows));
            }, cases / 8);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void MutatedNumpy()
    {
        byte[][] seeds = [.. new[] { NumpyTests.Float32, NumpyTests.FortranFloat64, NumpyTests.BigEndianInt32, NumpyTests.Boolean, NumpyTests.FortranCube }.Select(Convert.FromBase64String)];
        int refused = Run(seeds, bytes =>
        {
            NpyArray array = NpyFile.Read(new MemoryStream(bytes));
            Assert.Equal(array.Shape.Aggregate(1, (a, b) => a * b), array.ToSingles().Length);
            MemoryStream back = new();
            NpyFile.Write(back, array, fortranOrder: true);
            Assert.Equal(array.ToDoubles(), NpyFile.Read(new MemoryStream(back.ToArray())).ToDoubles());
            NumpyDataset.Read(new MemoryStream(bytes), zipped: false, "npy", new NumpyOptions(), null, needsTargets: true).ToDataset(task: null);
        });
        Assert.InRange(refused, cases / 10, cases);
    }

    [Fact]
    public void MutatedArchives()
    {
        MemoryStream stored = new();
        NpzFile.Write(stored, new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of([1f, 2, 3, 4], 2, 2), ["y"] = NpyArray.Of([true, false], 2) });
        int read = 0;
        int refused = Run([Convert.FromBase64String(NumpyTests.Compressed), stored.ToArray()], bytes =>
        {
            NumpyDataset.Read(new MemoryStream(bytes), zipped: true, "npz", new NumpyOptions(), null, needsTargets: true).ToDataset(task: null);
            read++;
        });
        Assert.InRange(refused, cases / 10, cases);
        Assert.InRange(read, cases / 100, cases);
    }

    [Fact]
    public void MutatedLibsvm()
    {
        byte[] text = "# two rows\n+1 1:0.5 3:-2e1 7:1\n-1 2:1 # rest\n"u8.ToArray();
        int refused = Run([text, IdxTests.Gzip(text)], bytes =>
        {
            LibsvmDataset.Load(new MemoryStream(bytes));
            LibsvmDataset.Load(new MemoryStream(bytes), new LibsvmOptions { ZeroBased = true, FeatureCount = 9, Task = DataTask.Regression });
        });
        Assert.InRange(refused, cases / 10, cases);
    }

    [Fact]
    public void EveryFileCutShortAtEveryByte()
    {
        MemoryStream npz = new();
        NpzFile.Write(npz, new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of([1f, 2, 3, 4], 2, 2), ["y"] = NpyArray.Of([true, false], 2) }, compress: true);
        byte[] csv = "a,c,t\n1,x,0.5\n,\"y \"\"z\"\"\",1\n3,x,2\n"u8.ToArray();
        byte[] npy = Convert.FromBase64String(NumpyTests.FortranFloat64);
        byte[] idx = IdxTests.Idx([2, 3, 4], new byte[24]);

        // Text is whole wherever a line may end; the others never are.
        Cut(csv, mayBeWhole: true, bytes => CsvDataset.LoadTable(new MemoryStream(bytes), new CsvOptions { Missing = Missing.Mean }));
        Cut("1 1:2 3:4\n0 2:1\n"u8.ToArray(), mayBeWhole: true, bytes => LibsvmDataset.Load(new MemoryStream(bytes)));
        Cut(IdxTests.Gzip(csv), mayBeWhole: false, bytes => CsvDataset.LoadTable(new MemoryStream(bytes), new CsvOptions { Missing = Missing.Mean, Header = CsvHeader.Present }));
        Cut(npy, mayBeWhole: false, bytes => NpyFile.Read(new MemoryStream(bytes)));
        Cut(IdxTests.Gzip(npy), mayBeWhole: false, bytes => NpyFile.Read(new MemoryStream(bytes)));
        Cut(npz.ToArray(), mayBeWhole: false, bytes => NpzFile.Read(new MemoryStream(bytes)));
        Cut(idx, mayBeWhole: false, bytes => IdxReader.ReadImages(new MemoryStream(bytes)));

        static void Cut(byte[] whole, bool mayBeWhole, Action<byte[]> read)
        {
            read(whole);
            for (int length = 0; length < whole.Length; length++)
            {
                bool taken = Takes(whole[..length], read, $"length {length}");
                Assert.True(mayBeWhole || !taken, $"The first {length} of {whole.Length} bytes passed for a whole file.");
            }
        }
    }

    private static int Run(byte[][] seeds, Action<byte[]> read, int? count = null)
    {
        Random random = new(20);
        int refused = 0;
        for (int i = 0; i < (count ?? cases); i++)
        {
            refused += Takes(Mutate(seeds[i % seeds.Length], random), read, $"case {i}") ? 0 : 1;
        }

        return refused;
    }

    /// <summary>Whether the bytes are read; anything but rows or a refusal within the bounds fails the test.</summary>
    private static bool Takes(byte[] bytes, Action<byte[]> read, string what)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool taken = false;
        try
        {
            read(bytes);
            taken = true;
        }
        catch (DataFormatException e)
        {
            Assert.DoesNotContain(e.Message, c => char.IsControl(c));
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}, {Convert.ToHexString(bytes)}: {e}");
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= MaxBytes, $"{what}, {Convert.ToHexString(bytes)}: {allocated} bytes allocated.");
        return taken;
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        const string Special = "\",;\t\r\n.-+e0nN\0\u001f{}[]\\:";
        List<byte> bytes = [.. seed];
        for (int n = random.Next(1, 5); n > 0 && bytes.Count > 0; n--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.Insert(at, (byte)Special[random.Next(Special.Length)]);
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(bytes.Count - at)));
                    break;
            }
        }

        return [.. bytes];
    }
}
