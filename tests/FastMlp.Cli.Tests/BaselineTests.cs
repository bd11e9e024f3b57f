using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Tests;

/// <summary>What stands beside a score: the constant answer, a linear model, and figures of rare classes.</summary>
public sealed class BaselineTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void AConstantAnswerIsWhatTheTrainingRowsGive()
    {
        string data = folder.Write("skewed.csv", "x,kind\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i % 7},{(i % 4 == 0 ? "b" : "a")}\n")));
        string test = folder.Write("skewed-test.csv", "x,kind\n1,a\n2,b\n3,b\n4,b\n");
        CommandResult trained = Command.Run("train", data, "--test", test, "--epochs", "1", "--layers", "2", "--out", folder["skewed.safetensors"]).Done();
        Assert.Equal(0.25, trained.Figure("test accuracy of the most frequent class"));

        JsonElement json = Command.Run("evaluate", folder["skewed.safetensors"], test, "--json").Done().Json();
        JsonElement constant = json.GetProperty("baselines").GetProperty("constant");
        Assert.Equal(0.25, constant.GetProperty("accuracy").GetDouble());
        Assert.InRange(constant.GetProperty("loss").GetDouble(), 0.9, 1.3); // -(ln 0.75 + 3 ln 0.25) / 4 = 1.11
        Assert.Equal(json.GetProperty("loss").GetDouble(), json.GetProperty("logLoss").GetDouble());
    }

    [Fact]
    public void ALinearModelFindsAPlane()
    {
        string data = folder.WritePlane("plane.csv", rows: 400);
        CommandResult trained = Command.Run("train", data, "--epochs", "1", "--layers", "2", "--out", folder["plane.safetensors"]).Done();
        Assert.InRange(trained.Figure("test rmse of a linear model"), 0, 0.02 * trained.Figure("test rmse of the mean"));
        Assert.Contains("no better than a linear model", trained.Error, StringComparison.Ordinal);

        CommandResult streamed = Command.Run("train", data, "--stream", "--epochs", "1", "--layers", "2", "--out", folder["streamed.safetensors"]).Done();
        Assert.InRange(streamed.Figure("test rmse of a linear model"), 0, 0.02 * streamed.Figure("test rmse of the mean"));
    }

    [Fact]
    public void TheLinearModelIsRidgeRegression()
    {
        // One feature x of mean 0, target y: W = sum(x y) / (sum(x^2) + 1), b = mean(y).
        float[] x = [-2, -1, 0, 1, 2];
        float[] y = [-3, -1, 1, 1, 4];
        Baseline baseline = Baseline.Learn(new Dataset(x, 1, y, 1));
        Assert.Equal(16.0 / 11, baseline.Weights[0], 1e-4);
        Assert.Equal(0.4, baseline.Weights[1], 1e-4);
        Assert.Equal(0.4f, baseline.Constant[0]);
    }

    [Fact]
    public void ARareClassIsNamedWithItsAveragePrecisionAndARemedy()
    {
        string data = folder.Write("rare.csv", "x,y,kind\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"{i % 20},{i % 7},{(i % 40 == 19 ? "fraud" : "fine")}\n")));
        CommandResult trained = Command.Run("train", data, "--epochs", "2", "--layers", "4", "--out", folder["rare.safetensors"]).Done();
        Assert.InRange(trained.Figure("test average precision of fraud"), 0, 1);
        Assert.Contains("'fraud'", trained.Error, StringComparison.Ordinal);
        Assert.Contains("--class-weights balanced", trained.Error, StringComparison.Ordinal);

        CommandResult weighted = Command.Run("train", data, "--class-weights", "balanced", "--epochs", "2", "--layers", "4", "--out", folder["weighted.safetensors"]).Done();
        Assert.DoesNotContain("--class-weights", weighted.ErrorLines[^1], StringComparison.Ordinal);
        JsonElement rare = Assert.Single(Command.Run("evaluate", folder["rare.safetensors"], data, "--json").Done().Json().GetProperty("rareClasses").EnumerateArray());
        Assert.Equal(0.025, rare.GetProperty("share").GetDouble());
    }
}
