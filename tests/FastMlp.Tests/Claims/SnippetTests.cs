using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FastMlp.Data;
using FastMlp.Tests.Serialization;

namespace FastMlp.Tests.Claims;

/// <summary>
/// The C# blocks of README.md and docs/. Each is compiled as it stands on the page, as the Program.cs of a console program with the implicit
/// usings of the SDK, and run in an empty folder that holds the files named in <see cref="WriteFiles"/>. Blocks of a page share the folder.
/// </summary>
[Collection(nameof(OneProcess))]
public sealed partial class SnippetTests
{
    /// <summary>What the programs of a page must print: a line <c>name: number</c> within these bounds.</summary>
    private static readonly Dictionary<string, (string Name, double Low, double High)[]> figures = new()
    {
        ["README.md"] = [("accuracy", 0.95, 1), ("digit", 0, 9)],
        ["src/FastMlp/README.md"] = [("0 xor 1", 0.9, 1)],
        ["src/FastMlp.Data/README.md"] = [("accuracy", 0.9, 1)],
        ["src/FastMlp.Onnx/README.md"] = [("inputs", 4, 4)],
        ["src/FastMlp.Interop/README.md"] = [("inputs", 5, 5)],
        ["src/FastMlp.Data.Formats/README.md"] = [("accuracy", 0.95, 1)],
        ["src/FastMlp.Distributed/README.md"] = [("accuracy", 0.9, 1)],
        ["docs/tables.md"] = [("columns", 2, 2)],
        ["docs/distributed.md"] = [("ranks", 3, 3), ("accuracy", 0.9, 1)],
        ["docs/models-of-others.md"] = [("outputs", 3, 3)],
        ["docs/getting-started.md"] = [("accuracy", 0.9, 1)],
        ["docs/howto-csv-classification.md"] = [("area under the ROC curve", 0.95, 1), ("rows", 2, 2)],
        ["docs/howto-regression.md"] = [("typical error", 20, 55)], // the standard deviation of the targets is 77
        ["docs/howto-mnist.md"] = [("accuracy", 0.5, 1)],
        ["docs/howto-service.md"] = [("price", 100, 320)],
        ["docs/howto-bring-a-model.md"] = [("probability", 0.8807, 0.8809)], // 1 / (1 + e^-2): relu(2 x 0.5) = 1, softmax(1, -1)
        ["docs/howto-training-loop.md"] = [("validation loss", 0, 0.5)],
        ["docs/data.md"] = [("r2", 0.7, 1), ("price", 50, 320), ("epochs", 2, 2)],
        ["docs/formats.md"] = [("probability", 0.8807, 0.8809)],
        ["docs/layers.md"] = [("accuracy", 0.95, 1)],
        ["docs/metrics.md"] = [("macro F1", 0.9, 1), ("calibration error", 0, 0.3), ("mean absolute error", 1.5, 1.5)],
        ["docs/onnx.md"] = [("largest difference", 0, 0)],
        ["docs/serving.md"] = [("version", 1, 1), ("leased", 1, 1)],
        ["docs/scikit-learn.md"] = [("accuracy", 0.95, 1), ("accuracy in parts", 0.4, 1)],
        ["docs/training.md"] = [("epochs", 10, 200), ("epochs from a stream", 1, 5), ("stopped after", 1, 400), ("mean accuracy", 0.7, 1), ("steps", 11, 11), ("checkpoints", 1, 3), ("gradient is right", 1, 1)],
    };

    public static TheoryData<string> PagesWithCode => [.. figures.Keys];

    [Fact]
    public void EveryPageWithCodeIsRun() => Assert.Equal(
        Documentation.Pages().Where(page => Documentation.Blocks(page).Count > 0).Select(Repository.Relative).Order(StringComparer.Ordinal),
        figures.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(PagesWithCode))]
    public void EveryBlockCompilesAsPastedAndRuns(string page)
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-snippets-").FullName;
        string before = Directory.GetCurrentDirectory();
        TextWriter console = Console.Out;
        using StringWriter output = new(CultureInfo.InvariantCulture);
        try
        {
            WriteFiles(folder);
            Directory.SetCurrentDirectory(folder);
            Console.SetOut(output);
            foreach ((int line, string code) in Documentation.Blocks(Path.Combine(Repository.Root, page)))
            {
                SnippetProgram.Run(code, $"{page}, the block at line {line}");
            }
        }
        finally
        {
            Console.SetOut(console);
            Directory.SetCurrentDirectory(before);
            Directory.Delete(folder, recursive: true);
        }

        foreach ((string name, double low, double high) in figures[page])
        {
            Match match = Regex.Match(output.ToString(), $"^{Regex.Escape(name)}: ([-+.0-9Ee]+)", RegexOptions.Multiline);
            Assert.True(match.Success, $"{page}: no line \"{name}: number\" was printed, but:\n{output}");
            Assert.InRange(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), low, high);
        }
    }

    /// <summary>The data that the pages speak of.</summary>
    private static void WriteFiles(string folder)
    {
        foreach (string name in (string[])["state.pt", "keras-3.h5"])
        {
            File.Copy(Path.Combine(Repository.Root, "tests", "FastMlp.Interop.Tests", "Fixtures", name), Path.Combine(folder, name));
        }

        string[] towns = ["Ulm", "Bonn", "Celle"];
        Write("houses.csv", ["id,rooms,garden,town,price", .. Enumerable.Range(0, 200).Select(i => Invariant(
            $"h{i},{(i % 11 == 0 ? "" : $"{1 + (i % 5)}")},{(i % 7 == 0 ? "NA" : $"{i % 90}")},{towns[i % 3]},{(50 * (1 + (i % 5))) + (20 * (i % 3)) + 0.5}"))]);
        Dataset wine = BuiltInDatasets.Wine();
        Write("wines.csv", ["alcohol,malic_acid,color,flavanoids,class", .. Enumerable.Range(0, wine.Rows).Select(row =>
        {
            float[] own = wine.Features.Slice(row * wine.InputSize, wine.InputSize).ToArray();
            return Invariant($"{own[0]},{(row % 8 == 0 ? "" : $"{own[1]:R}")},{(own[9] > 5 ? "deep" : "light")},{own[6]},{wine.ClassNames[wine.Labels[row]]}");
        })]);
        Write("new.csv", ["color,flavanoids,malic_acid,alcohol,price", "deep,3.1,1.7,14.2,9", "unheard of,0.6,,12.8,4"]);
        File.WriteAllBytes(Path.Combine(folder, "torch.safetensors"), TestFiles.Floats("", ("0.weight", [1, 1], [2]), ("2.weight", [2, 1], [1, -1])));
        Directory.CreateDirectory(Path.Combine(folder, "mnist"));
        WriteImages("train", 256);
        WriteImages("t10k", 40);

        void Write(string name, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(folder, name), lines, new UTF8Encoding(false));

        // A bright row of pixels tells the digit.
        void WriteImages(string part, int rows)
        {
            byte[] images = [0, 0, 8, 3, 0, 0, (byte)(rows >> 8), (byte)rows, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[784 * rows]];
            byte[] labels = [0, 0, 8, 1, 0, 0, (byte)(rows >> 8), (byte)rows, .. new byte[rows]];
            for (int i = 0; i < rows; i++)
            {
                labels[8 + i] = (byte)(i % 10);
                images.AsSpan(16 + (784 * i) + (56 * (i % 10)), 56).Fill(200);
            }

            File.WriteAllBytes(Path.Combine(folder, "mnist", $"{part}-images-idx3-ubyte"), images);
            File.WriteAllBytes(Path.Combine(folder, "mnist", $"{part}-labels-idx1-ubyte"), labels);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Tests that change what belongs to the process: the current folder and standard output. They run with no other test beside them.</summary>
[CollectionDefinition(nameof(OneProcess), DisableParallelization = true)]
public sealed class OneProcess;
