using System.Text.Json;

namespace FastMlp.Cli.Tests.Support;

/// <summary>What one run of the command left behind.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The number on the line of its own that starts with <paramref name="name"/> and a colon.</summary>
    public double Figure(string name)
    {
        string line = Assert.Single(OutputLines, line => line.StartsWith(name + ": ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 2)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The whole of standard output as one JSON object.</summary>
    public JsonElement Json()
    {
        using JsonDocument document = JsonDocument.Parse(Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    public CommandResult Done()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        return this;
    }

    /// <summary>Exit code 1, nothing on standard output, one line on standard error that says each of these.</summary>
    public void FailedWith(params string[] parts)
    {
        Assert.Equal((1, ""), (ExitCode, Output));
        // What was read may stand before it.
        string line = Assert.Single(ErrorLines, candidate => candidate.StartsWith("fastmlp: ", StringComparison.Ordinal));
        Assert.Equal(ErrorLines[^1], line);
        Assert.True(ErrorLines.Length == 1 || ErrorLines[0].StartsWith("column ", StringComparison.Ordinal), ErrorLines[0]);
        Assert.DoesNotContain("unexpected", line, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
    }

    /// <summary>Exit code 2, nothing on standard output, one line that says each of these and one that points to the help.</summary>
    public void WasBadUsage(params string[] parts)
    {
        Assert.Equal((2, ""), (ExitCode, Output));
        Assert.Equal(2, ErrorLines.Length);
        Assert.All(parts, part => Assert.Contains(part, ErrorLines[0], StringComparison.Ordinal));
        Assert.Contains("--help", ErrorLines[1], StringComparison.Ordinal);
    }
}

/// <summary>Runs the command in this process.</summary>
internal static class Command
{
    public static CommandResult Run(params string[] args) => RunWith(null, args, CancellationToken.None);

    /// <summary>With this text on standard input.</summary>
    public static CommandResult Pipe(string input, params string[] args) => RunWith(input, args, CancellationToken.None);

    /// <summary>With a Ctrl-C of the caller's own.</summary>
    public static CommandResult RunUntil(CancellationToken stop, params string[] args) => RunWith(null, args, stop);

    private static CommandResult RunWith(string? input, string[] args, CancellationToken stop)
    {
        StringWriter output = new() { NewLine = "\n" };
        StringWriter error = new() { NewLine = "\n" };
        int exitCode = Cli.Run(args, output, error, input is null ? null : new StringReader(input), stop);
        return new CommandResult(exitCode, output.ToString(), error.ToString());
    }
}
