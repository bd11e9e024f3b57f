using System.Diagnostics;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class CompletionCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Theory]
    [InlineData("fastmlp ", "train", "predict", "completion")]
    [InlineData("fastmlp tr", "train")]
    [InlineData("fastmlp train ", "digits", "breast-cancer", "--report")]
    [InlineData("fastmlp train --re", "--report")]
    [InlineData("fastmlp train digits --optimizer ", "adam", "nesterov")]
    [InlineData("fastmlp train digits --activation ge", "gelu")]
    [InlineData("fastmlp train digits --scale ", "pixels")]
    [InlineData("fastmlp evaluate m.safetensors w", "wine")]
    [InlineData("fastmlp completion ", "bash", "zsh", "fish", "powershell")]
    public void TheCommandKnowsWhatMayFollow(string line, params string[] wanted) =>
        Assert.Subset(Command.Run($"[suggest:{line.Length}]", line).Done().OutputLines.ToHashSet(), wanted.ToHashSet());

    [Fact]
    public void APathFromTheRootIsNoOption() =>
        Assert.DoesNotContain(Command.Run("[suggest:14]", "fastmlp train ").Done().OutputLines, line => line.StartsWith('/'));

    [Theory]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "zsh", "-n")]
    [InlineData("fish", "fish", "--no-execute")]
    public void EachScriptIsOneToItsShell(string shell, params string[] check)
    {
        string script = folder.Write($"fastmlp.{shell}", Command.Run("completion", shell).Done().Output);
        (int code, string output) = Run(check[0], [.. check[1..], script]);
        Assert.True(code == 0, output);
    }

    [Fact]
    public void PowerShellHasItsOwn()
    {
        Assert.Contains("Register-ArgumentCompleter", Command.Run("completion", "powershell").Done().Output, StringComparison.Ordinal);
        Command.Run("completion", "tcsh").WasBadUsage("tcsh");
    }

    /// <summary>The script as bash runs it when somebody presses the tabulator key, with the command of this build behind the name.</summary>
    [Theory]
    [InlineData("fastmlp trai", "train")]
    [InlineData("fastmlp train --opt", "--optimizer")]
    [InlineData("fastmlp train digits --optimizer ne", "nesterov")]
    [InlineData("fastmlp train dig", "digits")]
    [InlineData("fastmlp train cars", "cars.csv")]
    public void BashCompletes(string line, string wanted)
    {
        folder.Write("cars.csv", "a,b\n1,2\n");
        string script = folder.Write("completion.bash", Command.Run("completion", "bash").Done().Output);
        string words = string.Join(' ', line.Split(' ').Select(word => $"'{word}'"));
        string program = $"""
            cd '{folder.Root}'
            fastmlp() {'{'} dotnet '{Path.Combine(AppContext.BaseDirectory, "FastMlp.Cli.dll")}' "$@"; {'}'}
            source '{script}'
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=({words}) COMP_CWORD={line.Split(' ').Length - 1}
            _fastmlp
            printf '%s\n' "${'{'}COMPREPLY[@]{'}'}"
            """;
        (int code, string output) = Run("bash", ["--norc", "-c", program]);

        Assert.True(code == 0, output);
        Assert.Equal(wanted, output.Trim());
    }

    private static (int Code, string Output) Run(string program, string[] arguments)
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(path => path.Length > 0 && File.Exists(Path.Combine(path, program))), $"There is no {program} here.");
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
