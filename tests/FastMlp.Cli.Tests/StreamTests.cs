using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;

namespace FastMlp.Cli.Tests;

/// <summary><c>train --stream</c>, and the other files that can be trained on.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void AStreamLearnsAndItsHeldOutRowsAreFoundAgain()
    {
        string data = folder.WriteTwoClasses("data.csv", rows: 600);
        string model = folder["stream.safetensors"];
        CommandResult trained = Command.Run("train", data, "--stream", "--shuffle-rows", "100", "--layers", "8", "--epochs", "30", "--lr", "0.01", "--out", model).Done();
        Assert.InRange(trained.Figure("test accuracy"), 0.95, 1);
        CommandResult heldOut = Command.Run("evaluate", model, data, "--held-out").Done();
        Assert.Equal(trained.Figure("test accuracy"), heldOut.Figure("test accuracy"));
        Assert.Equal(trained.Figure("test loss"), heldOut.Figure("test loss"), 1e-3);
        Assert.InRange(heldOut.Figure("rows"), 110, 190);
        Assert.Equal(601, Command.Run("predict", model, data).Done().OutputLines.Length);
    }

    [Fact]
    public void AStreamOfValuesScoresAsInMemory()
    {
        string data = folder.WritePlane("plane.csv", rows: 500);
        string model = folder["plane.safetensors"];
        CommandResult trained = Command.Run("train", data, "--stream", "--layers", "none", "--epochs", "100", "--lr", "0.01", "--weight-decay", "0", "--out", model).Done();
        CommandResult heldOut = Command.Run("evaluate", model, data, "--held-out").Done();
        Assert.InRange(trained.Figure("test r2"), 0.99, 1);
        Assert.Equal(heldOut.Figure("test r2"), trained.Figure("test r2"), 1e-3);
        Assert.Equal(heldOut.Figure("test rmse"), trained.Figure("test rmse"), 1e-2 * heldOut.Figure("test rmse"));
    }

    /// <summary>More rows than are held at a time: the figures are those of all, and a fault far down is still found.</summary>
    [Fact]
    public void EvaluateAndPredictReadAFileInParts()
    {
        const int Rows = 40_000;
        string data = folder.WritePlane("long.csv", Rows);
        string model = folder["long.safetensors"];
        Command.Run("train", folder.WritePlane("short.csv"), "--layers", "8", "--epochs", "20", "--out", model).Done();

        CommandResult scored = Command.Run("evaluate", model, data).Done();
        using Network network = Network.Load(model);
        Preprocessing preprocessing = Preprocessing.From(network)!;
        Dataset whole = CsvDataset.Load(data, preprocessing);
        Evaluation expected = network.Evaluate(preprocessing.Transform(whole));
        Assert.Equal(Rows, scored.Figure("rows"));
        Assert.Equal(expected.R2, scored.Figure("test r2"), 1e-4);
        Assert.Equal(expected.Rmse / preprocessing.Targets!.Scales[0], scored.Figure("test rmse"), 1e-3);

        string[] lines = Command.Run("predict", model, data).Done().OutputLines;
        float[] answers = network.Predict(preprocessing.Transform(whole).Features);
        preprocessing.InverseTargets(answers);
        Assert.Equal(["z", .. answers.Select(answer => answer.ToString("R", CultureInfo.InvariantCulture))], lines);
        Assert.Equal(Rows, Command.Run("predict", model, data, "--json").Done().Json().GetProperty("predictions").GetArrayLength());

        File.AppendAllText(data, "1,2,much\n");
        Command.Run("evaluate", model, data).FailedWith("line 40002", "much");
        string report = folder["long.html"];
        Command.Run("evaluate", model, folder.WritePlane("other.csv", Rows), "--report", report).Done();
        Assert.Contains("The figures are of 40,000 rows, the drawings of 16,384 of them, the first.", File.ReadAllText(report), StringComparison.Ordinal);
    }

    /// <summary>A fault in the first rows leaves an older file as it was.</summary>
    [Fact]
    public void NothingIsWrittenBeforeTheFirstRowsAreRead()
    {
        string model = folder["plane.safetensors"];
        Command.Run("train", folder.WritePlane("good.csv"), "--layers", "4", "--epochs", "2", "--out", model).Done();
        string older = folder.Write("older.csv", "kept");
        Command.Run("predict", model, folder.Write("bad.csv", "x,y\n1,2\n1,two\n"), "--out", older).FailedWith("line 3", "two");
        Command.Run("predict", model, folder["bad.csv"], "--json").FailedWith("line 3", "two");
        Assert.Equal("kept", File.ReadAllText(older));
    }

    /// <summary>Early stopping by a metric, schedule, added gradients, a limit of time: a stream goes without none of them.</summary>
    [Fact]
    public void AStreamCanDoWhatRowsInMemoryCan()
    {
        string data = folder.WriteTwoClasses("data.csv", rows: 400);
        JsonElement run = Command.Run("train", data, "--stream", "--layers", "8", "--epochs", "60", "--lr", "0.02", "--schedule", "cosine", "--warm-up", "1", "--accumulate", "2", "--early-stop", "5", "--min-delta", "0.001", "--watch", "accuracy", "--max-duration", "1h", "--json", "--out", folder["model.safetensors"])
            .Done().Json().GetProperty("training");
        Assert.Equal("EarlyStopping", run.GetProperty("stopReason").GetString());
        Assert.Equal(run.GetProperty("keptEpoch").GetInt32(), run.GetProperty("bestEpoch").GetInt32());
        Assert.InRange(run.GetProperty("bestEpoch").GetInt32(), 1, run.GetProperty("epochs").GetInt32() - 5);
        Assert.Contains("--watch accuracy", run.GetProperty("options").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStreamResumesToTheSameFile(int lost)
    {
        string data = folder.WriteTwoClasses("data.csv", rows: 300);
        string checkpoints = folder["run"];
        byte[] straight = Train();
        Assert.Equal(straight, Train("--checkpoint", checkpoints, "--checkpoint-every", "1"));
        foreach (string path in Directory.GetFiles(checkpoints).OrderDescending().Take(lost))
        {
            File.Delete(path);
        }

        Assert.Equal(straight, Train("--resume", checkpoints));
        File.WriteAllText(data, File.ReadAllText(data).Replace('1', '2'));
        Command.Run([.. Options("--resume", checkpoints)]).FailedWith("training data");

        byte[] Train(params string[] more)
        {
            Command.Run(Options(more)).Done();
            return File.ReadAllBytes(folder["model.safetensors"]);
        }

        string[] Options(params string[] more) => ["train", data, "--stream", "--shuffle-rows", "50", "--layers", "8", "--epochs", "3", "--batch", "16", "--json", "--out", folder["model.safetensors"], .. more];
    }

    [Fact]
    public void TrainReadsStandardInputLikeAFile()
    {
        string data = folder.WriteTwoClasses("data.csv", rows: 200);
        string text = File.ReadAllText(data);
        string[] options = ["--layers", "4", "--epochs", "3", "--out", folder["model.safetensors"]];
        double expected = Command.Run(["train", data, .. options]).Done().Figure("test loss");
        Assert.Equal(expected, Command.Pipe(text, ["train", "-", .. options]).Done().Figure("test loss"));
        Assert.Equal(expected, Command.Pipe(text, "evaluate", folder["model.safetensors"], "-", "--held-out").Done().Figure("test loss"), 1e-6);
        Assert.Contains("x", Command.Pipe(text, "data", "-").Done().Output, StringComparison.Ordinal);
        Command.Pipe(text, "train", "-", "--folds", "2", "--layers", "4", "--epochs", "1").Done();
        Command.Pipe(text, "train", "-", "--stream").WasBadUsage("--stream", "standard input");
        Command.Pipe("x,y\n1,2,3\n", ["train", "-", .. options]).FailedWith("standard input, line 2");
    }

    [Fact]
    public void WhatAStreamCannotDoIsSaid()
    {
        string data = folder.WriteTwoClasses("some.csv");
        Command.Run("train", "iris", "--stream").WasBadUsage("--stream", "CSV", "iris");
        Command.Run("train", data, "--stream", "--batch", "full").WasBadUsage("--batch full");
        Command.Run("train", data, "--stream", "--test", data).WasBadUsage("--test", "evaluate");
        Command.Run("train", data, "--stream", "--optimizer", "irprop").WasBadUsage("--stream", "irprop");
        Command.Run("train", data, "--shuffle-rows", "5").WasBadUsage("--stream");
        Command.Run("train", folder.Write("one.csv", "a,t\n1,x\n2,x\n"), "--stream", "--test", "0", "--json").FailedWith("only the class x");
    }

    [Theory]
    [InlineData("wine.npz")]
    [InlineData("wine.npy")]
    [InlineData("wine.svm")]
    public void OtherFormatsTrainEvaluateAndPredict(string name)
    {
        Dataset wine = BuiltInDatasets.Wine();
        float[] labels = [.. wine.Labels.ToArray().Select(label => (float)label)];
        switch (Path.GetExtension(name))
        {
            case ".npz":
                NpzFile.Write(folder[name], new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of(wine.Features, wine.Rows, 13), ["y"] = NpyArray.Of(wine.Labels, wine.Rows) });
                break;
            case ".npy":
                NpyFile.Write(folder[name], NpyArray.Of([.. Enumerable.Range(0, wine.Rows).SelectMany(row => wine.Features.Slice(row * 13, 13).ToArray().Append(labels[row]))], wine.Rows, 14));
                break;
            default:
                File.WriteAllLines(folder[name], Enumerable.Range(0, wine.Rows).Select(row =>
                    $"{labels[row]} {string.Join(' ', Enumerable.Range(0, 13).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c + 1}:{wine.Features[(row * 13) + c]:R}")))}"));
                break;
        }

        // The same values and the same split give the same figures as the built-in set.
        string model = folder["model.safetensors"];
        string[] options = ["--epochs", "5", "--layers", "8", "--out", model];
        double expected = Command.Run(["train", "wine", .. options]).Done().Figure("test loss");
        Assert.Equal(expected, Command.Run(["train", folder[name], .. options]).Done().Figure("test loss"));
        Assert.Equal(expected, Command.Run("evaluate", model, folder[name], "--held-out").Done().Figure("test loss"));
        Assert.Equal(wine.Rows + 1, Command.Run("predict", model, folder[name]).Done().OutputLines.Length);
        Command.Run("train", folder[name], "--missing", "mean").WasBadUsage("--missing");
        byte[] whole = File.ReadAllBytes(folder[name]);
        File.WriteAllBytes(folder[name], name.EndsWith("npz", StringComparison.Ordinal) ? whole[..^30] : [.. whole, (byte)'x']);
        Command.Run("predict", model, folder[name]).FailedWith(name);
    }
}
