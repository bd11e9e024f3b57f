using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class EvaluateCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void HeldOutRepeatsTheFiguresOfTraining()
    {
        string model = folder["digits.safetensors"];
        CommandResult trained = Command.Run("train", "digits", "--epochs", "5", "--seed", "3", "--out", model).Done();
        CommandResult evaluated = Command.Run("evaluate", model, "digits", "--held-out").Done();

        Assert.Equal(trained.Figure("test accuracy"), evaluated.Figure("test accuracy"));
        Assert.Equal(trained.Figure("test loss"), evaluated.Figure("test loss"));
        Assert.Equal(trained.Figure("test accuracy of a linear model"), evaluated.Figure("test accuracy of a linear model"));
        Assert.Equal(trained.Figure("test brier score"), evaluated.Figure("test brier score"));
        Assert.Equal(trained.ErrorLines.Where(line => line.StartsWith("note: ", StringComparison.Ordinal)), evaluated.ErrorLines);
    }

    [Fact]
    public void ATestFileGivesTheFiguresOfTrainingForValues()
    {
        string csv = folder.WritePlane("plane.csv");
        string test = folder.WritePlane("test.csv", rows: 50);
        string model = folder["plane.safetensors"];
        CommandResult trained = Command.Run("train", csv, "--test", test, "--epochs", "20", "--out", model).Done();
        CommandResult evaluated = Command.Run("evaluate", model, test).Done();

        Assert.Equal(trained.Figure("test rmse"), evaluated.Figure("test rmse"));
        Assert.Equal(trained.Figure("test r2"), evaluated.Figure("test r2"));
        Assert.Equal(50, evaluated.Figure("rows"));
    }

    [Fact]
    public void ClassesAndValuesHaveFiguresOfTheirOwn()
    {
        string model = folder["figures.safetensors"];
        Command.Run("train", "digits", "--epochs", "5", "--out", model).Done();
        CommandResult text = Command.Run("evaluate", model, "digits").Done();
        JsonElement json = Command.Run("evaluate", model, "digits", "--json").Done().Json();
        Assert.InRange(text.Figure("test roc auc"), 0.99, 1);
        Assert.InRange(text.Figure("test top-5 accuracy"), text.Figure("test accuracy"), 1);
        Assert.InRange(text.Figure("test calibration error"), 0.0001, 0.3);
        Assert.Equal(text.Figure("test macro f1"), json.GetProperty("macroF1").GetDouble(), 1e-4);
        int[][] confusion = [.. json.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt32()).ToArray())];
        double recall = confusion.Select((row, c) => row[c] / (double)row.Sum()).Average();
        Assert.Equal(recall, json.GetProperty("macroRecall").GetDouble(), 1e-9);

        string values = folder["values.safetensors"];
        Command.Run("train", "diabetes", "--epochs", "5", "--out", values).Done();
        CommandResult errors = Command.Run("evaluate", values, "diabetes").Done();
        Assert.InRange(errors.Figure("test mae"), 30, errors.Figure("test rmse")); // in the unit of the data
        Assert.InRange(errors.Figure("test largest error"), errors.Figure("test rmse"), 400);
        Assert.InRange(errors.Figure("test mape"), 0.1, 1);
    }

    [Fact]
    public void AFolderOfIdxFilesIsScoredOnItsTestSet()
    {
        string idx = folder.WriteIdx("idx");
        string model = folder["idx.safetensors"];
        CommandResult trained = Command.Run("train", idx, "--epochs", "2", "--out", model).Done();
        CommandResult evaluated = Command.Run("evaluate", model, idx).Done();

        Assert.Equal(20, evaluated.Figure("rows"));
        Assert.Equal(trained.Figure("test loss"), evaluated.Figure("test loss"));
    }

    [Fact]
    public void ConfusionMatrixNamesTheClassesAndAddsUp()
    {
        string model = folder["iris.safetensors"];
        Command.Run("train", "iris", "--out", model).Done();

        CommandResult table = Command.Run("evaluate", model, "iris").Done();
        Assert.Contains("versicolor", table.Output, StringComparison.Ordinal);
        Assert.Contains("recall", table.Output, StringComparison.Ordinal);
        Assert.Contains("--held-out", Assert.Single(table.ErrorLines), StringComparison.Ordinal);

        JsonElement json = Command.Run("evaluate", model, "iris", "--json").Done().Json();
        int[][] confusion = [.. json.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt32()).ToArray())];
        Assert.All(confusion, row => Assert.Equal(50, row.Sum()));
        double accuracy = (confusion[0][0] + confusion[1][1] + confusion[2][2]) / 150.0;
        Assert.Equal(accuracy, json.GetProperty("accuracy").GetDouble(), 6);
        Assert.InRange(accuracy, 0.9, 1);
    }

    [Fact]
    public void DataThatDoNotFitTheModelAreRefused()
    {
        string iris = folder["fit.safetensors"];
        Command.Run("train", "iris", "--epochs", "1", "--out", iris).Done();

        Command.Run("evaluate", iris, "wine").FailedWith("wine has 13 features", "takes 4");
        Command.Run("evaluate", iris, "diabetes").FailedWith("10 features");
        Command.Run("evaluate", iris, folder.WriteTwoClasses("two.csv")).FailedWith("two.csv");
        Command.Run("evaluate", iris, "iris", "--held-out").Done();
        string all = folder["all.safetensors"];
        Command.Run("train", "iris", "--epochs", "1", "--test", "0", "--out", all).Done();
        Command.Run("evaluate", all, "iris", "--held-out").FailedWith("held out");
    }

    [Fact]
    public void AccuracyIsTheDoubleOfTheCounts()
    {
        using TempFolder own = new();
        string model = own["kinds.safetensors"];
        Command.Run("train", own.WriteTwoClasses("kinds.csv", 83), "--epochs", "1", "--layers", "4", "--out", model).Done();
        System.Text.Json.JsonElement json = Command.Run("evaluate", model, own["kinds.csv"], "--json").Done().Json();

        int right = json.GetProperty("confusion").EnumerateArray().Select((row, i) => row[i].GetInt32()).Sum();
        Assert.Equal(right / 83.0, json.GetProperty("accuracy").GetDouble());
    }
}
