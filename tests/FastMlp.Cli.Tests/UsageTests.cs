using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>A command line that is not understood ends with exit code 2 before anything is read or written.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("--layers", "64,x")]
    [InlineData("--layers", "64,")]
    [InlineData("--activation", "rellu")]
    [InlineData("--activation", "relu:3")]
    [InlineData("--activation", "scaled-sigmoid:0,1")]
    [InlineData("--task", "guess")]
    [InlineData("--optimizer", "adamw2")]
    [InlineData("--lr", "0")]
    [InlineData("--lr", "-0.1")]
    [InlineData("--lr", "nan")]
    [InlineData("--lr", "fast")]
    [InlineData("--momentum", "1")]
    [InlineData("--weight-decay", "-1")]
    [InlineData("--epochs", "0")]
    [InlineData("--epochs", "1.5")]
    [InlineData("--batch", "0")]
    [InlineData("--batch", "some")]
    [InlineData("--validation", "1")]
    [InlineData("--validation", "-0.1")]
    [InlineData("--test", "1.5")]
    [InlineData("--early-stop", "-1")]
    [InlineData("--seed", "first")]
    [InlineData("--threads", "-1")]
    [InlineData("--scale", "huge")]
    public void ABadValueNamesItsOption(string option, string value) =>
        Command.Run("train", "iris", option, value).WasBadUsage(option, value);

    [Fact]
    public void OptionsThatDoNotGoTogether()
    {
        Command.Run("train", "iris", "--momentum", "0.5").WasBadUsage("--momentum");
        Command.Run("train", "iris", "--optimizer", "nesterov", "--momentum", "0").WasBadUsage("nesterov");
        Command.Run("train", "iris", "--early-stop", "5", "--validation", "0").WasBadUsage("--early-stop");
        Command.Run("train", "iris", "--target", "species").WasBadUsage("--target");
    }

    [Fact]
    public void MissingAndUnknownWords()
    {
        Command.Run().WasBadUsage("command");
        Command.Run("trian", "digits").WasBadUsage("trian", "did you mean train?");
        Command.Run("cook").WasBadUsage("cook", "there are train");
        Command.Run("train").WasBadUsage("DATA");
        Command.Run("train", "iris", "wine").WasBadUsage("wine");
        Command.Run("train", "iris", "--nonsense").WasBadUsage("--nonsense");
        Command.Run("train", "iris", "--lr").WasBadUsage("--lr");
        Command.Run("evaluate", "model").WasBadUsage("DATA");
        Command.Run("predict").WasBadUsage("MODEL");
        Command.Run("inspect").WasBadUsage("MODEL");
    }

    [Theory]
    [InlineData("--epoch", "did you mean --epochs?")]
    [InlineData("--optimiser=adam", "did you mean --optimizer?")]
    [InlineData("--jsn", "did you mean --json?")]
    [InlineData("--earlystop", "did you mean --early-stop?")]
    [InlineData("--zzzzzzzz", "there is no option '--zzzzzzzz'.")]
    public void AMisspeltOptionIsSuggested(string option, string answer) =>
        Command.Run("train", "iris", option).WasBadUsage(answer);

    [Theory]
    [InlineData("--activation", "rellu", "Did you mean relu?")]
    [InlineData("--optimizer", "adamm", "Did you mean adam?")]
    [InlineData("--schedule", "cosin", "Did you mean cosine?")]
    public void AMisspeltValueIsSuggested(string option, string value, string answer) =>
        Command.Run("train", "iris", option, value).WasBadUsage(option, value, answer);

    [Fact]
    public void AMessageQuotesNoMillionCharacters()
    {
        CommandResult result = Command.Run("train", "iris", "--lr", new string('9', 1_000_000));
        result.WasBadUsage("--lr", "1,000,000 characters");
        Assert.InRange(result.Error.Length, 50, 400);
    }

    [Fact]
    public void HelpIsNoErrorAndFitsATerminalOf80Columns()
    {
        string main = Command.Run("--help").Done().Output;
        Assert.All(Cli.Root(new(TextWriter.Null, TextWriter.Null, TextReader.Null), CancellationToken.None).Subcommands, command =>
        {
            CommandResult help = Command.Run(command.Name, "--help").Done();
            Assert.Contains($"  {command.Name} ", main, StringComparison.Ordinal);
            Assert.Contains($"fastmlp {command.Name}", help.Output, StringComparison.Ordinal);
            Assert.All(command.Arguments, argument => Assert.Contains($"<{argument.Name}>", help.Output, StringComparison.Ordinal));
            Assert.All(command.Options, option => Assert.Contains(option.Name, help.Output, StringComparison.Ordinal));
            Assert.Contains("--json", help.Output, StringComparison.Ordinal);
            Assert.All(help.OutputLines.Concat(main.Split('\n')), line => Assert.True(line.Length <= 80, line));
        });
    }

    [Fact]
    public void ManyCommandLinesAreReadAtTheSameTime()
    {
        string[] wrong = ["train", "iris", "--lr", "0"];
        Assert.Equal(Enumerable.Repeat(2, 200), ParallelEnumerable.Range(0, 200).Select(_ => Command.Run(wrong).ExitCode));
    }
}
