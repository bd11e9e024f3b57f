using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary><c>train --ensemble</c> and <c>predict --spread</c>.</summary>
public sealed class EnsembleCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private string Model => folder["ensemble.safetensors"];

    [Fact]
    public void SeveralNetworksAreOneModelWithASpread()
    {
        CommandResult told = Command.Run("train", "diabetes", "--ensemble", "3", "--layers", "9", "--epochs", "20", "--out", Model).Done();
        Assert.Contains("10 -> 27 Relu -> 1 Identity", told.Output, StringComparison.Ordinal);
        Assert.Contains("3 networks of 9 in one", told.Output, StringComparison.Ordinal);
        Assert.InRange(told.Figure("test r2"), 0.2, 0.7);
        string[] lines = Command.Run("predict", Model, "diabetes", "--spread").Done().OutputLines;
        Assert.EndsWith("_sd", lines[0], StringComparison.Ordinal);
        double[] spreads = [.. lines.Skip(1).Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture))];
        Assert.Equal(442, spreads.Length);

        // In the unit of the data, whose standard deviation is 77.
        Assert.InRange(spreads.Average(), 0.5, 60);
        string[] plain = Command.Run("predict", Model, "diabetes").Done().OutputLines;
        Assert.Equal(plain.Skip(1), lines.Skip(1).Select(line => line.Split(',')[0]));
    }

    [Fact]
    public void ClassesHaveTheirSpreadAndEntropy()
    {
        Command.Run("train", "iris", "--ensemble", "4", "--layers", "8", "--epochs", "30", "--lr", "0.01", "--out", Model).Done();
        Assert.Equal("class,probability,sd,entropy", Command.Run("predict", Model, "iris", "--spread").Done().OutputLines[0]);
        JsonElement[] rows = [.. Command.Run("predict", Model, "iris", "--spread", "--probabilities", "--json").Done().Json().GetProperty("predictions").EnumerateArray()];
        foreach (JsonElement row in rows)
        {
            double[] p = [.. row.GetProperty("probabilities").EnumerateObject().Select(one => one.Value.GetDouble())];
            Assert.Equal(-p.Sum(one => one * Math.Log(one)), row.GetProperty("entropy").GetDouble(), 1e-5);
            Assert.InRange(row.GetProperty("sd").GetDouble(), 0, 0.5);
        }

        Assert.True(rows.Max(row => row.GetProperty("sd").GetDouble()) > 0.01);
    }

    [Fact]
    public void TheResultIsTheSameOnAnyNumberOfThreads()
    {
        foreach (string threads in (string[])["1", "4"])
        {
            Command.Run("train", "wine", "--ensemble", "3", "--epochs", "5", "--threads", threads, "--out", folder[$"{threads}.safetensors"]).Done();
        }

        Assert.Equal(File.ReadAllBytes(folder["1.safetensors"]), File.ReadAllBytes(folder["4.safetensors"]));
        Assert.InRange(Command.Run("train", "wine", "--ensemble", "2", "--epochs", "5", "--folds", "2").Done().Figure("mean accuracy"), 0.5, 1);
    }

    [Theory]
    [InlineData("--checkpoint", "--ensemble", "2", "--checkpoint", "run")]
    [InlineData("leave --stream away", "--ensemble", "2", "--stream")]
    [InlineData("--ensemble", "--ensemble", "2", "--norm", "batch", "--epochs", "1")]
    [InlineData("--ensemble '0'", "--ensemble", "0")]
    public void WhatDoesNotGoTogetherIsBadUsage(string message, params string[] options) => Command.Run(["train", "iris", "--out", Model, .. options]).WasBadUsage(message);

    [Fact]
    public void OneNetworkHasNoSpread()
    {
        Command.Run("train", "iris", "--epochs", "1", "--out", folder["one.safetensors"]).Done();
        Command.Run("predict", folder["one.safetensors"], "iris", "--spread").FailedWith("--ensemble 5");
    }
}
