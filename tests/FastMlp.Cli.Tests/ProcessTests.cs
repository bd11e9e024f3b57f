using System.Diagnostics;
using System.Globalization;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>The command as the shell sees it.</summary>
public sealed class ProcessTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public async Task WritesTheModelToTheCurrentFolderAndSaysSo()
    {
        CommandResult result = (await Run("train", "iris", "--epochs", "2")).Done();

        Assert.Contains("iris.safetensors", result.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["iris.safetensors"]));
    }

    [Fact]
    public async Task ExitCodesReachTheShell()
    {
        (await Run("info")).Done();
        (await Run("train", "digts")).FailedWith("did you mean digits?");
        (await Run("train", "digits", "--lr", "x")).WasBadUsage("--lr");
    }

    [Fact]
    public async Task DebugVariableShowsWhereAnErrorCameFrom()
    {
        CommandResult result = await Run(start => start.Environment["FASTMLP_DEBUG"] = "1", null, "train", "digts");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("   at FastMlp.Cli.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInterruptStopsScoresAndSaves()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill that sends an interrupt to one process.");
        Assert.SkipWhen(InterruptsAreIgnored(), "This run ignores interrupts, and so do its children: it was started in the background by a shell without job control.");
        CommandResult result = await Run(_ => { }, InterruptAfterTheFirstLine, "train", "iris", "--layers", "8", "--epochs", "200000", "--out", "stopped.safetensors");

        result.Done();
        Assert.Contains("stopping after this batch", result.Error, StringComparison.Ordinal);
        Assert.Contains("as you asked", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.Figure("test accuracy"), 0, 1);
        Assert.True(File.Exists(folder["stopped.safetensors"]));
    }

    private static bool InterruptsAreIgnored()
    {
        const string Status = "/proc/self/status";
        const ulong Interrupt = 1 << 1;
        string? ignored = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        return ignored is not null
            && (ulong.Parse(ignored.AsSpan("SigIgn:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & Interrupt) != 0;
    }

    private static async Task InterruptAfterTheFirstLine(Process process)
    {
        // A twentieth of the run: training is under way, and far from its end.
        Assert.StartsWith("epoch ", await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private Task<CommandResult> Run(params string[] args) => Run(_ => { }, null, args);

    private async Task<CommandResult> Run(Action<ProcessStartInfo> prepare, Func<Process, Task>? meanwhile, params string[] args)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(Cli).Assembly.Location, .. args])
        {
            WorkingDirectory = folder.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        prepare(start);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (meanwhile is not null)
        {
            await meanwhile(process);
        }

        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CommandResult(process.ExitCode, (await output).ReplaceLineEndings("\n"), (await error).ReplaceLineEndings("\n"));
    }
}
