namespace FastMlp.Benchmarks.Suites;

/// <summary>A suite that knows the work in a call, so that the columns GFLOP/s and % of peak can be filled.</summary>
public interface ICountsFlop
{
    /// <summary>Floating-point operations in one call, with the parameters set.</summary>
    double Flop { get; }
}
