using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class BenchLatencyTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void AModelOfTheUsersIsMeasuredInEverySurrounding()
    {
        using (Network network = Network.Input(3).Dense(4, Activation.Relu).Dense(2).Build(1))
        {
            network.Save(folder["m.safetensors"]);
        }

        JsonElement json = Command.Run("bench", "--latency", "--model", folder["m.safetensors"], "--batch", "1,3", "--rate", "1000", "--seconds", "0.1", "--json").Done().Json();
        JsonElement[] lines = [.. json.GetProperty("latency").EnumerateArray()];
        Assert.Equal(["alone", "alone", "all cores at once", "beside collections of every generation"], lines.Select(line => line.GetProperty("where").GetString()));
        Assert.Equal([1, 3, 1, 1], lines.Select(line => line.GetProperty("rows").GetInt32()));
        Assert.Equal(100, lines[0].GetProperty("calls").GetInt64());
        Assert.All(lines, line => Assert.True(line.GetProperty("p50Microseconds").GetDouble() <= line.GetProperty("mostMicroseconds").GetDouble() && line.GetProperty("p50Microseconds").GetDouble() > 0));
        Assert.Contains("p99.99", Command.Run("bench", "--latency", "--layers", "3,2", "--batch", "1", "--rate", "1000", "--seconds", "0.05").Done().Output, StringComparison.Ordinal);
        Command.Run("bench", "--model", folder["m.safetensors"]).WasBadUsage("--latency");
        Command.Run("bench", "--latency", "--rate", "0").WasBadUsage("--rate");
    }
}
