using FastMlp.Data;
using FastMlp.Hosting.Tests.Client;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Specification;

namespace FastMlp.Hosting.Tests;

/// <summary>A server on free ports of this machine, with a model of numbers, one of classes and one of raw columns, and clients of both protocols.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly GrpcChannel channel;

    private TestServer(WebApplication app, string folder)
    {
        this.app = app;
        Folder = folder;
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        Address = new Uri(addresses[0]);
        Http = new HttpClient { BaseAddress = Address };
        Rest = new RestClient(Http);
        channel = GrpcChannel.ForAddress(addresses[1]);
        Grpc = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
    }

    public string Folder { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public RestClient Rest { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient Grpc { get; }

    public ModelStore Store => app.Services.GetRequiredService<ModelStore>();

    public IServiceProvider Services => app.Services;

    public static async Task<TestServer> StartAsync(Action<FastMlpOptions>? configure = null)
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-hosting-").FullName;
        Numbers(1).Save(Path.Combine(folder, "numbers.safetensors"));
        using (TabularModel iris = Iris())
        {
            iris.Save(Path.Combine(folder, "iris.safetensors"));
        }

        using (TabularModel houses = Houses())
        {
            houses.Save(Path.Combine(folder, "houses.safetensors"));
        }

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddFastMlp(options =>
        {
            foreach (string name in new[] { "numbers", "iris", "houses" })
            {
                options.Models[name] = Path.Combine(folder, name + ".safetensors");
            }

            options.Live = options.Live with { Warmup = false };
            options.WatchInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(options);
        });
        WebApplication app = builder.Build();
        app.MapFastMlp();
        app.MapFastMlpPage();
        app.MapHealthChecks("/healthz");
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(app, folder);
    }

    public Task StopAsync() => app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        channel.Dispose();
        await app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>y = (scale a + b, a - b, 7).</summary>
    public static Network Numbers(float scale)
    {
        Network network = Network.Input(2).Dense(3).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom([scale, 1, 1, -1, 0, 0]);
        network.Tensors["layers.0.bias"].CopyFrom([0, 0, 7]);
        return network;
    }

    public static TabularModel Iris() => TabularModel.Fit(
        RawTable.Of(BuiltInDatasets.Iris()),
        (inputs, outputs) => Network.Input(inputs).Dense(8, Activation.Relu).Dense(outputs, Activation.Softmax).Build(seed: 1),
        new FitOptions { Optimizer = new Adam(0.02f), Epochs = 40 });

    public static TabularModel Houses() => TabularModel.Fit(
        CsvDataset.LoadTable(new StringReader("size,town,price\n" + string.Concat(Enumerable.Range(0, 200).Select(i =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{i % 23},{(i % 3 == 0 ? "Ulm" : "Bonn")},{100_000 + (2_000 * (i % 23)) + (i % 3 == 0 ? 30_000 : 0) + 0.5}\n"))))),
        (inputs, outputs) => Network.Input(inputs).Dense(outputs).Build(seed: 1),
        new FitOptions { Optimizer = new Adam(0.05f), Epochs = 100 });
}
