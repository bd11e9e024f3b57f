using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;

namespace FastMlp.Cli.Tests;

/// <summary>The server as the shell starts it and as SIGTERM ends it.</summary>
public sealed class ServeCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private const string Row = """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]}]}""";

    [Fact]
    public async Task ItAnswersMeasuresAndEndsWithCtrlC()
    {
        using CancellationTokenSource stop = new();
        int port = FreePort();
        Task<CommandResult> serving = Task.Run(() => Command.RunUntil(stop.Token, "serve", $"flower={Iris()}", "--port", $"{port}", "--grpc-port", "0", "--json"));
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Until(async () => (await http.GetAsync("v2/health/ready")).IsSuccessStatusCode);
        using HttpResponseMessage answer = await http.PostAsync("v2/models/flower/infer", new StringContent(Row), TestContext.Current.CancellationToken);
        Assert.Contains("\"data\":[\"setosa\"]", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // As Prometheus scrapes it: bounds from a microsecond, and the request counted.
        string metrics = "";
        await Until(async () => (metrics = await http.GetStringAsync("metrics")).Contains("fastmlp_requests", StringComparison.Ordinal));
        Assert.Contains("le=\"1e-06\"", metrics, StringComparison.OrdinalIgnoreCase);
        Assert.Matches("fastmlp_predict_duration_seconds_count\\{[^}]*model=\"flower\"[^}]*\\} 1\\b", metrics);
        Assert.Contains("<title>FastMlp</title>", await http.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await stop.CancelAsync();
        CommandResult result = await serving;
        result.Done();
        JsonElement json = result.Json();
        Assert.Equal($"http://127.0.0.1:{port}", json.GetProperty("rest").GetString());
    }

    [Fact]
    public void WhatCannotBeServedIsNamed()
    {
        Command.Run("serve", folder["none.safetensors"]).FailedWith("none.safetensors");
        File.WriteAllText(folder["bad.safetensors"], "{}");
        Command.Run("serve", folder["bad.safetensors"], "--port", "0", "--grpc-port", "-1").FailedWith("bad.safetensors");
        Command.Run("serve").WasBadUsage("MODEL");
        Command.Run("serve", "a=x.safetensors", "a=y.safetensors").WasBadUsage("two models are named 'a'");
        Command.Run("serve", Iris(), "--listen", "everywhere").WasBadUsage("--listen");
        Command.Run("serve", Iris(), "--port", "7", "--grpc-port", "7").WasBadUsage("two ports");
    }

    [Fact]
    public async Task SigtermLosesNoAcceptedRequest()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        int port = FreePort();
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { typeof(Cli).Assembly.Location, "serve", Iris(), "--port", $"{port}", "--grpc-port", "-1" })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        try
        {
            Assert.Contains($":{port}", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            List<TcpClient> clients = [];
            for (int i = 0; i < 10; i++)
            {
                TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {Row.Length}\r\n\r\n{Row[..20]}"), TestContext.Current.CancellationToken);
                clients.Add(client);
            }

            await Task.Delay(500, TestContext.Current.CancellationToken);
            using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            {
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            await Task.Delay(300, TestContext.Current.CancellationToken);
            foreach (TcpClient client in clients)
            {
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Row[20..]), TestContext.Current.CancellationToken);
                using StreamReader reader = new(client.GetStream());
                Assert.Contains("200", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
                client.Dispose();
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private string Iris()
    {
        string path = folder["iris.safetensors"];
        if (!File.Exists(path))
        {
            using TabularModel model = TabularModel.Fit(
                RawTable.Of(BuiltInDatasets.Iris()),
                (inputs, outputs) => Network.Input(inputs).Dense(8, Activation.Relu).Dense(outputs, Activation.Softmax).Build(seed: 1),
                new FitOptions { Optimizer = new Adam(0.02f), Epochs = 40 });
            model.Save(path);
        }

        return path;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 400; i++)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail("it did not come about in 20 seconds");
    }
}
