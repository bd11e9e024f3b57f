using System.Globalization;
using BenchmarkDotNet.Jobs;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Suites;

/// <summary>The FMA peak under a job's switches, from a process started with them.</summary>
internal static class PeakOfJob
{
    /// <summary>The argument that makes this program print the peak and leave.</summary>
    public const string Verb = "peak";

    public static double Gflops(Job job) => JobProcess.Number(job, Verb);

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
}
