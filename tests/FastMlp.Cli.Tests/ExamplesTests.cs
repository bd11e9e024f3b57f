using System.CommandLine;
using FastMlp.Cli.Tests.Support;
using Command = FastMlp.Cli.Tests.Support.Command;

namespace FastMlp.Cli.Tests;

/// <summary>The examples of the help are command lines that the command understands.</summary>
public sealed class ExamplesTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("compare")]
    [InlineData("inspect")]
    [InlineData("convert")]
    [InlineData("info")]
    [InlineData("bench")]
    [InlineData("serve")]
    [InlineData("completion")]
    public void HelpEndsWithExamplesThatParse(string command)
    {
        string help = Command.Run(command, "--help").Done().Output;
        string[] lines = help[help.IndexOf("Examples:", StringComparison.Ordinal)..].Replace("\\\n      ", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];

        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            Assert.Contains($"fastmlp {command}", line, StringComparison.Ordinal);
            string[] words = [.. line[(line.IndexOf("fastmlp ", StringComparison.Ordinal) + 8)..].Split('>')[0].TrimEnd(')', ' ').Split(' ')];
            Assert.Empty(Cli.Root(new(TextWriter.Null, TextWriter.Null, TextReader.Null), CancellationToken.None).Parse(words).Errors);
        });
    }

    [Fact]
    public void EveryCommandHasExamplesAndJson()
    {
        RootCommand root = Cli.Root(new(TextWriter.Null, TextWriter.Null, TextReader.Null), CancellationToken.None);
        Assert.All(root.Subcommands, command => Assert.NotEmpty(Assert.IsAssignableFrom<CliCommand>(command).Examples));
        Assert.Contains("fastmlp train digits", Command.Run("--help").Done().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCommandPrintsOneJsonObject()
    {
        using TempFolder folder = new();
        string model = folder["m.safetensors"];
        string[][] lines =
        [
            ["train", "iris", "--epochs", "1", "--layers", "4", "--out", model, "--report", folder["m.html"]],
            ["tune", "iris", "--trials", "2", "--epochs", "3"],
            ["evaluate", model, "iris"],
            ["predict", model, "iris"],
            ["compare", model, model, "--data", "iris"],
            ["data", "iris"],
            ["inspect", model],
            ["convert", model, folder["m.onnx"]],
            ["info"],
            ["bench", "--layers", "4,3,2", "--batch", "1", "--seconds", "0.01"],
            ["serve", model, "--port", "0", "--grpc-port", "0"],
            ["completion", "bash"],
        ];
        Assert.Equal(Cli.Root(new(TextWriter.Null, TextWriter.Null, TextReader.Null), CancellationToken.None).Subcommands.Select(command => command.Name).Order(), lines.Select(line => line[0]).Order());

        // The server is told to end before it begins to wait; the others do not listen to that.
        Assert.All(lines, line => Command.RunUntil(new CancellationToken(line[0] == "serve"), [.. line, "--json"]).Done().Json());
    }
}
