using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace FastMlp.Benchmarks.Suites;

/// <summary>The largest error of an activation on the job's instruction set, beside its time.</summary>
internal sealed class UlpColumn : IColumn
{
    public string Id => ColumnName;

    public string ColumnName => "max ULP";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 2;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Largest error in units in the last place over a sweep of floats, on the job's instruction set";

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(b => b.Descriptor.Type == typeof(ActivationSuite));

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (benchmarkCase.Descriptor.Type != typeof(ActivationSuite))
        {
            return "-";
        }

        string function = (string)benchmarkCase.Parameters[nameof(ActivationSuite.Function)];
        double ulps = JobProcess.Number(benchmarkCase.Job, ActivationError.Verb, function);
        return double.IsNaN(ulps) ? "-" : ulps.ToString("0.00", CultureInfo.InvariantCulture);
    }
}
