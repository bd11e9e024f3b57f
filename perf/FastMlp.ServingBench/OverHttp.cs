using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FastMlp.Measuring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace FastMlp.ServingBench;

/// <summary>Requests a second over keep-alive connections. Server and clients share the processors; the systems are measured in turns.</summary>
internal static class OverHttp
{
    private const int Rounds = 3;

    public static async Task<int> RunAsync(double seconds, int connections)
    {
        string path = Path.Combine(Path.GetTempPath(), $"fastmlp-bench-{Environment.ProcessId}.safetensors");
        using (Network network = Sample.Network())
        {
            network.Save(path);
        }

        using InferenceSession session = Sample.Session();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddFastMlp(options => options.Models["m"] = path);
        await using WebApplication app = builder.Build();
        app.MapFastMlp();
        app.MapPost("/constant", async context => await Answer(context, await Parse(context).ConfigureAwait(false) is { Length: > 0 } ? [0.5f, 0.25f, 0.25f] : []).ConfigureAwait(false));
        app.MapPost("/onnx", async context => await Answer(context, Predict(session, await Parse(context).ConfigureAwait(false))).ConfigureAwait(false));
        await app.StartAsync().ConfigureAwait(false);
        Uri address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        (string Name, byte[] Request)[] systems =
        [
            ("1 row, JSON: constant", Json("/constant", 1)),
            ("1 row, JSON: FastMlp", Json("/v2/models/m/infer", 1)),
            ("1 row, JSON: ONNX Runtime", Json("/onnx", 1)),
            ("64 rows, JSON: constant", Json("/constant", 64)),
            ("64 rows, JSON: FastMlp", Json("/v2/models/m/infer", 64)),
            ("64 rows, JSON: ONNX Runtime", Json("/onnx", 64)),
            ("64 rows, binary: FastMlp", Binary("/v2/models/m/infer", 64)),
        ];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Processor.Name}, {InstructionSet.Name}; 30-64-32-3, {connections} connections, median of {Rounds} rounds of {seconds} s in turns"));
        List<double>[] rates = [.. systems.Select(_ => new List<double>())];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < systems.Length; i++)
            {
                double rate = await Measure(address, systems[i].Request, connections, round < 0 ? 1 : seconds).ConfigureAwait(false);
                if (round >= 0)
                {
                    rates[i].Add(rate);
                }
            }
        }

        for (int i = 0; i < systems.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{systems[i].Name,-28} {rates[i].Order().ElementAt(Rounds / 2),9:0} requests/s"));
        }

        File.Delete(path);
        return 0;
    }

    private static async Task<float[]> Parse(HttpContext context)
    {
        Request? request = await JsonSerializer.DeserializeAsync(context.Request.Body, RequestContext.Default.Request, context.RequestAborted).ConfigureAwait(false);
        return request!.inputs[0].data;
    }

    private static async Task Answer(HttpContext context, float[] outputs)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, new Reply("m", [new Tensor("output", "FP32", [outputs.Length / Sample.Outputs, Sample.Outputs], outputs)]), RequestContext.Default.Reply, context.RequestAborted).ConfigureAwait(false);
    }

    private static float[] Predict(InferenceSession session, float[] x)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(x, [x.Length / Sample.Inputs, Sample.Inputs]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [session.InputNames[0]], [input], [session.OutputNames[0]]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static byte[] Json(string path, int rows)
    {
        string numbers = string.Join(',', Sample.Rows(rows).Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
        string body = $"{{\"inputs\":[{{\"name\":\"input\",\"shape\":[{rows},{Sample.Inputs}],\"datatype\":\"FP32\",\"data\":[{numbers}]}}]}}";
        return Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    private static byte[] Binary(string path, int rows)
    {
        byte[] tensor = MemoryMarshal.AsBytes(Sample.Rows(rows).AsSpan()).ToArray();
        string header = $"{{\"parameters\":{{\"binary_data_output\":true}},\"inputs\":[{{\"name\":\"input\",\"shape\":[{rows},{Sample.Inputs}],\"datatype\":\"FP32\",\"parameters\":{{\"binary_data_size\":{tensor.Length}}}}}]}}";
        return [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: {header.Length}\r\nContent-Length: {header.Length + tensor.Length}\r\n\r\n{header}"), .. tensor];
    }

    private static async Task<double> Measure(Uri address, byte[] request, int connections, double seconds)
    {
        using CancellationTokenSource done = new(TimeSpan.FromSeconds(seconds));
        Stopwatch clock = Stopwatch.StartNew();
        long[] counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => Client(address, request, done.Token)))).ConfigureAwait(false);
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    private static async Task<long> Client(Uri address, byte[] request, CancellationToken done)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, CancellationToken.None).ConfigureAwait(false);
        byte[] answer = new byte[1 << 16];
        long count = 0;
        while (!done.IsCancellationRequested)
        {
            await socket.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            int length = 0;
            do
            {
                int read = await socket.ReceiveAsync(answer.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
                length += read > 0 ? read : throw new IOException("the server closed the connection");
            }
            while (!IsWhole(answer.AsSpan(0, length)));

            count++;
        }

        return count;
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        if (!answer.StartsWith("HTTP/1.1 200"u8))
        {
            throw new IOException(Encoding.UTF8.GetString(answer));
        }

        int at = answer.IndexOf("\r\nContent-Length: "u8);
        if (at < 0 || at > head)
        {
            return answer.EndsWith("\r\n0\r\n\r\n"u8);
        }

        return System.Buffers.Text.Utf8Parser.TryParse(answer[(at + 18)..], out int length, out _) && answer.Length >= head + 4 + length;
    }
}
