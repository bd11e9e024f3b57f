using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>Options of the network's shape and of the course of training do what they say, and say where they do not fit.</summary>
public sealed class CourseTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private string Model => folder["model.safetensors"];

    [Theory]
    [InlineData("13 -> 8 Relu -> 8 Relu -> 8 Identity -> Sum with layers.0 -> Relu -> 3 Softmax", "--layers", "8,8,8", "--residual", "2")]
    [InlineData("13 -> 8 Identity -> BatchNorm -> Relu -> Dropout 0.5 -> 8 Identity -> BatchNorm -> Relu -> Dropout 0.5 -> 8 Identity -> BatchNorm -> Sum with dropouts.0 -> Relu -> Dropout 0.5 -> 3 Softmax",
        "--layers", "8,8,8", "--residual", "2", "--norm", "batch", "--dropout", "0.5")]
    [InlineData("13 -> 8 Tanh -> 5 Identity -> 5 Identity -> Sum with layers.2 -> Tanh -> 3 Softmax", "--layers", "8,5", "--residual", "2", "--activation", "tanh")]
    [InlineData("13 -> 8 Relu -> 5 Relu -> 3 Softmax", "--layers", "8,5", "--residual", "0")]
    public void HiddenLayersAreJoinedToBlocks(string layers, params string[] options)
    {
        JsonElement run = Train(options);
        Assert.Equal(layers, run.GetProperty("network").GetProperty("layers").GetString());
        Assert.Equal(179, Command.Run("predict", Model, "wine").Done().OutputLines.Length);
    }

    /// <summary>120 rows train: four batches of 30 are all of them, so that the sums differ in their rounding only.</summary>
    [Fact]
    public void AccumulatedBatchesAreOneBatch()
    {
        double whole = TestLoss("--batch", "full");
        Assert.Equal(whole, TestLoss("--batch", "30", "--accumulate", "4"), 1e-4);
        Assert.NotEqual(whole, TestLoss("--batch", "30"), 1e-2);

        double TestLoss(params string[] options) =>
            Train(["--epochs", "20", "--seed", "2", .. options]).GetProperty("test").GetProperty("loss").GetDouble();
    }

    [Fact]
    public void ALossThatFallsTooLittleIsNone()
    {
        Assert.Equal(4, Epochs("--early-stop", "3", "--min-delta", "100"));
        Assert.Equal(20, Epochs("--early-stop", "3", "--min-delta", "0"));

        int Epochs(params string[] options) => Train(["--epochs", "20", .. options]).GetProperty("training").GetProperty("epochs").GetInt32();
    }

    [Fact]
    public void TimeEndsTraining()
    {
        JsonElement training = Train("--epochs", "100000000", "--max-duration", "200ms").GetProperty("training");
        Assert.Equal("TimeIsUp", training.GetProperty("stopReason").GetString());
        Assert.InRange(training.GetProperty("epochs").GetInt32(), 0, 99_999_999);
        CommandResult told = Command.Run("train", "wine", "--out", Model, "--epochs", "100000000", "--max-duration", "0.001m", "--validation", "0").Done();
        Assert.Contains("when its time was up, after ", told.Output, StringComparison.Ordinal);
        Assert.InRange(told.Figure("test accuracy"), 0, 1);
        Assert.Equal("EpochsDone", Train("--max-duration", "2h").GetProperty("training").GetProperty("stopReason").GetString());
    }

    [Theory]
    [InlineData("--residual '-1' is not a whole number of at least 0", "--residual", "-1")]
    [InlineData("--residual 3 makes blocks of as many hidden layers; --layers 8,8 has 2", "--residual", "3", "--layers", "8,8")]
    [InlineData("--layers none has 0", "--residual", "1", "--layers", "none")]
    [InlineData("--activation prelu", "--residual", "1", "--activation", "prelu")]
    [InlineData("--activation prelu", "--norm", "batch", "--activation", "prelu")]
    [InlineData("--accumulate '0' is not a whole number of at least 1", "--accumulate", "0")]
    [InlineData("leave --accumulate away", "--accumulate", "2", "--optimizer", "lbfgs")]
    [InlineData("--min-delta 'x' is not a number of at least 0", "--min-delta", "x")]
    [InlineData("--min-delta '-1' is not a number of at least 0", "--min-delta=-1", "--early-stop", "3")]
    [InlineData("--min-delta goes with --early-stop", "--min-delta", "0.1")]
    [InlineData("--min-delta goes with --early-stop", "--min-delta", "0.1", "--early-stop", "0")]
    [InlineData("--max-duration '30' is not a time such as 500ms, 30s or 5m", "--max-duration", "30")]
    [InlineData("--max-duration '0s' is not a time", "--max-duration", "0s")]
    [InlineData("--max-duration '-1s' is not a time", "--max-duration=-1s")]
    [InlineData("--watch 'auc' is not one of loss, accuracy", "--watch", "auc")]
    [InlineData("--watch tells", "--watch", "accuracy")]
    [InlineData("--validation above 0", "--watch", "accuracy", "--early-stop", "3", "--validation", "0")]
    public void WhatIsWrongIsBadUsage(string message, params string[] options) =>
        Command.Run(["train", "wine", "--epochs", "1", "--out", Model, .. options]).WasBadUsage(message);

    private JsonElement Train(params string[] options) =>
        Command.Run(["train", "wine", "--json", "--out", Model, .. (options.Contains("--epochs") ? options : ["--epochs", "2", .. options])]).Done().Json();
}
