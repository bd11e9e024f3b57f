using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace FastMlp.Benchmarks.Suites;

/// <summary>GFLOP/s from the mean, or that over the FMA peak of the job's instruction set.</summary>
internal sealed class FlopColumn(bool ofPeak) : IColumn
{
    public string Id => ColumnName;

    public string ColumnName => ofPeak ? "% of peak" : "GFLOP/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => ofPeak ? 1 : 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => ofPeak
        ? "Share of the FMA peak of one core on the job's instruction set, measured after the runs"
        : "Floating-point operations of the matrix products / mean time";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        double? mean = summary[benchmarkCase]?.ResultStatistics?.Mean;
        if (mean is null || Flop(benchmarkCase) is not { } flop)
        {
            return "-";
        }

        // Mean is in nanoseconds, so this is GFLOP/s as it stands.
        double gflops = flop / mean.Value;
        return ofPeak
            ? (100 * gflops / PeakOfJob.Gflops(benchmarkCase.Job)).ToString("0.0", CultureInfo.InvariantCulture)
            : gflops.ToString("0.0", CultureInfo.InvariantCulture);
    }

    private static double? Flop(BenchmarkCase benchmarkCase)
    {
        if (Activator.CreateInstance(benchmarkCase.Descriptor.Type) is not ICountsFlop suite)
        {
            return null;
        }

        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
        {
            suite.GetType().GetProperty(parameter.Name)?.SetValue(suite, parameter.Value);
        }

        return suite.Flop;
    }
}
