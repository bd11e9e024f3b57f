using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary><c>fastmlp tune</c>.</summary>
public sealed class TuneCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void TheBestIsGivenAsOptionsOfTrain()
    {
        CommandResult told = Command.Run("tune", "iris", "--trials", "6", "--epochs", "9").Done();
        Assert.Contains("trial 1, epoch 3: ", told.Error, StringComparison.Ordinal);
        string options = told.OutputLines.Single(line => line.StartsWith("options", StringComparison.Ordinal))["options".Length..].Trim();
        Assert.StartsWith("--layers ", options, StringComparison.Ordinal);
        Assert.InRange(Command.Run(["train", "iris", "--out", folder["tuned.safetensors"], .. options.Split(' ')]).Done().Figure("test accuracy"), 0.3, 1);
    }

    [Fact]
    public void AJournalGivesTheSameResultAgain()
    {
        string journal = folder["iris.jsonl"];
        JsonElement first = Tune("--journal", journal, "--threads", "1");
        JsonElement again = Tune("--journal", journal);
        Assert.Equal(first.GetProperty("trials").GetRawText(), again.GetProperty("trials").GetRawText());
        Assert.Equal(0, first.GetProperty("replayed").GetInt32());
        Assert.True(again.GetProperty("replayed").GetInt32() >= 5);
        Assert.Equal(first.GetProperty("trials").EnumerateArray().Max(trial => trial.GetProperty("score").GetDouble()), first.GetProperty("best").GetProperty("score").GetDouble());
        Command.Run("tune", "iris", "--trials", "5", "--epochs", "3", "--seed", "2", "--journal", journal).FailedWith("another search");

        static JsonElement Tune(params string[] more) => Command.Run(["tune", "iris", "--trials", "5", "--epochs", "3", "--metric", "accuracy", "--json", .. more]).Done().Json();
    }

    [Theory]
    [InlineData("--trials '0'", "--trials", "0")]
    [InlineData("--metric 'x'", "--metric", "x")]
    [InlineData("--sampler", "--sampler", "grid")]
    public void WhatIsWrongIsBadUsage(string message, params string[] options) => Command.Run(["tune", "iris", .. options]).WasBadUsage(message);
}
