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
