using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Suites;

/// <summary>One job for each instruction set that this machine has, chosen by the runtime's switches.</summary>
internal static class SuiteConfig
{
    /// <summary>The usual two minutes are too few on a busy machine.</summary>
    private static readonly TimeSpan buildTimeout = TimeSpan.FromMinutes(15);

    public static IConfig Create()
    {
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .WithBuildTimeout(buildTimeout)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumn(new FlopColumn(ofPeak: false), new FlopColumn(ofPeak: true), new UlpColumn());
        Job plain = Job.Default;
        config.AddJob(plain.WithId(JobName(Machine.InstructionSet)).AsBaseline());

        // Each switch takes away the widest set that is left, so a machine without it would measure one set twice.
        if (Machine.InstructionSet == "AVX-512")
        {
            config.AddJob(plain.WithId("AVX2").WithEnvironmentVariable("DOTNET_EnableAVX512", "0"));
        }

        if (Machine.InstructionSet is "AVX-512" or "AVX2")
        {
            config.AddJob(plain.WithId("SSE").WithEnvironmentVariable("DOTNET_EnableAVX2", "0"));
        }

        if (Machine.InstructionSet != "scalar")
        {
            config.AddJob(plain.WithId("scalar").WithEnvironmentVariable("DOTNET_EnableHWIntrinsic", "0"));
        }

        return config;
    }

    private static string JobName(string instructionSet) => instructionSet.Replace("<T>", "", StringComparison.Ordinal);
}
