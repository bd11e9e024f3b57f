using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;

namespace FastMlp.Cli.Tests;

public sealed class PredictCommandTests : IClassFixture<PredictCommandTests.TrainedModels>
{
    private readonly TrainedModels models;

    public PredictCommandTests(TrainedModels models) => this.models = models;

    [Fact]
    public void OneLineForEachRowWithTheClassAndItsProbability()
    {
        CommandResult result = Command.Run("predict", models.Classes, models.Folder.Write("rows.csv", "x,y\n2,2\n-2,-2\n")).Done();

        Assert.Equal("class,probability", result.OutputLines[0]);
        Assert.Equal(["b", "a"], result.OutputLines[1..].Select(line => line.Split(',')[0]));
        Assert.All(result.OutputLines[1..], line => Assert.InRange(Number(line.Split(',')[1]), 0.5, 1));
    }

    [Fact]
    public void ColumnsMayComeInAnotherOrderWithOthersBetween()
    {
        string expected = Command.Run("predict", models.Classes, models.Folder.Write("plain.csv", "x,y\n3,-1\n-3,1.5\n")).Done().Output;
        string shuffled = models.Folder.Write("shuffled.csv", "id,y,note,x\n1,-1,first,3\n2,1.5,second,-3\n");

        Assert.Equal(expected, Command.Run("predict", models.Classes, shuffled).Done().Output);
    }

    [Fact]
    public void StandardInputIsRead()
    {
        string csv = File.ReadAllText(models.Folder.Write("input.csv", "y,x\n1,2\n-1,-2\n"));
        string expected = Command.Run("predict", models.Classes, models.Folder["input.csv"]).Done().Output;

        Assert.Equal(expected, Command.Pipe(csv, "predict", models.Classes, "-").Done().Output);
        Command.Pipe("x,q\n1,2\n", "predict", models.Classes, "-").FailedWith("standard input", "y");
        Command.Pipe("x,y\n1,nan\n", "predict", models.Classes, "-").FailedWith("standard input");
    }

    [Fact]
    public void ValuesComeInTheUnitOfTheData()
    {
        CommandResult result = Command.Run("predict", models.Values, models.Folder.Write("values.csv", "x,y\n1,1\n-1,2\n")).Done();

        Assert.Equal("z", result.OutputLines[0]);
        Assert.Equal(115, Number(result.OutputLines[1]), 5.0);
        Assert.Equal(70, Number(result.OutputLines[2]), 5.0);
    }

    [Fact]
    public void ProbabilitiesOfAllClassesSumToOne()
    {
        CommandResult result = Command.Run("predict", models.Classes, models.Folder.Write("all.csv", "x,y\n0.1,0.2\n"), "--probabilities").Done();

        Assert.Equal("class,a,b", result.OutputLines[0]);
        Assert.Equal(1, result.OutputLines[1].Split(',')[1..].Sum(Number), 1e-4);
        Command.Run("predict", models.Values, models.Folder["all.csv"], "--probabilities").WasBadUsage("--probabilities");
    }

    [Fact]
    public void OutWritesTheSameLinesToAFile()
    {
        string rows = models.Folder.Write("out-rows.csv", "x,y\n1,1\n2,-3\n");
        string printed = Command.Run("predict", models.Classes, rows).Done().Output;
        CommandResult result = Command.Run("predict", models.Classes, rows, "--out", models.Folder["out.csv"]).Done();

        Assert.Equal("", result.Output);
        Assert.Equal(printed, File.ReadAllText(models.Folder["out.csv"]).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void JsonListsThePredictions()
    {
        string rows = models.Folder.Write("json.csv", "x,y\n1,1\n");
        JsonElement classes = Command.Run("predict", models.Classes, rows, "--json").Done().Json();
        JsonElement values = Command.Run("predict", models.Values, rows, "--json").Done().Json();

        Assert.Equal("b", Assert.Single(classes.GetProperty("predictions").EnumerateArray()).GetProperty("class").GetString());
        Assert.Equal(115, Assert.Single(values.GetProperty("predictions").EnumerateArray()).GetProperty("z").GetDouble(), 5.0);
    }

    [Fact]
    public void ADiskThatIsFullIsSaidInOneLine()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        string rows = models.Folder.Write("full.csv", "x,y\n1,1\n");

        Command.Run("predict", models.Classes, rows, "--out", "/dev/full").FailedWith("space");
    }

    /// <summary>Blanks, quotes, leading zeros and line ends within a field go through, of the first rows, which are looked at before, and of later ones.</summary>
    [Fact]
    public void KeptColumnsAreCarriedAsTheyAreWritten()
    {
        string[] ids = ["007", "1e5", "\" padded \"", "\"a, \"\"b\"\"\"", "", " blank ", "nan", "\"two\nlines\""];
        string[] rows = [.. Enumerable.Range(0, 1_000).Select(i => $"{i % 5 - 2},{ids[i % ids.Length]},{i % 7 - 3},n{i}")];
        string file = models.Folder.Write("keep.csv", "x,id,y,name\n" + string.Join('\n', rows) + "\n");
        CommandResult plain = Command.Run("predict", models.Classes, file).Done();
        string kept = Command.Run("predict", models.Classes, file, "--keep", "name,id").Done().Output;

        string[] written = ["007", "1e5", " padded ", "\"a, \"\"b\"\"\"", "", " blank ", "nan", "\"two\nlines\""];
        IEnumerable<string> expected = plain.OutputLines.Skip(1).Select((line, i) => $"n{i},{written[i % written.Length]},{line}");
        Assert.Equal($"name,id,class,probability\n{string.Join('\n', expected)}\n", kept);
    }

    [Fact]
    public void AnAnswerGivesWayToAKeptColumnOfItsName()
    {
        string classes = models.Folder.Write("taken.csv", "class,x,y\nmaybe,2,2\n");
        string values = models.Folder.Write("taken-z.csv", "z,predicted_z,x,y\n1,2,1,1\n");

        Assert.Equal("class,predicted_class,probability", Command.Run("predict", models.Classes, classes, "--keep", "class").Done().OutputLines[0]);
        Assert.Equal("z,predicted_z,predicted_predicted_z", Command.Run("predict", models.Values, values, "--keep", "z", "--keep", "predicted_z").Done().OutputLines[0]);
        JsonElement row = Command.Run("predict", models.Classes, classes, "--keep", "class", "--json").Done().Json().GetProperty("predictions")[0];
        Assert.Equal(("maybe", "b"), (row.GetProperty("class").GetString(), row.GetProperty("predicted_class").GetString()));
    }

    [Fact]
    public void WhatCannotBeKeptIsSaid()
    {
        string rows = models.Folder.Write("no-id.csv", "x,y\n1,1\n");

        Command.Run("predict", models.Classes, rows, "--keep", "id").FailedWith("'id'", "keep", "x, y");
        Command.Run("predict", models.Classes, rows, "--keep", "x", "--out", models.Folder["keep.npy"]).WasBadUsage("--keep", "npy");
        Command.Run("predict", models.Classes, "iris", "--keep", "x").WasBadUsage("--keep", "iris");
        Assert.False(File.Exists(models.Folder["keep.npy"]));
    }

    [Fact]
    public void JsonLinesAreAnObjectForEachRow()
    {
        string rows = models.Folder.Write("lines.csv", "id,x,y\n007,1,1\n\"say \"\"ä\"\"\",-2,-2\n");
        string printed = Command.Run("predict", models.Classes, rows, "--keep", "id", "--probabilities", "--format", "jsonl").Done().Output;
        Command.Run("predict", models.Classes, rows, "--keep", "id", "--probabilities", "--out", models.Folder["lines.jsonl"]).Done();
        Assert.Equal(printed, File.ReadAllText(models.Folder["lines.jsonl"]));

        string[][] csv = [.. Command.Run("predict", models.Classes, rows, "--probabilities").Done().OutputLines[1..].Select(line => line.Split(','))];
        JsonElement[] objects = [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["007", "say \"ä\""], objects.Select(one => one.GetProperty("id").GetString()));
        Assert.Equal(csv.Select(fields => fields[0]), objects.Select(one => one.GetProperty("class").GetString()));
        Assert.Equal(csv.Select(fields => float.Parse(fields[2], CultureInfo.InvariantCulture)), objects.Select(one => one.GetProperty("probabilities").GetProperty("b").GetSingle()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnNpyFileHasTheNumbersOfTheCsvFile(bool classes)
    {
        string model = classes ? models.Classes : models.Values;
        string rows = models.Folder.Write($"npy-{classes}.csv", "x,y\n1,1\n2,-3\n-1,0.5\n");
        string[] lines = Command.Run([.. (string[])["predict", model, rows], .. classes ? ["--probabilities"] : (string[])[]]).Done().OutputLines[1..];
        string output = models.Folder[$"{classes}.npy"];
        Command.Run("predict", model, rows, "--out", output).Done();

        NpyArray array = NpyFile.Read(output);
        Assert.Equal([3, classes ? 2 : 1], array.Shape);
        Assert.Equal(lines.SelectMany(line => line.Split(',').Skip(classes ? 1 : 0)).Select(field => float.Parse(field, CultureInfo.InvariantCulture)), array.ToSingles());
        Command.Run("predict", model, rows, "--format", "npy").WasBadUsage("npy", "--out");
        Command.Run("predict", model, rows, "--format", "csv", "--out", output).Done();
        Assert.Equal(4, File.ReadAllLines(output).Length);
    }

    [Fact]
    public void AnAnswerThatIsNoNumberIsAnErrorOrEmpty()
    {
        string model = models.Folder["huge.safetensors"];
        using (Network network = Network.Input(2).Dense(2).Build(seed: 1))
        {
            network.Tensors["layers.0.weight"].CopyFrom([1e38f, 0, 0, 0]);
            network.Tensors["layers.0.bias"].CopyFrom([1, 1]);
            network.Save(model);
        }

        string rows = models.Folder.Write("huge.csv", "0,1\n1000,2\n0,3\n");
        string old = models.Folder.Write("huge.out", "old");
        Command.Run("predict", model, rows, "--out", old).FailedWith("row 2", "infinite", "--on-nan empty");
        Command.Run("predict", model, rows, "--json").FailedWith("row 2");
        Assert.Equal("old", File.ReadAllText(old));

        Assert.Equal("output0,output1\n1,1\n,1\n1,1\n", Command.Run("predict", model, rows, "--on-nan", "empty").Done().Output);
        Assert.Equal(JsonValueKind.Null, Command.Run("predict", model, rows, "--on-nan", "empty", "--json").Done().Json().GetProperty("predictions")[1].GetProperty("output0").ValueKind);
        Command.Run("predict", model, rows, "--on-nan", "empty", "--out", models.Folder["huge.npy"]).Done();
        Assert.Equal([1, 1, float.NaN, 1, 1, 1], NpyFile.Read(models.Folder["huge.npy"]).ToSingles());
    }

    /// <summary>Of classes, one output that is no number leaves no class to name.</summary>
    [Fact]
    public void WithoutAProbabilityThereIsNoClass()
    {
        string model = models.Folder["huge-classes.safetensors"];
        using (Network network = Network.Input(2).Dense(2, Activation.Softmax).Build(seed: 1))
        {
            network.Tensors["layers.0.weight"].CopyFrom([1e38f, 1e38f, 1e38f, 1e38f]);
            network.Save(model);
        }

        string rows = models.Folder.Write("huge-classes.csv", "1000,1000\n");
        Command.Run("predict", model, rows).FailedWith("row 1", "not a number");
        Assert.Equal("class,probability\n,\n", Command.Run("predict", model, rows, "--on-nan", "empty").Done().Output);
        Assert.Equal("{\"class\":null,\"probability\":null}\n", Command.Run("predict", model, rows, "--on-nan", "empty", "--format", "jsonl").Done().Output);
    }

    [Fact]
    public void StandardInputIsReadInItsEncoding()
    {
        byte[] latin = Encoding.Latin1.GetBytes("id,x,y\nBär,2,2\n");

        Assert.Equal("Bär,b", string.Join(',', Run("--keep", "id", "--encoding", "latin1").Done().OutputLines[1].Split(',')[..2]));
        Run("--keep", "id").FailedWith("standard input, line 2", "0xe4", "--encoding");

        CommandResult Run(params string[] options)
        {
            StringWriter output = new() { NewLine = "\n" };
            StringWriter error = new() { NewLine = "\n" };
            CommandConsole console = new(output, error, TextReader.Null) { InputBytes = () => new MemoryStream(latin) };
            return new CommandResult(Cli.Run(["predict", models.Classes, "-", .. options], console), output.ToString(), error.ToString());
        }
    }

    [Fact]
    public void EvaluateReadsStandardInputToo()
    {
        string data = File.ReadAllText(models.Folder["classes.csv"]);
        string expected = Command.Run("evaluate", models.Classes, models.Folder["classes.csv"]).Done().Output;

        Assert.Equal(expected, Command.Pipe(data, "evaluate", models.Classes, "-").Done().Output);
        Assert.Contains("rows: ", Command.Pipe(data, "evaluate", models.Classes, "-", "--held-out").Done().Output, StringComparison.Ordinal);
    }

    /// <summary>Nobody writes to the pipe, so waiting for it would never end.</summary>
    [Fact]
    public void ANamedPipeIsRefused()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mkfifo"), "There is no mkfifo here.");
        string pipe = models.Folder["pipe.csv"];
        using (Process made = Process.Start("/usr/bin/mkfifo", [pipe]))
        {
            made.WaitForExit();
        }

        Command.Run("predict", models.Classes, pipe).FailedWith("pipe.csv", "named pipe", "- <");
        Command.Run("evaluate", models.Classes, pipe).FailedWith("named pipe");
        Command.Run("predict", pipe, models.Folder["classes.csv"]).FailedWith("pipe.csv", "regular file");
        Command.Run("predict", "/dev/null", models.Folder["classes.csv"]).FailedWith("/dev/null", "regular file");
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public sealed class TrainedModels : IDisposable
    {
        public TrainedModels()
        {
            Command.Run("train", Folder.WriteTwoClasses("classes.csv"), "--out", Classes).Done();
            Command.Run("train", Folder.WritePlane("values.csv"), "--weight-decay", "0", "--epochs", "300", "--out", Values).Done();
        }

        public TempFolder Folder { get; } = new();

        public string Classes => Folder["classes.safetensors"];

        public string Values => Folder["values.safetensors"];

        public void Dispose() => Folder.Dispose();
    }
}
