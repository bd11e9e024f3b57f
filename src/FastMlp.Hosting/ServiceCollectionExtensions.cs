using FastMlp.Hosting;
using FastMlp.Hosting.Protocol;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>FastMlp's services.</summary>
public static class FastMlpServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="ModelStore"/> with named models, their loading at the start and reload on change, metrics, and the health checks <c>fastmlp</c> (tag <c>ready</c>).</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Which models, and within which limits.</param>
    public static IServiceCollection AddFastMlp(this IServiceCollection services, Action<FastMlpOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        services.AddOptions<FastMlpOptions>()
            .Validate(options => options.MaxBodyBytes > 0 && options.MaxRows > 0 && options.MaxConcurrentRequests > 0 && options.MemoryBudget > 0, "The limits of FastMlpOptions are above 0.")
            .Validate(options => options.ApiKeys.All(key => key.Length > 0), "A key of FastMlpOptions.ApiKeys is empty.")
            .ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton<ModelStore>();
        services.TryAddSingleton<ServingMetrics>();
        services.TryAddSingleton<InferenceServer>();
        services.TryAddSingleton<RestEndpoints>();
        services.TryAddSingleton<GrpcInferenceService>();
        services.AddHostedService<ModelLoading>();
        services.AddGrpc();
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<FastMlpOptions>>((grpc, options) => grpc.MaxReceiveMessageSize = options.Value.MaxBodyBytes);
        services.AddHealthChecks().AddCheck<ModelHealthCheck>("fastmlp", tags: ["ready"]);
        return services;
    }

    /// <summary>Loads the named models at the start, and says at the end that the service is not ready any more.</summary>
    private sealed class ModelLoading(ModelStore store, ServingMetrics metrics, IHostApplicationLifetime lifetime) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(metrics);
            lifetime.ApplicationStopping.Register(store.Drain);
            await store.LoadAllAsync(cancellationToken).ConfigureAwait(false);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Healthy once all named models answer; degraded while a new file is refused, for the last good model still answers.</summary>
    private sealed class ModelHealthCheck(ModelStore store) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            Dictionary<string, object> data = store.Loaded.ToDictionary(model => model.Name, model => (object)(model.Live.LastRefusal ?? $"version {model.Live.Version?.Number}"));
            return Task.FromResult(!store.IsReady ? HealthCheckResult.Unhealthy("The models are not loaded yet, or the service is ending.", data: data)
                : store.Loaded.Any(model => model.Live.LastRefusal is not null) ? HealthCheckResult.Degraded("A new file of a model was refused; the one before answers.", data: data)
                : HealthCheckResult.Healthy(data: data));
        }
    }
}
