using System.Globalization;
using System.Text;

namespace FastMlp.Cli.Tests.Support;

/// <summary>A folder of its own for each test class, gone at its end.</summary>
public sealed class TempFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("fastmlp-cli-").FullName;

    /// <summary>The full path of a name in the folder.</summary>
    public string this[string name] => Path.Combine(path, name);

    public string Root => path;

    public void Dispose() => Directory.Delete(path, recursive: true);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Two classes that a line parts: class b where x + y is positive.</summary>
    public string WriteTwoClasses(string name, int rows = 80)
    {
        StringBuilder text = new("x,y,kind\n");
        for (int i = 0; i < rows; i++)
        {
            double x = Math.Sin(i * 1.7) * 3;
            double y = Math.Cos(i * 0.9) * 3;
            text.Append(CultureInfo.InvariantCulture, $"{x:F4},{y:F4},{(x + y > 0 ? "b" : "a")}\n");
        }

        return Write(name, text.ToString());
    }

    /// <summary>z = 100 + 20 x - 5 y, to be learnt as a value.</summary>
    public string WritePlane(string name, int rows = 120)
    {
        StringBuilder text = new("x,y,z\n");
        for (int i = 0; i < rows; i++)
        {
            double x = Math.Sin(i * 1.7) * 3;
            double y = Math.Cos(i * 0.9) * 3;
            text.Append(CultureInfo.InvariantCulture, $"{x:F4},{y:F4},{100 + (20 * x) - (5 * y):F4}\n");
        }

        return Write(name, text.ToString());
    }

    /// <summary>A folder of idx files: 4 x 4 images whose label is the quarter that is bright, 0 to 3.</summary>
    public string WriteIdx(string name, int trainRows = 80, int testRows = 20)
    {
        Directory.CreateDirectory(this[name]);
        WriteIdxPair(name, "train", trainRows);
        if (testRows > 0)
        {
            WriteIdxPair(name, "t10k", testRows);
        }

        return this[name];
    }

    private void WriteIdxPair(string folder, string part, int rows)
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, (byte)rows, 0, 0, 0, 4, 0, 0, 0, 4, .. new byte[16 * rows]];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, (byte)rows, .. new byte[rows]];
        for (int i = 0; i < rows; i++)
        {
            int label = i % 4;
            labels[8 + i] = (byte)label;
            for (int p = 0; p < 16; p++)
            {
                int quarter = (2 * (p / 8)) + (p % 4 / 2);
                images[16 + (16 * i) + p] = (byte)(((i * 31) + (p * 17)) % 60 + (quarter == label ? 180 : 0));
            }
        }

        File.WriteAllBytes(Path.Combine(this[folder], $"{part}-images-idx3-ubyte"), images);
        File.WriteAllBytes(Path.Combine(this[folder], $"{part}-labels-idx1-ubyte"), labels);
    }
}
