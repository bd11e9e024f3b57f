using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>What stands beside a score: the constant and the linear model, and words on classes that few rows have.</summary>
public sealed class BaselineTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void AStraightLineIsAsGoodAsANetworkWhereTheTruthIsOne()
    {
        string csv = folder.WritePlane("plane.csv");
        JsonElement json = Command.Run("train", csv, "--epochs", "3", "--out", folder["plane.safetensors"], "--json").Done().Json();
        JsonElement baselines = json.GetProperty("baselines");
        Assert.True(baselines.GetProperty("linear").GetProperty("r2").GetDouble() > 0.99);
        Assert.InRange(baselines.GetProperty("constant").GetProperty("r2").GetDouble(), -0.2, 0);

        CommandResult text = Command.Run("train", csv, "--epochs", "3", "--out", folder["plane.safetensors"]).Done();
        Assert.Contains("mean of training rows: rmse ", text.Output, StringComparison.Ordinal);
        Assert.Contains("linear model: rmse ", text.Output, StringComparison.Ordinal);
        Assert.Contains("no better than a linear model", text.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassesHaveTheMajorityAndLogisticRegression()
    {
        string model = folder["iris.safetensors"];
        JsonElement json = Command.Run("train", "iris", "--epochs", "2", "--out", model, "--json").Done().Json();
        JsonElement constant = json.GetProperty("baselines").GetProperty("constant");
        Assert.Equal(Math.Log(3), constant.GetProperty("loss").GetDouble(), 1e-3);
        Assert.InRange(constant.GetProperty("accuracy").GetDouble(), 0.3, 0.37);
        Assert.InRange(json.GetProperty("baselines").GetProperty("linear").GetProperty("accuracy").GetDouble(), 0.85, 1);
        Assert.InRange(json.GetProperty("test").GetProperty("rocAuc").GetDouble(), 0, 1);

        // The shares are kept in the file: evaluate knows them too.
        JsonElement evaluated = Command.Run("evaluate", model, "iris", "--held-out", "--json").Done().Json();
        Assert.Equal(constant.GetProperty("loss").GetDouble(), evaluated.GetProperty("baselines").GetProperty("constant").GetProperty("loss").GetDouble(), 1e-9);
    }

    [Fact]
    public void AClassThatFewRowsHaveIsNamedWithWhatToDo()
    {
        string csv = folder["rare.csv"];
        Random random = new(3);
        File.WriteAllLines(csv, ["x,z,ill", .. Enumerable.Range(0, 1200).Select(i =>
        {
            double x = random.NextDouble();
            return string.Create(CultureInfo.InvariantCulture, $"{x:0.000},{random.NextDouble():0.000},{(x > 0.97 ? "yes" : "no")}");
        })]);
        string model = folder["rare.safetensors"];
        CommandResult trained = Command.Run("train", csv, "--target", "ill", "--epochs", "3", "--out", model).Done();
        Assert.Contains("test average precision of class yes: ", trained.Output, StringComparison.Ordinal);
        Assert.Contains("--class-weights balanced", trained.Error, StringComparison.Ordinal);
        JsonElement rare = Assert.Single(Command.Run("evaluate", model, csv, "--json").Done().Json().GetProperty("rareClasses").EnumerateArray());
        Assert.Equal("yes", rare.GetProperty("class").GetString());
        Assert.InRange(rare.GetProperty("share").GetDouble(), 0.01, 0.05);
    }

    [Fact]
    public void AStreamHasNoBaselinesAndSaysNothingOfThem()
    {
        string csv = folder.WritePlane("stream.csv");
        JsonElement json = Command.Run("train", csv, "--stream", "--epochs", "1", "--out", folder["stream.safetensors"], "--json").Done().Json();
        Assert.False(json.TryGetProperty("baselines", out _));
    }
}
