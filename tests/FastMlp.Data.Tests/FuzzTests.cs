using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>Seeded mutations of good files: whatever the bytes, the readers give rows or a DataFormatException, never another exception.</summary>
public class FuzzTests
{
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

    private static int Run(byte[][] seeds, Action<byte[]> read)
    {
        Random random = new(20);
        int refused = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] bytes = Mutate(seeds[i % seeds.Length], random);
            try
            {
                read(bytes);
            }
            catch (DataFormatException e)
            {
                Assert.DoesNotContain(e.Message, c => char.IsControl(c));
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"Case {i}, {Convert.ToHexString(bytes)}: {e}");
            }
        }

        return refused;
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
