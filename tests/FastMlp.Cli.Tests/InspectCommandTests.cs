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
        Assert.All(["BatchNorm 0", "Relu", "Dropout 0.25", "LayerNorm 1", "Sum with stage 3", "117 parameters"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        JsonElement[] stages = [.. Command.Run("inspect", model, "--json").Done().Json().GetProperty("stages").EnumerateArray()];
        Assert.Equal(["Dense", "BatchNorm", "Activation", "Dropout", "LayerNorm", "Dense", "Sum", "Dense"], stages.Select(stage => stage.GetProperty("kind").GetString()));
        Assert.Equal(3, stages[6].GetProperty("skip").GetInt32());
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
