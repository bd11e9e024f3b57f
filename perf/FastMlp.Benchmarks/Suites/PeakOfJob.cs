using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Jobs;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Suites;

/// <summary>The FMA peak under a job's switches, from a process started with them.</summary>
internal static class PeakOfJob
{
    /// <summary>The argument that makes this program print the peak and leave.</summary>
    public const string Verb = "peak";

    private static readonly Dictionary<string, double> peaks = [];

    public static double Gflops(Job job)
    {
        if (!peaks.TryGetValue(job.Id, out double peak))
        {
            peak = Measure(job);
            peaks.Add(job.Id, peak);
        }

        return peak;
    }

    /// <summary>The 95th of a hundred samples, as the sampler has it.</summary>
    public static int Print()
    {
        double[] samples = new double[100];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = FmaPeak.MeasureGflops();
        }

        Array.Sort(samples);
        Console.WriteLine(samples[94].ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static double Measure(Job job)
    {
        ProcessStartInfo start = new(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(PeakOfJob).Assembly.Location, Verb])
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
        return double.TryParse(text, CultureInfo.InvariantCulture, out double peak) ? peak : double.NaN;
    }
}
