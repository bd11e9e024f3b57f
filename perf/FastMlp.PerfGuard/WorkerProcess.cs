using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FastMlp.PerfGuard;

/// <summary>Starts the guard's program as a worker and reads its line.</summary>
internal static class WorkerProcess
{
    public static WorkerResult Measure(string program, double seconds, IReadOnlyCollection<string> names, string? inject)
    {
        List<string> arguments = [program, "--worker", "--seconds", seconds.ToString(CultureInfo.InvariantCulture)];
        foreach (string name in names)
        {
            arguments.AddRange(["--case", name]);
        }

        if (inject is not null)
        {
            arguments.AddRange(["--inject", inject]);
        }

        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What surrounds the kernels would be recompiled in the middle of the samples: a step of 64-64-10 scattered by 18 % then, by 2 so.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<WorkerResult>(output, Json.Line) ?? throw new GuardException("A worker wrote no results.")
            : throw new GuardException($"A worker failed with exit code {process.ExitCode}: {FirstLine(errors.Result)}");
    }

    private static string FirstLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "no message";
}
