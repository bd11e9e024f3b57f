using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;

namespace FastMlp.Hosting.Protocol;

/// <summary>What the two protocols share: models by name, limits, keys, pooled calls, metadata.</summary>
internal sealed class InferenceServer(IOptions<FastMlpOptions> options, ModelStore store, ServingMetrics metrics)
{
    public const string ServerName = "fastmlp";

    private readonly ObjectPool<InferCall> calls = new DefaultObjectPool<InferCall>(new Calls(), Math.Max(32, 4 * Environment.ProcessorCount));
    private int underWay;

    /// <summary>The extensions that the server metadata name.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["binary_tensor_data"];

    public static string ServerVersion { get; } = typeof(InferenceServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public FastMlpOptions Options { get; } = options.Value;

    public ModelStore Store => store;

    public ServingMetrics Metrics => metrics;

    public ApiKeys Keys { get; } = new(options.Value.ApiKeys);

    /// <summary>One more request is under way. Every call is followed by <see cref="End"/>.</summary>
    /// <exception cref="RequestRefusedException">There are too many.</exception>
    public InferCall Begin()
    {
        metrics.Began();
        if (Interlocked.Increment(ref underWay) > Options.MaxConcurrentRequests)
        {
            Interlocked.Decrement(ref underWay);
            throw new RequestRefusedException($"{Options.MaxConcurrentRequests} requests are under way, which is the limit; try again later.", StatusCodes.Status503ServiceUnavailable);
        }

        return calls.Get();
    }

    public void End(InferCall? call, string model, string protocol, string status)
    {
        metrics.Ended(model, protocol, status);
        if (call is not null)
        {
            Interlocked.Decrement(ref underWay);
            calls.Return(call);
        }
    }

    /// <summary>The model that answers, with the contract of its current version.</summary>
    /// <exception cref="RequestRefusedException">There is none of that name and version.</exception>
    public async ValueTask<ServedModel> FindAsync(string name, string? version, CancellationToken cancellationToken)
    {
        try
        {
            if (!store.TryGet(name, out ServedModel? model))
            {
                model = await store.GetAsync(name, cancellationToken).ConfigureAwait(false)
                    ?? throw new RequestRefusedException($"there is no model '{name}'.", StatusCodes.Status404NotFound);
            }

            int current = model.Live.Version?.Number ?? 0;
            return string.IsNullOrEmpty(version) || (int.TryParse(version, System.Globalization.CultureInfo.InvariantCulture, out int asked) && asked == current)
                ? model
                : throw new RequestRefusedException($"the model '{name}' has no version '{version}' now; it answers with version {current}.", StatusCodes.Status404NotFound);
        }
        catch (ModelRefusedException exception)
        {
            throw new RequestRefusedException($"the model '{name}' cannot be loaded: {exception.Message}", StatusCodes.Status503ServiceUnavailable);
        }
    }

    public static ModelContract ContractOf(ServedModel model) => (ModelContract)(model.Live.Version ?? throw new RequestRefusedException($"the model '{model.Name}' is not loaded.", StatusCodes.Status503ServiceUnavailable)).Context!;

    /// <summary>Parses, predicts and, where the model was let go of or changed its shape meanwhile, says so.</summary>
    public void Run(InferCall call, ServedModel model, ModelContract contract)
    {
        using Activity? activity = ServingMetrics.Activities.StartActivity("predict");
        activity?.SetTag("fastmlp.model", model.Name);
        try
        {
            call.Run(model, contract, Options.MaxRows, metrics);
            activity?.SetTag("fastmlp.rows", call.RowCount);
            activity?.SetTag("fastmlp.version", call.Version!.Number);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw new RequestRefusedException($"the model '{model.Name}' was let go of; try again.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>Name, type and shape of what the model takes.</summary>
    public static IEnumerable<(string Name, string Type, long[] Shape)> InputsOf(ModelContract contract) => contract.TakesColumns
        ? contract.Columns.Select((name, i) => (name, contract.ColumnType(i), new long[] { -1, 1 }))
        : [(InferCall.Input, "FP32", [-1, contract.FeatureCount])];

    /// <summary>The same of what it gives.</summary>
    public static IEnumerable<(string Name, string Type, long[] Shape)> OutputsOf(ModelContract contract)
    {
        yield return (InferCall.Output, "FP32", [-1, contract.OutputCount]);
        if (contract.ClassNames.Count > 0)
        {
            yield return (InferCall.Class, "BYTES", [-1]);
        }
    }

    private sealed class Calls : IPooledObjectPolicy<InferCall>
    {
        public InferCall Create()
        {
            InferCall call = new();
            call.Reset();
            return call;
        }

        public bool Return(InferCall obj)
        {
            obj.Reset();
            return true;
        }
    }
}
