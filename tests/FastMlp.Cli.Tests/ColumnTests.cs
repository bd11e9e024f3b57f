using System.Globalization;
using System.Text;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;

namespace FastMlp.Cli.Tests;

/// <summary>Texts, gaps and a header from training to prediction, on the wines: their alcohol as a word, every ninth colour missing.</summary>
public sealed class ColumnTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("mean")]
    [InlineData("indicator")]
    public void RawRowsGiveTheSamePredictionsAsInTraining(string way)
    {
        string wines = folder.Write("wines.csv", Wines());
        string model = folder["wines.safetensors"];
        CommandResult trained = Command.Run("train", wines, "--target", "class", "--missing", "error", "--missing", $"color_intensity={way}",
            "--missing", "alcohol=constant:unknown, or \"so\"", "--epochs", "60", "--lr", "0.01", "--layers", "16", "--seed", "2", "--out", model).Done();
        Assert.InRange(trained.Figure("test accuracy"), 0.9, 1);
        Assert.Equal(trained.Figure("test accuracy"), Command.Run("evaluate", model, wines, "--held-out").Done().Figure("test accuracy"));

        // What the network says to the rows as training encoded them, and what predict says to the text.
        using Network network = Network.Load(model);
        Preprocessing preprocessing = Preprocessing.From(network)!;
        Assert.Contains("alcohol=strong", preprocessing.FeatureNames);
        Assert.Contains("alcohol=unknown, or \"so\"", preprocessing.FeatureNames);
        CsvOptions options = new() { Target = "class", Missing = Missing.Mean };
        RawTable table = CsvDataset.LoadTable(wines, options);
        float[] direct = network.Predict(preprocessing.Transform(table).Features);
        string[] lines = Command.Run("predict", model, wines, "--probabilities").Done().OutputLines[1..];
        Assert.Equal(table.Rows, lines.Length);
        for (int row = 0; row < lines.Length; row++)
        {
            string[] expected = [.. direct.AsSpan(row * 3, 3).ToArray().Select(p => p.ToString("R", CultureInfo.InvariantCulture))];
            Assert.Equal(expected, lines[row].Split(',')[1..]);
        }

        // Other texts, gaps elsewhere and another order of columns are read by the same plan.
        Command.Pipe(Wines().Replace("strong", "fortified"), "predict", model, "-").Done();
        Command.Pipe(Wines().Replace("malic_acid", "acid"), "predict", model, "-").FailedWith("malic_acid", "missing");
    }

    /// <summary>
    /// Raw rows through both formats: to the last bit by way of safetensors, within 1e-5 of the answer by way of ONNX, where the
    /// scaling is part of the graph and so rounds elsewhere.
    /// </summary>
    [Fact]
    public void RawRowsSurviveEvaluatePredictAndConvertingThereAndBack()
    {
        string wines = folder.Write("raw.csv", Wines());
        string model = folder["raw.safetensors"], copy = folder["copy.safetensors"], onnx = folder["raw.onnx"], back = folder["back.safetensors"];
        Command.Run("train", wines, "--target", "class", "--missing", "mean", "--missing", "color_intensity=indicator", "--layers", "16", "--epochs", "60", "--lr", "0.01", "--out", model).Done();
        Command.Run("convert", model, copy).Done();
        Command.Run("convert", model, onnx).Done();
        Command.Run("convert", onnx, back).Done();

        // The files hold the same numbers, so whatever reads them answers the same.
        Assert.Equal(File.ReadAllBytes(model), File.ReadAllBytes(copy));
        string whole = Command.Run("predict", model, wines, "--probabilities").Done().Output;
        Assert.Equal(whole, Command.Run("predict", copy, wines, "--probabilities").Done().Output);
        float[] expected = Answers(model, wines);
        Assert.Equal(expected, Answers(copy, wines));
        foreach (string path in new[] { onnx, back })
        {
            string[] lines = Command.Run("predict", path, wines, "--probabilities").Done().OutputLines;
            string[] first = whole.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(first.Length, lines.Length);
            for (int row = 1; row < lines.Length; row++)
            {
                string[] fields = lines[row].Split(','), wanted = first[row].Split(',');
                Assert.Equal(wanted[0], fields[0]);
                for (int i = 1; i < fields.Length; i++)
                {
                    Assert.Equal(double.Parse(wanted[i], CultureInfo.InvariantCulture), double.Parse(fields[i], CultureInfo.InvariantCulture), 1e-5);
                }
            }

            Assert.Equal(Command.Run("evaluate", model, wines).Done().Output, Command.Run("evaluate", path, wines).Done().Output);
        }

        float[] returned = Answers(back, wines);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], returned[i], 1e-5f);
        }
    }

    private static float[] Answers(string model, string data)
    {
        using Network network = Network.Load(model);
        Preprocessing preprocessing = Preprocessing.From(network)!;
        float[] features = CsvDataset.LoadFeatures(data, preprocessing).Features.ToArray();
        preprocessing.Features.Transform(features);
        return network.Predict(features);
    }

    [Fact]
    public void WhatIsNotSaidIsRefusedWithTheOptionThatSaysIt()
    {
        string wines = folder.Write("gaps.csv", Wines());
        Command.Run("train", wines, "--target", "class").FailedWith("gaps.csv, line ", "column 'alcohol': a value is missing", "--missing");
        Command.Run("train", wines, "--target", "class", "--columns", "alcohol:word").WasBadUsage("alcohol:word", "category");
        Command.Run("train", wines, "--target", "class", "--columns", "alcohol:number", "--missing", "mean").FailedWith("strong", "is not a number");
        Command.Run("train", wines, "--target", "class", "--header", "maybe").WasBadUsage("maybe", "yes or no");
        Command.Run("train", wines, "--target", "class", "--missing", "often").WasBadUsage("often", "median");
        Command.Run("train", wines, "--target", "class", "--ignore", "price").FailedWith("price", "malic_acid");
        Command.Run("train", "iris", "--missing", "mean").WasBadUsage("--missing", "iris");
    }

    [Fact]
    public void ColumnsAreIgnoredAndNumbersAreCategories()
    {
        string path = folder.Write("shop.csv", "id,code,size,price\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"n{i},{i % 3},{i % 7},{10.5 + (i % 3 * 100) + (i % 7)}\n")));
        string model = folder["shop.safetensors"];
        CommandResult trained = Command.Run("train", path, "--ignore", "id", "--categorical", "code,size", "--rare", "2", "--layers", "none", "--epochs", "300", "--lr", "0.02", "--weight-decay", "0", "--out", model).Done();
        Assert.InRange(trained.Figure("test r2"), 0.99, 1);
        Assert.Contains("code=2", Command.Run("inspect", model, "--json").Done().Output);
    }

    [Fact]
    public void RowsAreKnownAgainInAnotherOrderAndUnderAnotherName()
    {
        Random random = new(3);
        string[] lines = [.. Enumerable.Range(0, 200).Select(_ => string.Create(CultureInfo.InvariantCulture, $"{random.NextDouble():F5},{random.NextDouble():F5},{(random.Next(2) == 0 ? "a" : "b")}"))];
        string file = folder.Write("noise.csv", $"x,y,k\n{string.Join('\n', lines)}\n"), turned = folder.Write("turned.csv", $"k,x,y\n{string.Join('\n', lines.Reverse().Select(line => $"{line[^1]},{line[..^2]}"))}\n");
        string model = folder["noise.safetensors"];
        Command.Run("train", file, "--epochs", "5", "--seed", "4", "--out", model).Done();
        double asTrained = Command.Run("evaluate", model, file, "--held-out").Done().Figure("test loss");
        CommandResult other = Command.Run("evaluate", model, turned, "--held-out").Done();
        Assert.Equal(asTrained, other.Figure("test loss"), 1e-4);
        Assert.Contains("rows: 50", other.OutputLines);

        string part = folder.Write("part.csv", $"x,y,k\n{string.Join('\n', lines[..40])}\n0.5,0.25,a\n");
        CommandResult trained = Command.Run("train", file, "--test", part, "--validation", "0", "--epochs", "2", "--out", folder["t.safetensors"]).Done();
        Assert.Contains(trained.ErrorLines, line => line.Contains("40 of the 41 test rows are rows that were trained on"));
        Command.Run("evaluate", folder["t.safetensors"], part, "--held-out").Done();
        Command.Run("evaluate", folder["t.safetensors"], turned, "--held-out").FailedWith("every row", "held out");
    }

    [Fact]
    public void FilesAreReadAsTheirOwnersMeanThem()
    {
        string rows = string.Concat(Enumerable.Range(0, 120).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 17 / 4.0:F2};{i % 11 * 1.5:F1};{(i % 17 * 2) + (i % 11) + 0.5:F1}\n")));
        string point = folder.Write("point.csv", "a;b;y\n" + rows), comma = folder.Write("comma.csv", "a;b;y\n" + rows.Replace('.', ','));
        string[] options = ["--epochs", "20", "--out", folder["m.safetensors"]];
        CommandResult one = Command.Run(["train", point, .. options]).Done(), two = Command.Run(["train", comma, .. options]).Done();
        Assert.Equal(one.Figure("test rmse"), two.Figure("test rmse"));
        Assert.Contains(two.ErrorLines, line => line.StartsWith("column ", StringComparison.Ordinal));
        Assert.Contains(two.ErrorLines, line => line.Contains("decimal comma"));
        Assert.All(two.ErrorLines[..4], line => Assert.InRange(line.Length, 0, 80));

        // What lies far out is clipped and said, and the answer is finite.
        string far = folder.Write("far.csv", "a;b\n1e38;1\n1;2\n");
        CommandResult predicted = Command.Run("predict", folder["m.safetensors"], far).Done();
        Assert.Contains(predicted.ErrorLines, line => line.Contains("clipped"));
        Assert.True(float.IsFinite(float.Parse(predicted.OutputLines[1], CultureInfo.InvariantCulture)));
        Assert.Contains("\"clipped\": 1", Command.Run("predict", folder["m.safetensors"], far, "--json").Done().Output);

        CommandResult data = Command.Run("data", comma).Done();
        Assert.Contains("120 rows, 2 features, 1 value to learn", data.Output);
        Assert.All(data.OutputLines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("\"readAs\": \"number\"", Command.Run("data", comma, "--json").Done().Output);
        Assert.Contains("decimal comma", Command.Run("inspect", folder["m.safetensors"]).Done().Output);
    }

    private static string Wines()
    {
        Dataset wine = BuiltInDatasets.Wine();
        StringBuilder text = new($"{string.Join(',', wine.FeatureNames)},class\n");
        for (int row = 0; row < wine.Rows; row++)
        {
            for (int c = 0; c < wine.InputSize; c++)
            {
                float value = wine.Features[(row * wine.InputSize) + c];
                string field = wine.FeatureNames[c] switch
                {
                    "alcohol" => row % 9 == 0 ? "" : value > 13 ? "strong" : value > 12.3f ? "medium" : "\"light, dry\"",
                    "color_intensity" when row % 9 == 1 => "NA",
                    _ => value.ToString("R", CultureInfo.InvariantCulture),
                };
                text.Append(field).Append(',');
            }

            text.Append(wine.ClassNames[wine.Labels[row]]).Append('\n');
        }

        return text.ToString();
    }
}
