using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class InspectCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void ShowsLayersPreprocessingAndProvenance()
    {
        string model = folder["iris.safetensors"];
        Command.Run("train", "iris", "--layers", "6", "--activation", "leaky-relu:0.1", "--epochs", "2", "--seed", "42", "--out", model).Done();
        CommandResult result = Command.Run("inspect", model).Done();

        foreach (string part in new[] { "[6, 4]", "[3, 6]", "LeakyRelu(0.1)", "Softmax", "51 parameters", "versicolor", "iris: 102 of 150 rows", "42", "--epochs 2", "--scale standard" })
        {
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void JsonHoldsTheSame()
    {
        string model = folder["wine.safetensors"];
        Command.Run("train", "wine", "--layers", "8,5", "--epochs", "2", "--out", model).Done();
        JsonElement json = Command.Run("inspect", model, "--json").Done().Json();

        Assert.Equal([8, 5, 3], json.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("units").GetInt32()));
        Assert.Equal("classification", json.GetProperty("preprocessing").GetProperty("task").GetString());
        Assert.Equal(1, json.GetProperty("training").GetProperty("seed").GetInt32());
        Assert.Equal("wine", json.GetProperty("training").GetProperty("data").GetString());
    }

    [Fact]
    public void ShowsWhatStandsBetweenDenseLayers()
    {
        string model = folder["layered.safetensors"];
        using (Network network = Network.Input(4).Dense(6).BatchNorm().Activate(Activation.Relu).Dropout(0.25f).Residual(b => b.LayerNorm().Dense(6)).Dense(3, Activation.Softmax).Build(seed: 1))
        {
            network.Save(model);
        }

        string text = Command.Run("inspect", model).Done().Output;
        Assert.All(["norms.0", "BatchNorm", "Relu", "Dropout 0.25", "norms.1", "LayerNorm", "Sum with dropouts.0", "[6, 4]", "117 parameters"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        JsonElement[] layers = [.. Command.Run("inspect", model, "--json").Done().Json().GetProperty("layers").EnumerateArray()];
        Assert.Equal(["Dense", "BatchNorm", "Activation", "Dropout", "LayerNorm", "Dense", "Sum", "Dense"], layers.Select(layer => layer.GetProperty("kind").GetString()));
        Assert.Equal(["layers.1", "dropouts.0"], layers[6].GetProperty("sources").EnumerateArray().Select(source => source.GetString()));
        Assert.Equal("input", layers[0].GetProperty("sources")[0].GetString());
        Assert.Equal(0.25, layers[3].GetProperty("rate").GetDouble());
        Assert.Equal(
            ["norms.0.weight Scale", "norms.0.bias Shift", "norms.0.running_mean RunningMean", "norms.0.running_var RunningVariance"],
            layers[1].GetProperty("tensors").EnumerateArray().Select(tensor => $"{tensor.GetProperty("name").GetString()} {tensor.GetProperty("role").GetString()}"));
    }

    [Fact]
    public void AModelOfTheLibraryNeedsNoPreprocessing()
    {
        string model = folder["plain.safetensors"];
        using (Network network = Network.Input(4).Dense(3, Activation.Softmax).Build(seed: 1))
        {
            network.Save(model);
        }

        Assert.Contains("not recorded", Command.Run("inspect", model).Done().Output, StringComparison.Ordinal);
        Assert.InRange(Command.Run("predict", model, folder.Write("plain.csv", "1,2,3,4\n5,6,7,8\n")).Done().OutputLines.Length, 3, 3);
    }
}
