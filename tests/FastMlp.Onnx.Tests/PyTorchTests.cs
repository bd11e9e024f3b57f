using System.Text.Json;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>Networks that PyTorch exported (tools/make-onnx-fixtures.py), against PyTorch's own answers.</summary>
public class PyTorchTests
{
    private static readonly OnnxImportOptions lenient = new() { LogSoftmaxAsSoftmax = true, TanhGeluAsGelu = true };

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Sources.Beside("Fixtures"), "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AnswersAsPyTorchDoes(string name)
    {
        using OnnxImport import = OnnxModel.Import(Sources.Beside("Fixtures", name + ".onnx"), lenient);
        (float[] input, float[] output) = Vector(name);
        float[] y = import.Network.Predict(input);
        Assert.Equal("features", import.InputName);
        Assert.Equal("answer", import.OutputName);
        switch (name)
        {
            case "gelu-tanh":
                // Another function, taken on demand: near, but not as near as rounding.
                Assert.InRange(Close.Error(output, y, 1), 1e-6, 1e-3);
                Assert.Single(import.Notes);
                break;
            case "log-softmax":
                Close.Equal(output, Array.ConvertAll(y, MathF.Log), name);
                break;
            default:
                Close.Equal(output, y, name);
                break;
        }
    }

    [Fact]
    public void EveryFixtureOfTheScriptIsThere() => Assert.InRange(Names.Count, 17, 100);

    [Theory]
    [InlineData("scaled", 2)]
    [InlineData("batch-norm", 2)]
    [InlineData("relu-dropout-softmax", 2)]
    [InlineData("gelu", 2)]
    [InlineData("prelu", 3)]
    [InlineData("clips", 7)]
    public void NoMoreLayersThanTheNetworkNeeds(string name, int layers)
    {
        using OnnxImport import = OnnxModel.Import(Sources.Beside("Fixtures", name + ".onnx"), lenient);
        Assert.True(import.Network.LayerCount <= layers, $"{import.Network.LayerCount} layers");
    }

    [Fact]
    public void ScalingsAreKeptApartWhenAsked()
    {
        using OnnxImport import = OnnxModel.Import(Sources.Beside("Fixtures", "scaled.onnx"), new OnnxImportOptions { SeparateScaling = true });
        Assert.Equal([1, -20, 0.3f, 5], import.InputScaling!.Offsets.ToArray());
        Assert.Equal([0.5f, 1 / 7f, 10, 1], import.InputScaling.Scales.ToArray());
        Assert.Equal([150], import.OutputScaling!.Offsets.ToArray());
        Assert.Equal([1 / 40f], import.OutputScaling.Scales.ToArray());

        (float[] x, float[] expected) = Vector("scaled");
        float[] scaled = [.. x.Select((value, i) => (value - import.InputScaling.Offsets[i % 4]) * import.InputScaling.Scales[i % 4])];
        float[] y = [.. import.Network.Predict(scaled).Select(value => (value / import.OutputScaling.Scales[0]) + import.OutputScaling.Offsets[0])];
        Close.Equal(expected, y, "scaled");
    }

    private static (float[] Input, float[] Output) Vector(string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Sources.Beside("Fixtures", name + ".json")));
        float[] Numbers(string member) => [.. json.RootElement.GetProperty(member).EnumerateArray().Select(number => (float)number.GetDouble())];
        return (Numbers("input"), Numbers("output"));
    }
}
