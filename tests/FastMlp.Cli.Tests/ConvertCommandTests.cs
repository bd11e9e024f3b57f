using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class ConvertCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    /// <summary>Classes and values, through ONNX and back: the same predictions to the last digit, from the rows as the data have them.</summary>
    [Theory]
    [InlineData("iris", "--layers", "6", "--activation", "gelu")]
    [InlineData("wine", "--layers", "8,5", "--activation", "silu", "--scale", "minmax")]
    [InlineData("diabetes", "--layers", "7", "--activation", "tanh")]
    public void ThereAndBackPredictsTheSame(string data, params string[] options)
    {
        string model = folder[data + ".safetensors"], onnx = folder[data + ".onnx"], back = folder[data + "-back.safetensors"];
        Command.Run(["train", data, "--epochs", "3", "--out", model, .. options]).Done();
        Command.Run("convert", model, onnx).Done();
        Command.Run("convert", onnx, back).Done();

        string expected = Command.Run("predict", model, data).Done().Output;
        Assert.Equal(expected, Command.Run("predict", back, data).Done().Output);
        Assert.Equal(expected, Command.Run("predict", onnx, data).Done().Output);
        Assert.Equal(Command.Run("evaluate", model, data).Done().Output, Command.Run("evaluate", back, data).Done().Output);
        Assert.Equal(Inspect(model), Inspect(back));

        string Inspect(string path) => Command.Run("inspect", path).Done().Output.Replace(path, "MODEL", StringComparison.Ordinal).Split('\n', 2)[1];
    }

    /// <summary>The columns of text and the gaps of a table are the file's own matter; the graph takes them encoded, and the file still says how.</summary>
    [Fact]
    public void CategoriesAndGapsComeBack()
    {
        string[] colours = ["red", "green", "blue"];
        string table = folder.Write("mixed.csv", "size,colour,price\n" + string.Concat(Enumerable.Range(0, 90).Select(i =>
            $"{(i % 7 == 0 ? "" : (i % 11).ToString(System.Globalization.CultureInfo.InvariantCulture))},{colours[i % 3]},{(i % 11) + (10 * (i % 3))}\n")));
        string model = folder["mixed.safetensors"], onnx = folder["mixed.onnx"], back = folder["mixed-back.safetensors"];
        Command.Run("train", table, "--missing", "mean", "--layers", "6", "--epochs", "3", "--out", model).Done();
        Command.Run("convert", model, onnx).Done();
        Command.Run("convert", onnx, back).Done();

        string expected = Command.Run("predict", model, table).Done().Output;
        Assert.Equal(expected, Command.Run("predict", onnx, table).Done().Output);
        Assert.Equal(expected, Command.Run("predict", back, table).Done().Output);
    }

    [Fact]
    public void SaysWhatItWrote()
    {
        string model = folder["said.safetensors"];
        using (Network network = Network.Input(4).Dense(5, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1))
        {
            network.Save(model);
        }

        Assert.Contains("4 -> 5 Relu -> 3 Softmax, 43 parameters", Command.Run("convert", model, folder["said.onnx"]).Done().Output, StringComparison.Ordinal);
        JsonElement json = Command.Run("convert", folder["said.onnx"], folder["again.safetensors"], "--json").Done().Json();
        Assert.Equal(43, json.GetProperty("parameters").GetInt32());
        Assert.Equal(0, json.GetProperty("notes").GetArrayLength());
    }

    [Fact]
    public void BadUsageAndBadFiles()
    {
        string model = folder["bad.safetensors"];
        using (Network network = Network.Input(4).Dense(3, Activation.Softmax).Build(seed: 1))
        {
            network.Save(model);
        }

        Command.Run("convert", model).WasBadUsage("OUT");
        Command.Run("convert", model, folder["m.h5"]).WasBadUsage(".h5", ".onnx");
        Command.Run("convert", folder["m.pt"], folder["m.onnx"]).FailedWith("no model file", "m.pt");
        Command.Run("convert", model, folder["m.onnx"], "--output", "y").WasBadUsage("--output", "ONNX");
        Command.Run("convert", folder["none.onnx"], folder["m.safetensors"]).FailedWith("none.onnx");
        Command.Run("convert", folder.Write("text.onnx", "hello"), folder["m.safetensors"]).FailedWith("text.onnx", "torn or no ONNX");
        Command.Run("convert", model, Path.Combine(folder["nowhere"], "m.onnx")).FailedWith("nowhere");
        Assert.False(File.Exists(folder["m.safetensors"]));
    }
}
