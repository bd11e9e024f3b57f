using FastMlp.Hosting.Protocol;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>FastMlp's endpoints.</summary>
public static class FastMlpEndpointRouteBuilderExtensions
{
    /// <summary>Maps the Open Inference Protocol, version 2: REST below <c>/v2</c>, and gRPC.</summary>
    /// <param name="routes">The routes of the application, to whose services <c>AddFastMlp</c> was applied.</param>
    public static IEndpointRouteBuilder MapFastMlp(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.ServiceProvider.GetRequiredService<RestEndpoints>().Map(routes);
        routes.MapGrpcService<GrpcInferenceService>();
        return routes;
    }

    /// <summary>Asks for a key of <see cref="FastMlp.Hosting.FastMlpOptions.ApiKeys"/> at other endpoints too, such as that of metrics.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="services">The services of the application.</param>
    public static TBuilder RequireFastMlpKey<TBuilder>(this TBuilder endpoints, IServiceProvider services)
        where TBuilder : IEndpointConventionBuilder
    {
        ApiKeys keys = services.GetRequiredService<InferenceServer>().Keys;
        endpoints.Add(endpoint =>
        {
            Http.RequestDelegate? inner = endpoint.RequestDelegate;
            endpoint.RequestDelegate = context =>
            {
                if (keys.Allows(context.Request))
                {
                    return inner?.Invoke(context) ?? Task.CompletedTask;
                }

                context.Response.StatusCode = Http.StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Task.CompletedTask;
            };
        });
        return endpoints;
    }

    /// <summary>Maps a page that shows the models, lets one send a row, and shows the latency as the browser sees it.</summary>
    /// <param name="routes">The routes of the application.</param>
    /// <param name="pattern">Where.</param>
    public static IEndpointRouteBuilder MapFastMlpPage(this IEndpointRouteBuilder routes, string pattern = "/")
    {
        ArgumentNullException.ThrowIfNull(routes);
        using Stream stream = typeof(FastMlpEndpointRouteBuilderExtensions).Assembly.GetManifestResourceStream("page.html")!;
        byte[] page = new byte[stream.Length];
        stream.ReadExactly(page);
        routes.MapGet(pattern, context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.ContentLength = page.Length;
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return context.Response.Body.WriteAsync(page, 0, page.Length, context.RequestAborted);
        });
        return routes;
    }
}
