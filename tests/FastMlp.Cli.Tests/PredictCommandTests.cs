using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;

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
