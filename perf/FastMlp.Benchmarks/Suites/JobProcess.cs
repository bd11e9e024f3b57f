using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Jobs;

namespace FastMlp.Benchmarks.Suites;

/// <summary>Asks this program, started with a job's switches, for a number: what belongs to an instruction set cannot be had in a process of another.</summary>
internal static class JobProcess
{
    private static readonly Dictionary<string, double> answers = [];

    /// <summary>What the verb prints; NaN where it prints no number.</summary>
    public static double Number(Job job, params string[] verb)
    {
        string key = $"{job.Id} {string.Join(' ', verb)}";
        if (!answers.TryGetValue(key, out double answer))
        {
            answer = Ask(job, verb);
            answers.Add(key, answer);
        }

        return answer;
    }

    private static double Ask(Job job, string[] verb)
    {
        ProcessStartInfo start = new(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(JobProcess).Assembly.Location, .. verb])
        {
            RedirectStandardOutput = true,
        };
        foreach (EnvironmentVariable variable in job.Environment.EnvironmentVariables ?? [])
        {
            start.Environment[variable.Key] = variable.Value;
        }

        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;
    }
}
