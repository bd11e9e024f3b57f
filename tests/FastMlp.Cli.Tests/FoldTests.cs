using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Tests;

/// <summary><c>train --folds</c>.</summary>
public sealed class FoldTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void FiguresOfEachFoldAndTheirMeanAndSpreadArePrinted()
    {
        CommandResult result = Command.Run("train", "iris", "--folds", "5", "--epochs", "60", "--lr", "0.01", "--layers", "16").Done();
        double[] folds = [.. Enumerable.Range(1, 5).Select(fold => result.Figure($"fold {fold} accuracy"))];
        double mean = folds.Average();
        Assert.InRange(mean, 0.85, 1);
        Assert.Equal(mean, result.Figure("mean accuracy"), 1e-4);
        Assert.Equal(Math.Sqrt(folds.Sum(fold => (fold - mean) * (fold - mean)) / 4), result.Figure("standard deviation of accuracy"), 2e-4);
        Assert.Equal(5, result.ErrorLines.Count(line => line.StartsWith("fold ", StringComparison.Ordinal)));
        Assert.Contains("rows: 150 in 5 folds, the first with 108 train, 12 validation, 30 test", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("safetensors", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheResultIsTheSameForAnyNumberOfThreadsAndFromASavedFile()
    {
        string saved = folder["folds.json"];
        JsonElement one = Figures("--threads", "1", "--save-config", saved);
        Assert.Equal(one.GetRawText(), Figures("--threads", "3").GetRawText());
        Assert.Equal(one.GetRawText(), Command.Run("train", "--json", "--config", saved).Done().Json().GetProperty("folds").GetRawText());
        Assert.NotEqual(one.GetRawText(), Figures("--seed", "8").GetRawText());
        Assert.Equal(442, one.EnumerateArray().Sum(fold => fold.GetProperty("rows").GetInt32()));
        Assert.Equal([110, 110, 111, 111], one.EnumerateArray().Select(fold => fold.GetProperty("rows").GetInt32()).Order());

        static JsonElement Figures(params string[] options)
        {
            JsonElement json = Command.Run(["train", "diabetes", "--json", "--folds", "4", "--epochs", "8", .. options]).Done().Json();
            Assert.InRange(json.GetProperty("mean").GetProperty("rmse").GetDouble(), 40, 90);
            Assert.True(json.GetProperty("standardDeviation").GetProperty("r2").GetDouble() > 0);
            return json.GetProperty("folds");
        }
    }

    /// <summary>Each row has a text of its own, so a plan that had seen the held-out rows would know more features.</summary>
    [Fact]
    public void PreprocessingIsFittedToTheTrainingPartOfEachFold()
    {
        string data = folder.Write("towns.csv", "x,town,kind\n" + string.Concat(Enumerable.Range(0, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 7},town{i},{(i % 3 == 0 ? "a" : "b")}\n"))));
        JsonElement folds = Command.Run("train", data, "--json", "--folds", "3", "--validation", "0", "--epochs", "2", "--columns", "town:category").Done().Json().GetProperty("folds");
        Assert.All(folds.EnumerateArray(), fold => Assert.Equal((20, 10), (fold.GetProperty("trainRows").GetInt32(), fold.GetProperty("rows").GetInt32())));
        Assert.All(folds.EnumerateArray(), fold => Assert.InRange(fold.GetProperty("features").GetInt32(), 20, 22));

        // 10 rows of class a are spread over the folds, and x is scaled by the mean of the training part, not of all rows.
        FoldedData parted = FoldedData.Load(new TrainSettings { Data = data, Validation = 0 }, 3);
        SplitData[] parts = [.. Enumerable.Range(0, 3).Select(parted.Fold)];
        Assert.All(parts, part => Assert.InRange(part.ClassRows[0], 6, 7));
        Assert.Equal(3, parts.Select(part => part.Preprocessing.Features.Offsets[0]).Distinct().Count());
    }

    [Fact]
    public void EarlyStoppingWatchesRowsOfTheTrainingPart()
    {
        JsonElement folds = Command.Run("train", "wine", "--json", "--folds", "2", "--epochs", "30", "--early-stop", "2", "--min-delta", "100").Done().Json().GetProperty("folds");
        Assert.All(folds.EnumerateArray(), fold => Assert.Equal((3, "EarlyStopping"), (fold.GetProperty("epochs").GetInt32(), fold.GetProperty("stopReason").GetString())));
    }

    [Fact]
    public void AStopByTheUserGivesNoFigures()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Command.RunUntil(stop.Token, "train", "iris", "--folds", "3").FailedWith("stopped as you asked");
    }

    [Theory]
    [InlineData("--folds '1' is not a whole number of at least 2", "--folds", "1")]
    [InlineData("--folds 'five' is not", "--folds", "five")]
    [InlineData("iris has 150 rows", "--folds", "151")]
    [InlineData("without --checkpoint", "--folds", "3", "--checkpoint", "run")]
    [InlineData("without --resume", "--folds", "3", "--resume", "run")]
    [InlineData("without --out", "--folds", "3", "--out", "m.safetensors")]
    [InlineData("without --report", "--folds", "3", "--report", "r.html")]
    [InlineData("without --test", "--folds", "3", "--test", "0.2")]
    [InlineData("without --stream", "--folds", "3", "--stream")]
    public void WhatDoesNotGoWithFoldsIsBadUsage(string message, params string[] options) => Command.Run(["train", "iris", .. options]).WasBadUsage(message);
}
