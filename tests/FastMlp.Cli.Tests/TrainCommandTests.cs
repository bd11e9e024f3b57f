using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class TrainCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void DigitsReaches97PercentByDefault(int seed)
    {
        CommandResult result = Command.Run("train", "digits", "--seed", $"{seed}", "--out", folder[$"digits{seed}.safetensors"]).Done();

        Assert.InRange(result.Figure("test accuracy"), 0.97, 1);
        Assert.InRange(result.Figure("test loss"), 0.001, 0.3);
        Assert.True(File.Exists(folder[$"digits{seed}.safetensors"]));
    }

    [Theory]
    [InlineData("iris", 0.9)]
    [InlineData("wine", 0.93)]
    [InlineData("breast-cancer", 0.94)]
    public void TheOtherClassesAreLearntByDefault(string name, double accuracy)
    {
        CommandResult result = Command.Run("train", name, "--out", folder[name + ".safetensors"]).Done();

        Assert.InRange(result.Figure("test accuracy"), accuracy, 1);
    }

    [Fact]
    public void DiabetesIsARegressionByDefault()
    {
        CommandResult result = Command.Run("train", "diabetes", "--out", folder["diabetes.safetensors"]).Done();

        // The target's standard deviation is 77: these are figures in the unit of the data.
        Assert.InRange(result.Figure("test rmse"), 40, 65);
        Assert.InRange(result.Figure("test r2"), 0.35, 0.7);
        Assert.DoesNotContain("accuracy", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void SummaryNamesDataNetworkTimeAndFile()
    {
        string model = folder["summary.safetensors"];
        CommandResult result = Command.Run("train", "iris", "--layers", "7,5", "--activation", "tanh", "--epochs", "3", "--out", model).Done();

        Assert.Contains("iris: 4 features, 3 classes", result.Output, StringComparison.Ordinal);
        Assert.Contains("4 -> 7 Tanh -> 5 Tanh -> 3 Softmax, 93 parameters", result.Output, StringComparison.Ordinal);
        Assert.Contains("samples/s", result.Output, StringComparison.Ordinal);
        Assert.Contains(model, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressIsAtMostTwentyPlainLinesOnStandardError()
    {
        CommandResult result = Command.Run("train", "iris", "--epochs", "87", "--out", folder["lines.safetensors"]).Done();

        Assert.InRange(result.ErrorLines.Length, 10, 20);
        Assert.All(result.ErrorLines, line => Assert.StartsWith("epoch ", line, StringComparison.Ordinal));
        Assert.StartsWith("epoch 87/87", result.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains("validation loss", result.ErrorLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Error);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact]
    public void JsonIsOneObjectAndNothingElse()
    {
        string model = folder["json.safetensors"];
        CommandResult result = Command.Run("train", "iris", "--json", "--epochs", "5", "--out", model).Done();

        Assert.Equal("", result.Error);
        JsonElement json = result.Json();
        Assert.Equal("iris", json.GetProperty("data").GetProperty("name").GetString());
        Assert.Equal(150, json.GetProperty("data").GetProperty("rows").GetInt32());
        Assert.Equal(5, json.GetProperty("training").GetProperty("epochs").GetInt32());
        Assert.Equal(model, json.GetProperty("model").GetString());
        Assert.InRange(json.GetProperty("test").GetProperty("accuracy").GetDouble(), 0.2, 1);
    }

    [Fact]
    public void SameSeedWritesTheSameBytesOnAnyNumberOfThreads()
    {
        Command.Run("train", "wine", "--epochs", "4", "--threads", "1", "--out", folder["one.safetensors"]).Done();
        Command.Run("train", "wine", "--epochs", "4", "--threads", "2", "--out", folder["two.safetensors"]).Done();
        Command.Run("train", "wine", "--epochs", "4", "--seed", "9", "--out", folder["nine.safetensors"]).Done();

        byte[] one = File.ReadAllBytes(folder["one.safetensors"]);
        Assert.Equal(one, File.ReadAllBytes(folder["two.safetensors"]));
        Assert.NotEqual(one, File.ReadAllBytes(folder["nine.safetensors"]));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("momentum")]
    [InlineData("nesterov")]
    [InlineData("adam")]
    public void EveryOptimizerLearnsWithItsDefaultRate(string optimizer)
    {
        string csv = folder.WriteTwoClasses($"{optimizer}.csv");
        CommandResult result = Command.Run("train", csv, "--optimizer", optimizer, "--out", folder[optimizer + ".safetensors"]).Done();

        Assert.InRange(result.Figure("test accuracy"), 0.85, 1);
    }

    [Theory]
    [InlineData("leaky-relu:0.1")]
    [InlineData("prelu")]
    [InlineData("elu:1")]
    [InlineData("selu")]
    [InlineData("gelu")]
    [InlineData("silu")]
    [InlineData("softplus")]
    [InlineData("tanh")]
    [InlineData("sigmoid")]
    [InlineData("scaled-sigmoid:1,2")]
    [InlineData("scaled-sigmoid:1,1,learnable")]
    [InlineData("identity")]
    public void EveryActivationLearns(string activation)
    {
        string name = activation.Replace(':', '-');
        string csv = folder.WriteTwoClasses($"{name}.csv");
        CommandResult result = Command.Run("train", csv, "--activation", activation, "--out", folder[name + ".safetensors"]).Done();

        Assert.InRange(result.Figure("test accuracy"), 0.85, 1);
    }

    [Fact]
    public void ANetworkWithoutHiddenLayersLearnsAPlane()
    {
        string csv = folder.WritePlane("plane.csv");
        CommandResult result = Command.Run("train", csv, "--layers", "none", "--weight-decay", "0", "--lr", "0.05", "--epochs", "100", "--out", folder["plane.safetensors"]).Done();

        Assert.Contains("2 -> 1 Identity, 3 parameters", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.Figure("test r2"), 0.999, 1);
        Assert.InRange(result.Figure("test rmse"), 0, 1);
    }

    [Fact]
    public void TargetChoosesTheColumn()
    {
        string csv = folder.Write("columns.csv", "kind,x\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{(i % 2 == 0 ? "even" : "odd")},{i % 2}\n")));
        CommandResult result = Command.Run("train", csv, "--target", "kind", "--out", folder["columns.safetensors"]).Done();

        Assert.Equal(1, result.Figure("test accuracy"));
    }

    [Fact]
    public void TaskRegressReadsWholeNumbersAsValues()
    {
        string csv = folder.Write("grades.csv", "x,grade\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 6},{i % 6}\n")));

        Assert.InRange(Command.Run("train", csv, "--out", folder["grades.safetensors"]).Done().Figure("test accuracy"), 0, 1);
        Assert.InRange(Command.Run("train", csv, "--task", "regress", "--out", folder["grades.safetensors"]).Done().Figure("test r2"), 0.5, 1);
    }

    [Fact]
    public void AFolderOfIdxFilesIsScoredOnItsOwnTestSet()
    {
        string idx = folder.WriteIdx("idx");
        CommandResult result = Command.Run("train", idx, "--json", "--out", folder["idx.safetensors"]).Done();

        JsonElement json = result.Json();
        Assert.Equal(20, json.GetProperty("data").GetProperty("testRows").GetInt32());
        Assert.Equal(80, json.GetProperty("data").GetProperty("rows").GetInt32());
        Assert.Equal(1, json.GetProperty("test").GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void AFolderWithoutATestSetHasAQuarterHeldOut()
    {
        string idx = folder.WriteIdx("idx-train-only", testRows: 0);
        CommandResult result = Command.Run("train", idx, "--json", "--epochs", "1", "--out", folder["idx2.safetensors"]).Done();

        Assert.Equal(20, result.Json().GetProperty("data").GetProperty("testRows").GetInt32());
    }

    [Fact]
    public void TestTakesAFractionAPathOrNone()
    {
        string csv = folder.WriteTwoClasses("parts.csv", rows: 100);
        string other = folder.WriteTwoClasses("other.csv", rows: 33);
        string model = folder["parts.safetensors"];

        Assert.Equal(40, TestRows("--test", "0.4"));
        Assert.Equal(33, TestRows("--test", other));
        CommandResult none = Command.Run("train", csv, "--epochs", "2", "--out", model, "--test", "0").Done();
        Assert.DoesNotContain("test accuracy", none.Output, StringComparison.Ordinal);

        int TestRows(params string[] test) =>
            Command.Run(["train", csv, "--epochs", "2", "--json", "--out", model, .. test]).Done().Json().GetProperty("data").GetProperty("testRows").GetInt32();
    }

    [Fact]
    public void EarlyStoppingKeepsTheBestEpochAndSaysSo()
    {
        CommandResult result = Command.Run("train", "diabetes", "--early-stop", "3", "--epochs", "500", "--weight-decay", "0", "--lr", "0.01", "--out", folder["early.safetensors"]).Done();

        Assert.Contains("early, after ", result.Output, StringComparison.Ordinal);
        Assert.Contains("the best and is kept", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AStopByTheUserKeepsScoresAndSaves()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        string model = folder["stopped.safetensors"];
        CommandResult result = Command.RunUntil(stop.Token, "train", "digits", "--epochs", "100000", "--out", model).Done();

        Assert.Contains("as you asked", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.Figure("test accuracy"), 0, 1);
        Command.Run("evaluate", model, "digits").Done();
    }
}
