using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;

namespace FastMlp.Benchmarks.Suites;

/// <summary>One job for each instruction set that this machine has, chosen by the runtime's switches.</summary>
internal static class SuiteConfig
{
    public static IConfig Create()
    {
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .WithBuildTimeout(TimeSpan.FromMinutes(15))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddJob(Job.Default.WithId(InstructionSet.Name.Replace("<T>", "", StringComparison.Ordinal)).AsBaseline());

        // Each switch takes away the widest set that is left, so a machine without it would measure one set twice.
        if (InstructionSet.Name == "AVX-512")
        {
            config.AddJob(Job.Default.WithId("AVX2").WithEnvironmentVariable("DOTNET_EnableAVX512", "0"));
        }

        if (InstructionSet.Name is "AVX-512" or "AVX2")
        {
            config.AddJob(Job.Default.WithId("SSE").WithEnvironmentVariable("DOTNET_EnableAVX2", "0"));
        }

        return config;
    }
}
