using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>What <c>train</c> chooses where nobody says.</summary>
public sealed class SearchTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private string Model => folder["model.safetensors"];

    [Fact]
    public void FewRowsAllTrainAsLongAsTheFoldsSay()
    {
        CommandResult told = Command.Run("train", "iris", "--out", Model).Done();
        Assert.Contains("chosen: --layers 128", told.Error, StringComparison.Ordinal);
        Assert.Contains("the lowest loss of 4, ", told.Output, StringComparison.Ordinal);
        Assert.Contains("over 4 held-out folds of 4", told.Output, StringComparison.Ordinal);
        Assert.Contains("114 train, 0 validation, 36 test", told.Output, StringComparison.Ordinal);

        JsonElement run = Command.Run("train", "iris", "--json", "--out", Model).Done().Json();
        JsonElement training = run.GetProperty("training");
        JsonElement chosen = training.GetProperty("chosen");
        Assert.True(chosen.GetProperty("allRowsTrain").GetBoolean());
        Assert.Equal(4, chosen.GetProperty("candidates").GetArrayLength());
        JsonElement best = chosen.GetProperty("candidates").EnumerateArray().MinBy(candidate => candidate.GetProperty("loss").GetDouble());
        Assert.Equal(best.GetProperty("settings").GetString(), chosen.GetProperty("settings").GetString());
        Assert.Equal(best.GetProperty("bestEpoch").GetInt32(), training.GetProperty("epochs").GetInt32());
        Assert.Equal(training.GetProperty("epochs").GetInt32(), training.GetProperty("bestEpoch").GetInt32());
        Assert.StartsWith(chosen.GetProperty("settings").GetString()!.Split(" --weight")[0], training.GetProperty("options").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ManyRowsKeepSomeForValidationAndTheBestEpoch()
    {
        string data = folder.WriteTwoClasses("many.csv", rows: 8000);
        JsonElement run = Command.Run("train", data, "--json", "--out", Model).Done().Json();
        Assert.Equal((5400, 600, 2000), (Rows("trainRows"), Rows("validationRows"), Rows("testRows")));
        JsonElement training = run.GetProperty("training");
        Assert.False(training.GetProperty("chosen").GetProperty("allRowsTrain").GetBoolean());
        Assert.InRange(training.GetProperty("bestEpoch").GetInt32(), 1, training.GetProperty("epochs").GetInt32());
        Assert.DoesNotContain("--early-stop 0", training.GetProperty("options").GetString(), StringComparison.Ordinal);

        int Rows(string name) => run.GetProperty("data").GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("--quick")]
    [InlineData("--epochs", "3")]
    [InlineData("--early-stop", "2")]
    [InlineData("--max-duration", "5m")]
    [InlineData("--schedule", "cosine")]
    [InlineData("--optimizer", "adamw")]
    public void WhoSaysHowToTrainIsTakenAtTheirWord(params string[] options)
    {
        JsonElement run = Command.Run(["train", "iris", "--json", "--out", Model, .. options]).Done().Json();
        Assert.False(run.GetProperty("training").TryGetProperty("chosen", out _));
        Assert.Equal(12, run.GetProperty("data").GetProperty("validationRows").GetInt32());
        Assert.StartsWith("--layers 128 --activation relu", run.GetProperty("training").GetProperty("options").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsGivenIsNotSearchedFor()
    {
        JsonElement training = Command.Run("train", "iris", "--layers", "9", "--weight-decay", "0.003", "--lr", "0.005", "--json", "--out", Model).Done().Json().GetProperty("training");
        Assert.Equal(1, training.GetProperty("chosen").GetProperty("candidates").GetArrayLength());
        Assert.StartsWith("--layers 9 --activation relu --optimizer adam --lr 0.005 --weight-decay 0.003", training.GetProperty("options").GetString(), StringComparison.Ordinal);
        JsonElement kept = Command.Run("train", "iris", "--validation", "0.2", "--json", "--out", Model).Done().Json();
        Assert.Equal(24, kept.GetProperty("data").GetProperty("validationRows").GetInt32());
        Assert.False(kept.GetProperty("training").GetProperty("chosen").GetProperty("allRowsTrain").GetBoolean());
    }

    [Fact]
    public void TheChoiceIsTheSameOnAnyNumberOfThreadsAndInASavedFile()
    {
        string config = folder["chosen.json"];
        Command.Run("train", "wine", "--threads", "1", "--save-config", config, "--out", folder["one.safetensors"]).Done();
        Command.Run("train", "wine", "--threads", "3", "--out", folder["three.safetensors"]).Done();
        Command.Run("train", "--config", config, "--out", folder["again.safetensors"]).Done();
        byte[] one = File.ReadAllBytes(folder["one.safetensors"]);
        Assert.Equal(one, File.ReadAllBytes(folder["three.safetensors"]));
        Assert.Equal(one, File.ReadAllBytes(folder["again.safetensors"]));
    }

    [Fact]
    public void EachFoldChoosesForItself()
    {
        string config = folder["folds.json"];
        CommandResult told = Command.Run("train", "iris", "--folds", "3", "--save-config", config).Done();
        Assert.Contains("by each fold for itself", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("epochs", File.ReadAllText(config), StringComparison.Ordinal);
        Assert.Equal(told.Figure("mean accuracy"), Command.Run("train", "--config", config, "--threads", "1").Done().Figure("mean accuracy"));
    }

    [Fact]
    public void TheSearchMayBeGivenATime()
    {
        JsonElement training = Command.Run("train", "iris", "--search-time", "1ms", "--json", "--out", Model).Done().Json().GetProperty("training");
        Assert.All(training.GetProperty("chosen").GetProperty("candidates").EnumerateArray(), candidate => Assert.Equal(1, candidate.GetProperty("epochs").GetInt32()));
        Command.Run("train", "iris", "--search-time", "1ms", "--quick").WasBadUsage("--search-time", "--quick");
    }

    /// <summary>y = x1 x2 of few rows: a decay that grows with fewer rows, and rows missing from training, left R2 near 0.</summary>
    [Fact]
    public void FewRowsWithoutNoiseAreLearntWell()
    {
        string data = folder.Write("product.csv", "a,b,y\n" + string.Concat(Enumerable.Range(0, 240).Select(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 16) - 7.5},{(i / 16) - 7},{((i % 16) - 7.5) * ((i / 16) - 7)}\n"))));
        Assert.InRange(Command.Run("train", data, "--task", "regress", "--out", Model).Done().Figure("test r2"), 0.97, 1);
    }
}
