using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;

namespace FastMlp.Cli.Tests;

/// <summary>One sigmoid output that tells two classes apart: it is the probability of the second.</summary>
public sealed class OneOutputTests : IDisposable
{
    private const string Low = "0.11920292";

    /// <summary>1 minus the float32 of <see cref="High"/>, which is not the float32 of 1 / (1 + e^2).</summary>
    private const string Rest = "0.11920291";

    private const string High = "0.8807971";

    private readonly TempFolder folder = new();
    private readonly string model;
    private readonly string rows;

    public OneOutputTests()
    {
        // p = sigmoid(x): 0.12, 0.88, and 1/2 exactly, which the engine's metrics count as the first class.
        model = Save(["no", "yes"]);
        rows = folder.Write("rows.csv", "x,kind\n-2,no\n2,yes\n0,no\n2,no\n");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("safetensors")]
    [InlineData("onnx")]
    public void PredictNamesTheSecondClassAboveAHalf(string format)
    {
        string file = model;
        if (format == "onnx")
        {
            file = folder["one.onnx"];
            Command.Run("convert", model, file).Done();
        }

        Assert.Equal(["class,probability", $"no,{High}", $"yes,{High}", "no,0.5", $"yes,{High}"], Command.Run("predict", file, rows).Done().OutputLines);
        Assert.Equal(["class,no,yes", $"no,{High},{Low}", $"yes,{Rest},{High}", "no,0.5,0.5", $"yes,{Rest},{High}"],
            Command.Run("predict", file, rows, "--probabilities").Done().OutputLines);
    }

    [Fact]
    public void SoInAFileAndInJson()
    {
        Command.Run("predict", model, rows, "--out", folder["out.csv"]).Done();
        Assert.Equal(Command.Run("predict", model, rows).Done().Output, File.ReadAllText(folder["out.csv"]).ReplaceLineEndings("\n"));

        JsonElement[] answers = [.. Command.Run("predict", model, rows, "--json", "--probabilities").Done().Json().GetProperty("predictions").EnumerateArray()];
        Assert.Equal(["no", "yes", "no", "yes"], answers.Select(answer => answer.GetProperty("class").GetString()));
        Assert.Equal(0.880797, answers[0].GetProperty("probability").GetDouble(), 1e-5);
        Assert.Equal(0.880797, answers[1].GetProperty("probability").GetDouble(), 1e-5);
        Assert.Equal(0.119203, answers[0].GetProperty("probabilities").GetProperty("yes").GetDouble(), 1e-5);
        Assert.Equal(0.119203, answers[1].GetProperty("probabilities").GetProperty("no").GetDouble(), 1e-5);
    }

    [Fact]
    public void ClassesWithoutNamesAreNumbered()
    {
        string unnamed = Save([]);
        Assert.Equal(["0", "1", "0", "1"], Command.Run("predict", unnamed, rows).Done().OutputLines[1..].Select(line => line.Split(',')[0]));
        Assert.Contains("2: 0, 1", Command.Run("inspect", unnamed).Done().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluateCountsWhatPredictNames()
    {
        CommandResult scored = Command.Run("evaluate", model, rows, "--report", folder["one.html"]).Done();
        Assert.Equal(0.75, scored.Figure("test accuracy"));

        // -ln p of the true class: 0.1269 twice, ln 2, and 2.1269.
        Assert.Equal(((2 * 0.126928) + 0.693147 + 2.126928) / 4, scored.Figure("test loss"), 1e-4);
        Assert.Equal("[[2,1],[0,1]]", Command.Run("evaluate", model, rows, "--json").Done().Json().GetProperty("confusion").GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));
    }

    /// <summary>What the classifier of the library saves is such a model.</summary>
    [Fact]
    public void AModelOfMlpClassifierIsPredictedAsByItself()
    {
        string data = folder.WriteTwoClasses("classes.csv");
        Dataset dataset = CsvDataset.Load(data);
        using MlpClassifier classifier = new() { HiddenLayerSizes = [8], MaxIter = 60, LearningRateInit = 0.01f, RandomState = 1 };
        classifier.Fit(dataset);
        string saved = folder["classifier.safetensors"];
        classifier.Save(saved);

        string[] expected = [.. classifier.Predict(dataset.Features)];
        Assert.Equal(expected, Command.Run("predict", saved, data).Done().OutputLines[1..].Select(line => line.Split(',')[0]));
        Assert.Equal(2, expected.Distinct().Count());
        Assert.Equal(classifier.Score(dataset), Command.Run("evaluate", saved, data).Done().Figure("test accuracy"), 1e-3);
        Assert.All(Command.Run("predict", saved, data).Done().OutputLines[1..], line => Assert.InRange(double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture), 0.5, 1));
    }

    private string Save(IReadOnlyList<string> names)
    {
        using Network network = Network.Input(1).Dense(1, Activation.Sigmoid).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom([1]);
        network.Tensors["layers.0.bias"].CopyFrom([0]);
        new Preprocessing
        {
            Task = DataTask.Classification,
            Features = Scaler.Identity(1),
            FeatureNames = ["x"],
            ClassNames = names,
            TargetNames = ["kind"],
        }.Attach(network);
        string path = folder[$"{names.Count}.safetensors"];
        network.Save(path);
        return path;
    }
}
