using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using Command = FastMlp.Cli.Tests.Support.Command;

namespace FastMlp.Cli.Tests;

/// <summary>Options in a file are the options of the command line, all of them, checked alike.</summary>
public sealed class ConfigTests(TempFolder folder) : IClassFixture<TempFolder>
{
    /// <summary>A right value, as JSON and on the command line, for every option that a file may hold.</summary>
    private static readonly Dictionary<string, (string Json, string[] Words)> samples = new()
    {
        ["task"] = ("\"classify\"", ["classify"]),
        ["target"] = ("\"class\"", ["class"]),
        ["scale"] = ("\"minmax\"", ["minmax"]),
        ["validation"] = ("0.2", ["0.2"]),
        ["test"] = ("\"0.3\"", ["0.3"]),
        ["folds"] = ("5", ["5"]),
        ["missing"] = ("""["mean","x=median"]""", ["mean", "x=median"]),
        ["missing-text"] = ("""["?"]""", ["?"]),
        ["categorical"] = ("""["town"]""", ["town"]),
        ["ignore"] = ("""["id"]""", ["id"]),
        ["columns"] = ("""["when:date","zip:category"]""", ["when:date", "zip:category"]),
        ["ids"] = ("""["key"]""", ["key"]),
        ["header"] = ("\"yes\"", ["yes"]),
        ["encoding"] = ("\"latin1\"", ["latin1"]),
        ["decimal"] = ("\"comma\"", ["comma"]),
        ["max-categories"] = ("50", ["50"]),
        ["rare"] = ("2", ["2"]),
        ["stream"] = ("false", ["false"]),
        ["shuffle-rows"] = ("500", ["500"]),
        ["layers"] = ("[8,4]", ["8,4"]),
        ["activation"] = ("\"leaky-relu:0.1\"", ["leaky-relu:0.1"]),
        ["norm"] = ("\"batch\"", ["batch"]),
        ["dropout"] = ("0.1", ["0.1"]),
        ["residual"] = ("1", ["1"]),
        ["optimizer"] = ("\"nesterov\"", ["nesterov"]),
        ["lr"] = ("0.01", ["0.01"]),
        ["momentum"] = ("0.8", ["0.8"]),
        ["weight-decay"] = ("0.001", ["0.001"]),
        ["l1"] = ("1e-5", ["1e-5"]),
        ["max-norm"] = ("3", ["3"]),
        ["clip-norm"] = ("2", ["2"]),
        ["clip-value"] = ("0.5", ["0.5"]),
        ["schedule"] = ("\"step:10,0.5\"", ["step:10,0.5"]),
        ["warm-up"] = ("0.5", ["0.5"]),
        ["loss"] = ("\"cross-entropy\"", ["cross-entropy"]),
        ["label-smoothing"] = ("0.1", ["0.1"]),
        ["class-weights"] = ("\"balanced\"", ["balanced"]),
        ["epochs"] = ("4", ["4"]),
        ["quick"] = ("false", ["false"]),
        ["search-time"] = ("\"5m\"", ["5m"]),
        ["max-duration"] = ("\"5m\"", ["5m"]),
        ["batch"] = ("\"full\"", ["full"]),
        ["accumulate"] = ("4", ["4"]),
        ["early-stop"] = ("3", ["3"]),
        ["min-delta"] = ("0.01", ["0.01"]),
        ["watch"] = ("\"accuracy\"", ["accuracy"]),
        ["seed"] = ("-7", ["-7"]),
        ["threads"] = ("1", ["1"]),
        ["checkpoint"] = ("\"run\"", ["run"]),
        ["checkpoint-every"] = ("\"30s\"", ["30s"]),
        ["resume"] = ("\"run\"", ["run"]),
        ["out"] = ("\"m.safetensors\"", ["m.safetensors"]),
        ["report"] = ("\"r.html\"", ["r.html"]),
    };

    private static TrainCommand Train => Root().Subcommands.OfType<TrainCommand>().Single();

    private static IEnumerable<Option> Kept => Train.Groups.SkipLast(1).SelectMany(group => group.Options);

    [Fact]
    public void EveryOptionStandsInTheSamplesAndInOneGroup()
    {
        Assert.Equal(samples.Keys.Order(), Kept.Select(option => option.Name[2..]).Order());
        TrainCommand train = Train;
        Assert.Equal(train.Groups.SelectMany(group => group.Options).Select(option => option.Name).Order(), train.Options.Where(option => option.Name.StartsWith("--", StringComparison.Ordinal) && option.Name != "--help").Select(option => option.Name).Order());
    }

    [Fact]
    public void EveryOptionIsReadFromAFileAsFromTheLine()
    {
        foreach ((string key, (string json, string[] words)) in samples)
        {
            ParseResult fromFile = Merged($$"""{"data": "iris", "{{key}}": {{json}}}""");
            ParseResult fromLine = Root().Parse(["train", "iris", .. words.Select(word => $"--{key}={word}")], Cli.Parsing);
            Assert.Empty(fromFile.Errors);
            Assert.Empty(fromLine.Errors);
            Assert.Equal(Words(fromLine, key), Words(fromFile, key));
        }
    }

    [Fact]
    public void EveryOptionIsInTheSchemaAndTheHelp()
    {
        JsonElement properties = Command.Run("train", "--config-schema").Done().Json().GetProperty("properties");
        Assert.Equal(samples.Keys.Append("data").Append("$schema").Order(), properties.EnumerateObject().Select(property => property.Name).Order());
        string help = Command.Run("train", "--help").Done().Output;
        foreach (Option option in Kept)
        {
            Assert.Contains($"  {option.Name} ", help, StringComparison.Ordinal);
            Assert.Contains(option.Description!.Split(' ')[0], help, StringComparison.Ordinal);
        }

        Assert.Contains("Update rule:", help, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePublishedSchemaIsTheOneOfTheCommand()
    {
        string published = Path.Combine(Root(AppContext.BaseDirectory), "docs", "train-config.schema.json");
        string schema = Command.Run("train", "--config-schema").Done().Output;
        if (Environment.GetEnvironmentVariable("FASTMLP_ACCEPT_API") == "1")
        {
            File.WriteAllText(published, schema);
        }

        Assert.True(File.ReadAllText(published) == schema, "docs/train-config.schema.json is not what fastmlp train --config-schema prints: run this test with FASTMLP_ACCEPT_API=1 and commit it.");
    }

    [Fact]
    public void AValueOfAnotherTypeIsRefusedByItsKey()
    {
        foreach ((string key, (string json, _)) in samples)
        {
            foreach (string wrong in (string[])["""{"a":1}""", "null", json[0] is '"' ? "[true]" : "\"no such word\"", json is "false" ? "1" : "true"])
            {
                Write($$"""{"data": "iris", "{{key}}": {{wrong}}}""");
                Command.Run("train", "--config", Config).WasBadUsage("config.json", $"\"{key}\"");
            }
        }
    }

    [Theory]
    [InlineData("""{"data": "iris", "epoch": 3}""", "\"epoch\"", "did you mean \"epochs\"?")]
    [InlineData("""{"data": "iris", "learning-rate": 3}""", "\"learning-rate\"", "--help")]
    [InlineData("""{"data": "iris", "config": "x"}""", "\"config\"")]
    [InlineData("""{"data": "iris", "lr": 0}""", "\"lr\"", "above 0")]
    [InlineData("""{"data": "iris", "lr": 0.1, "lr": 0.2}""", "\"lr\"", "twice")]
    [InlineData("""{"data": "iris", "epochs": 2.5}""", "\"epochs\"", "2.5")]
    [InlineData("""{"data": 3}""", "\"data\"", "a text")]
    [InlineData("""{"lr": 0.1}""", "DATA")]
    [InlineData("""{"data": "iris",""", "JSON", "line 1")]
    [InlineData("""[1]""", "object")]
    [InlineData("""{"data": "iris", "momentum": 0.5}""", "--momentum", "adam")]
    public void WhatIsWrongInAFileIsBadUsage(string json, params string[] parts)
    {
        Write(json);
        Command.Run("train", "--config", Config).WasBadUsage(parts);
    }

    [Fact]
    public void AFileThatIsNotThereIsAFailure() => Command.Run("train", "iris", "--config", folder["none.json"]).FailedWith("none.json");

    [Fact]
    public void TheLineGoesBeforeTheFile()
    {
        ParseResult merged = Merged("""{"$schema": "train-config.schema.json", "data": "iris", "epochs": 3, "layers": [5], "seed": 9}""", "wine", "--epochs", "7");
        Assert.Empty(merged.Errors);
        Assert.Equal(["train", "wine", "--epochs", "7"], merged.Tokens.Select(token => token.Value).Where(word => word is not "--config" && !word.EndsWith(".json", StringComparison.Ordinal)).Take(4));
        Assert.Equal("5", merged.GetResult("--layers")!.Tokens[0].Value);
        Assert.Equal("7", Assert.Single(merged.GetResult("--epochs")!.Tokens).Value);
    }

    [Fact]
    public void ASavedRunIsRunAgain()
    {
        string saved = folder["saved.json"];
        string first = folder["first.safetensors"];
        Command.Run("train", "wine", "--layers", "6,5", "--optimizer", "adamw", "--schedule", "cosine", "--warm-up", ".5", "--dropout", "0.1", "--class-weights", "1,2,1",
            "--clip-norm", "1", "--epochs", "4", "--save-config", saved, "--out", first).Done();
        JsonElement options = JsonDocument.Parse(File.ReadAllText(saved)).RootElement;
        Assert.Equal("[6,5]", options.GetProperty("layers").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal((0.5, 32, 0.01), (options.GetProperty("warm-up").GetDouble(), options.GetProperty("batch").GetInt32(), options.GetProperty("weight-decay").GetDouble()));

        string second = folder["second.safetensors"];
        Command.Run("train", "--config", saved, "--out", second).Done();
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Theory]
    [InlineData("wine", "--optimizer", "amsgrad")]
    [InlineData("wine", "--norm", "batch", "--dropout", "0.1")]
    [InlineData("wine", "--norm", "layer")]
    [InlineData("wine", "--layers", "16,16,16", "--residual", "2")]
    [InlineData("wine", "--layers", "16,12", "--residual", "1", "--norm", "layer", "--dropout", "0.1")]
    [InlineData("wine", "--batch", "4", "--accumulate", "4")]
    [InlineData("wine", "--optimizer", "adagrad")]
    [InlineData("wine", "--optimizer", "rmsprop", "--momentum", "0.5")]
    [InlineData("wine", "--optimizer", "irprop")]
    [InlineData("wine", "--optimizer", "lbfgs")]
    [InlineData("wine", "--schedule", "one-cycle", "--max-norm", "3", "--l1", "1e-5", "--clip-value", "1")]
    [InlineData("wine", "--schedule", "plateau:0.5,3", "--label-smoothing", "0.1", "--class-weights", "balanced")]
    [InlineData("wine", "--optimizer", "nesterov", "--schedule", "adaptive", "--dropout", "0.2")]
    public void EveryOptionForClassesLearns(params string[] options) =>
        Assert.InRange(Command.Run(["train", .. options, "--out", folder["learnt.safetensors"]]).Done().Figure("test accuracy"), 0.85, 1);

    [Theory]
    [InlineData("mean-squared-error")]
    [InlineData("mean-absolute-error")]
    [InlineData("huber:0.5")]
    public void EveryLossForValuesLearns(string loss) =>
        Assert.InRange(Command.Run("train", "diabetes", "--loss", loss, "--out", folder["values.safetensors"]).Done().Figure("test r2"), 0.3, 0.7);

    [Fact]
    public void WhatDoesNotGoWithTheDataIsBadUsage()
    {
        Command.Run("train", "iris", "--loss", "huber").WasBadUsage("--loss huber", "values", "iris");
        Command.Run("train", "diabetes", "--loss", "cross-entropy").WasBadUsage("classes", "diabetes");
        Command.Run("train", "diabetes", "--label-smoothing", "0.1").WasBadUsage("--label-smoothing");
        Command.Run("train", "diabetes", "--class-weights", "balanced").WasBadUsage("--class-weights");
        Command.Run("train", "iris", "--class-weights", "1,2").WasBadUsage("2 weights", "3 classes", "setosa");
        Command.Run("train", "iris", "--optimizer", "lbfgs", "--batch", "10").WasBadUsage("lbfgs", "--batch");
        Command.Run("train", "iris", "--schedule", "step").WasBadUsage("--schedule 'step'");
        Command.Run("train", "iris", "--schedule", "step:-1").WasBadUsage("--schedule");
        Command.Run("train", "iris", "--class-weights", "0,0,0").WasBadUsage("--class-weights");
    }

    [Fact]
    public void AFileWithoutEndIsRefusedAtABound()
    {
        Write("{\"lr\": " + new string('9', 100_000) + "}");
        Support.CommandResult result = Command.Run("train", "iris", "--config", Config);
        result.WasBadUsage("lr", "100,000 characters");
        Assert.InRange(result.Error.Length, 50, 500);

        Write(new string(' ', 2_000_000));
        Command.Run("train", "iris", "--config", Config).WasBadUsage("config.json", "at most 1.00 MiB");
        if (File.Exists("/dev/zero"))
        {
            Command.Run("train", "iris", "--config", "/dev/zero").WasBadUsage("/dev/zero", "at most 1.00 MiB");
        }
    }

    private string Config => folder["config.json"];

    private static RootCommand Root() => Cli.Root(new(TextWriter.Null, TextWriter.Null, TextReader.Null), CancellationToken.None);

    /// <summary>The folder of the repository, above that of the tests.</summary>
    private static string Root(string folder) => Directory.Exists(Path.Combine(folder, "docs")) && File.Exists(Path.Combine(folder, "FastMlp.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);

    private void Write(string json) => File.WriteAllText(Config, json);

    private ParseResult Merged(string json, params string[] words)
    {
        Write(json);
        ParseResult parsed = Root().Parse(["train", .. words, "--config", Config], Cli.Parsing);
        return ((TrainCommand)parsed.CommandResult.Command).WithConfig(parsed);
    }

    private static string[] Words(ParseResult parsed, string key) => [.. ((OptionResult)parsed.GetResult("--" + key)!).Tokens.Select(token => token.Value)];
}
