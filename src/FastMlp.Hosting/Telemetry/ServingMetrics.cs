using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FastMlp.Hosting;

/// <summary>What a service measures, under the meter <see cref="Name"/>.</summary>
/// <remarks>
/// Latencies are in seconds, as Prometheus wants them, with bounds from a microsecond: the usual bounds begin at 5 milliseconds and would put every prediction into
/// the first bucket. Recording allocates nothing.
/// </remarks>
public sealed class ServingMetrics : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "FastMlp";

    private readonly Meter meter;
    private readonly Histogram<double> latency;
    private readonly Counter<long> rows;
    private readonly Counter<long> requests;
    private readonly UpDownCounter<long> underWay;

    /// <param name="factory">Makes the meter.</param>
    /// <param name="store">Whose models are counted.</param>
    public ServingMetrics(IMeterFactory factory, ModelStore store)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(store);
        meter = factory.Create(Name);
        latency = meter.CreateHistogram("fastmlp.predict.duration", "s", "Time of the network alone, all rows of a request", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.5, 1, 5],
        });
        rows = meter.CreateCounter<long>("fastmlp.predict.rows", "{row}", "Rows answered");
        requests = meter.CreateCounter<long>("fastmlp.requests", "{request}", "Requests by model, protocol and status");
        underWay = meter.CreateUpDownCounter<long>("fastmlp.requests.under_way", "{request}", "Requests that are being answered");
        meter.CreateObservableCounter("fastmlp.model.swaps", () => store.Loaded.Select(model => Of(model, model.Live.Swaps)), "{swap}", "How often another model became current");
        meter.CreateObservableCounter("fastmlp.model.refusals", () => store.Loaded.Select(model => Of(model, model.Live.Refusals)), "{model}", "Models that a check refused");
        meter.CreateObservableGauge("fastmlp.model.version", () => store.Loaded.Select(model => Of(model, model.Live.Version?.Number ?? 0)), null, "The version that answers");
        meter.CreateObservableGauge("fastmlp.model.memory", () => store.Loaded.Select(model => Of(model, model.Bytes)), "By", "Memory of the weights, estimated");
        meter.CreateObservableCounter("fastmlp.store.evictions", () => store.Evictions, "{model}", "Models let go of to stay within the memory budget");

        static Measurement<long> Of(ServedModel model, long value) => new(value, new KeyValuePair<string, object?>("model", model.Name));
    }

    /// <summary>A span for each request that is answered, where somebody listens.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    internal void Predicted(string model, long started, int count)
    {
        KeyValuePair<string, object?> tag = new("model", model);
        latency.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tag);
        rows.Add(count, tag);
    }

    internal void Began() => underWay.Add(1);

    internal void Ended(string model, string protocol, string status)
    {
        underWay.Add(-1);
        requests.Add(1, new("model", model), new("protocol", protocol), new("status", status));
    }
}
