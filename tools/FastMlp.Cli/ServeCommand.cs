using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using FastMlp.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace FastMlp.Cli;

/// <summary><c>fastmlp serve</c>: models behind the Open Inference Protocol, over REST and gRPC.</summary>
internal sealed class ServeCommand : CliCommand
{
    /// <summary>Holds a key, so that it does not stand in a list of processes.</summary>
    private const string KeyVariable = "FASTMLP_API_KEY";

    private readonly Argument<string[]> models = new("MODEL")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Model files, as PATH or NAME=PATH, or one folder of which every .safetensors file is loaded when it is first asked for",
    };

    private readonly Option<string> listen = new("--listen") { HelpName = "ADDRESS", Description = "Address to listen on; any for all [default: 127.0.0.1]", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> port = new("--port") { HelpName = "N", Description = "Port of REST, the page and metrics; 0 for a free one [default: 8080]", DefaultValueFactory = _ => 8080 };
    private readonly Option<int> grpcPort = new("--grpc-port") { HelpName = "N", Description = "Port of gRPC; 0 for a free one, -1 for none [default: 8081]", DefaultValueFactory = _ => 8081 };
    private readonly Option<string?> keyFile = new("--key-file") { HelpName = "FILE", Description = $"Ask for one of the keys in this file, one a line; {KeyVariable} may hold one too" };
    private readonly Option<string?> certificate = new("--tls-certificate") { HelpName = "FILE.pem", Description = "Speak TLS with this certificate" };
    private readonly Option<string?> certificateKey = new("--tls-key") { HelpName = "FILE.pem", Description = "Its private key [default: in the same file]" };
    private readonly Option<bool> noReload = new("--no-reload") { Description = "Do not load a file again when it changes" };
    private readonly Option<int> maxBody = new("--max-body") { HelpName = "BYTES", Description = "Largest body or gRPC message [default: 16777216]", DefaultValueFactory = _ => 16 << 20 };
    private readonly Option<int> maxRows = new("--max-rows") { HelpName = "N", Description = "Most rows in a request [default: 100000]", DefaultValueFactory = _ => 100_000 };
    private readonly Option<int> maxRequests = new("--max-requests") { HelpName = "N", Description = "Most requests at once [default: 1024]", DefaultValueFactory = _ => 1024 };
    private readonly Option<int> memory = new("--memory") { HelpName = "MB", Description = "Memory for the models of a folder [default: 1024]", DefaultValueFactory = _ => 1024 };
    private readonly Option<double> drain = new("--drain") { HelpName = "SECONDS", Description = "After SIGTERM, say that it is not ready and go on answering for this long [default: 0]" };

    public ServeCommand(CommandContext context)
        : base(context, "serve", "Answer requests of the Open Inference Protocol (version 2) over REST and gRPC.")
    {
        Add(models);
        foreach (Option option in new Option[] { listen, port, grpcPort, keyFile, certificate, certificateKey, noReload, maxBody, maxRows, maxRequests, memory, drain })
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp serve iris.safetensors",
        "fastmlp serve price=models/price.safetensors churn=models/churn.safetensors --port 9000",
        "fastmlp serve models/ --listen any --key-file keys.txt",
    ];

    protected override int Run(ParseResult parsed)
    {
        Settings settings = Read(parsed);
        foreach ((string name, string path) in settings.Models)
        {
            Sources.FileKind.CheckModel(path);
            if (!File.Exists(path))
            {
                throw new CommandFailedException($"there is no model file '{path}' for the model '{name}'.");
            }
        }

        WebApplication app = Build(settings);
        try
        {
            app.Lifetime.ApplicationStopping.Register(() =>
            {
                // Before the server stops to listen: whoever balances the load sees that it is not ready, and sends no more.
                app.Services.GetRequiredService<ModelStore>().Drain();
                Thread.Sleep(settings.Drain);
            });
            app.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
            string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
            Announce(parsed, settings, addresses);
            using CancellationTokenRegistration stopped = Stop.Register(app.Lifetime.StopApplication);
            app.WaitForShutdownAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (ModelRefusedException exception)
        {
            throw new CommandFailedException(exception.Message);
        }
        finally
        {
            app.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        return ExitCode.Done;
    }

    private static WebApplication Build(Settings settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole();
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        if (settings.Certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxBody;
            Listen(kestrel, settings, settings.Port, HttpProtocols.Http1AndHttp2);
            if (settings.GrpcPort >= 0)
            {
                Listen(kestrel, settings, settings.GrpcPort, HttpProtocols.Http2);
            }
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddFastMlp(options =>
        {
            foreach ((string name, string path) in settings.Models)
            {
                options.Models[name] = path;
            }

            foreach (string key in settings.Keys)
            {
                options.ApiKeys.Add(key);
            }

            options.Folder = settings.Folder;
            options.MemoryBudget = settings.Memory;
            options.WatchInterval = settings.Reloads ? TimeSpan.FromSeconds(1) : null;
            (options.MaxBodyBytes, options.MaxRows, options.MaxConcurrentRequests) = (settings.MaxBody, settings.MaxRows, settings.MaxRequests);
        });
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(ServingMetrics.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());

        WebApplication app = builder.Build();
        app.MapFastMlp();
        app.MapFastMlpPage();
        app.MapPrometheusScrapingEndpoint().RequireFastMlpKey(app.Services);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, Settings settings, int port, HttpProtocols protocols) => kestrel.Listen(settings.Address, port, listener =>
    {
        listener.Protocols = protocols == HttpProtocols.Http1AndHttp2 && settings.Certificate is null ? HttpProtocols.Http1 : protocols;
        if (settings.Certificate is not null)
        {
            listener.UseHttps(settings.Certificate);
        }
    });

    private void Announce(ParseResult parsed, Settings settings, string[] addresses)
    {
        if (!IPAddress.IsLoopback(settings.Address) && settings.Keys.Length == 0)
        {
            Console.Error.WriteLine($"note: anybody who reaches this machine may ask: it listens on {settings.Address} and asks for no key (--key-file).");
        }

        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "serve");
                json.WriteString("rest", addresses[0]);
                json.WriteString("grpc", addresses.Length > 1 ? addresses[1] : null);
            });
        }
        else
        {
            Console.Output.WriteLine($"REST, page and metrics: {addresses[0]}");
            if (addresses.Length > 1)
            {
                Console.Output.WriteLine($"gRPC: {addresses[1]}");
            }
        }

        Console.Output.Flush();
    }

    private Settings Read(ParseResult parsed)
    {
        List<(string, string)> named = [];
        string? folder = null;
        foreach (string given in parsed.GetRequiredValue(models))
        {
            int equals = given.IndexOf('=', StringComparison.Ordinal);
            if (Directory.Exists(given))
            {
                folder = folder is null ? given : throw new UsageException($"one folder can be served, not both '{folder}' and '{given}'.");
                continue;
            }

            // A path may have an equals sign in it.
            bool isPath = equals < 0 || File.Exists(given);
            string name = isPath ? Path.GetFileNameWithoutExtension(given) : given[..equals];
            if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
            {
                throw new UsageException($"'{given}' names no model; PATH or NAME=PATH was expected.");
            }

            if (named.Any(one => one.Item1 == name))
            {
                throw new UsageException($"two models are named '{name}'; give one another name with NAME=PATH.");
            }

            named.Add((name, isPath ? given : given[(equals + 1)..]));
        }

        string address = parsed.GetValue(listen)!;
        if (!IPAddress.TryParse(address is "any" ? "0.0.0.0" : address is "localhost" ? "127.0.0.1" : address, out IPAddress? parsedAddress))
        {
            throw new UsageException($"--listen is an IP address, localhost or any, not '{address}'.");
        }

        (int rest, int grpc) = (parsed.GetValue(port), parsed.GetValue(grpcPort));
        if (rest is < 0 or > 65535 || grpc is < -1 or > 65535 || (rest == grpc && rest > 0))
        {
            throw new UsageException(rest == grpc ? "--port and --grpc-port are two ports." : "--port and --grpc-port are from 0 to 65535.");
        }

        if (parsed.GetValue(maxBody) < 1024 || parsed.GetValue(maxRows) < 1 || parsed.GetValue(maxRequests) < 1 || parsed.GetValue(memory) < 1 || parsed.GetValue(drain) is not (>= 0 and <= 3600))
        {
            throw new UsageException("--max-body is at least 1024, --max-rows, --max-requests and --memory at least 1, --drain from 0 to 3600.");
        }

        List<string> keys = parsed.GetValue(keyFile) is { } file ? [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)] : [];
        if (parsed.GetValue(keyFile) is { } empty && keys.Count == 0)
        {
            throw new CommandFailedException($"there is no key in '{empty}'.");
        }

        if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key)
        {
            keys.Add(key);
        }

        X509Certificate2? tls = parsed.GetValue(certificate) is { } pem ? X509Certificate2.CreateFromPemFile(pem, parsed.GetValue(certificateKey)) : null;
        return new Settings(
            [.. named], folder, parsedAddress, rest, grpc, [.. keys], tls, !parsed.GetValue(noReload),
            parsed.GetValue(maxBody), parsed.GetValue(maxRows), parsed.GetValue(maxRequests), (long)parsed.GetValue(memory) << 20, TimeSpan.FromSeconds(parsed.GetValue(drain)));
    }

    private sealed record Settings(
        (string Name, string Path)[] Models, string? Folder, IPAddress Address, int Port, int GrpcPort, string[] Keys, X509Certificate2? Certificate, bool Reloads,
        int MaxBody, int MaxRows, int MaxRequests, long Memory, TimeSpan Drain);
}
