using FastMlp.Data;
using FastMlp.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FastMlp.Onnx.Tests;

/// <summary>Graphs that take raw columns, as scikit-learn's pipelines are exported: texts, gaps, a graph's input for each column.</summary>
public class RawColumnTests
{
    private static readonly string[] colours = ["red", "green", "blue", "other"];

    /// <summary>Two inputs: numbers with gaps, imputed and scaled; texts, one feature for each. The network takes what stands behind the encoders.</summary>
    [Fact]
    public void NumbersWithGapsAndTexts()
    {
        GraphText graph = Pipeline();
        using OnnxImport import = graph.Import();
        Assert.Equal(["size", "size", "colour"], import.Columns.Select(column => column.Input));
        Assert.Equal([0, 1, 0], import.Columns.Select(column => column.Index));
        Assert.Equal([2.5f, -1f, null], import.Columns.Select(column => column.Fill));
        Assert.Equal(["blue", "green", "red"], import.Columns[2].Categories);
        Assert.Equal(5, import.Network.InputSize);
        Assert.Equal("size, colour", import.InputName);

        const int Rows = 24;
        float[] sizes = [.. GraphText.Numbers(2 * Rows, 8, scale: 3).Select((value, i) => i % 5 == 0 ? float.NaN : value)];
        string[] texts = [.. Enumerable.Range(0, Rows).Select(i => colours[i % 4])];
        OnnxRuntime.Require();
        using InferenceSession session = OnnxRuntime.Open(graph.Bytes());
        float[] expected = OnnxRuntime.Run(
            session,
            [NamedOnnxValue.CreateFromTensor("size", new DenseTensor<float>(sizes, new[] { Rows, 2 })), NamedOnnxValue.CreateFromTensor("colour", new DenseTensor<string>(texts, new[] { Rows, 1 }))],
            "y");
        float[] features = [.. Enumerable.Range(0, Rows).SelectMany(row => import.Columns.SelectMany(column => Encode(column, sizes, texts, row)))];
        Close.Equal(expected, import.Network.Predict(features), "pipeline");
    }

    [Fact]
    public void ScalingBehindAnImputerIsKeptApartWhenAsked()
    {
        using OnnxImport import = Pipeline().Import(new OnnxImportOptions { SeparateScaling = true });
        Assert.Equal([1, -2, 0, 0, 0], import.InputScaling!.Offsets.ToArray());
        Assert.Equal([0.5f, 4, 1, 1, 1], import.InputScaling.Scales.ToArray());
    }

    [Fact]
    public void TextsToNumbers()
    {
        GraphText graph = new GraphText(17, -1, 1)
            .Nodes("ai.onnx.ml/LabelEncoder x -> n").With("keys_strings", new[] { "low", "high" }).With("values_floats", new[] { 1f, 5 }).With("default_float", -2.0)
            .Nodes("Mul n two -> y").Weight("two", [], 2);
        graph.Model.Graph.Input[0].Type.TensorType.ElemType = 8;
        using OnnxImport import = graph.Import();
        Assert.Equal(["low", "high"], Assert.Single(import.Columns).Categories);
        Assert.Equal([2, 10, -4], import.Network.Predict([1, 0, 0, 1, 0, 0]));
    }

    [Fact]
    public void WhatCannotBeRawColumnsIsRefused()
    {
        GraphText unused = new GraphText(17, -1, 2).Nodes("Mul x two -> y").Weight("two", [], 2);
        unused.Model.Graph.Input[0].Type.TensorType.ElemType = 8;
        unused.Refused("'x'", "texts", "OneHotEncoder");
        GraphText.AfterDense("ai.onnx.ml/Imputer z -> y").With("imputed_value_floats", new[] { 1f }).With("replaced_value_float", double.NaN).Refused("(ai.onnx.ml.Imputer)", "directly behind the graph's inputs");
        new GraphText(17, -1, 2).Nodes("ai.onnx.ml/Imputer x -> y").With("imputed_value_floats", new[] { 1f }).With("replaced_value_float", -999.0).Refused("(ai.onnx.ml.Imputer)", "-999", "NaN");
    }

    /// <summary>Exported raw columns: gaps, a mark for gaps, texts with a row of features each. ONNX Runtime takes the columns, the network the features.</summary>
    [Fact]
    public void RawColumnsAreExported()
    {
        using Network network = Network.Input(7).Dense(6, Activation.Tanh).Dense(2, Activation.Softmax).Build(seed: 4);
        KeyValuePair<string, float[]>[] texts = [KeyValuePair.Create("red", new float[] { 1, 0, 0 }), KeyValuePair.Create("green", new float[] { 0, 1, 0 }), KeyValuePair.Create("", new[] { 0.25f, 0.75f, 0 })];
        OnnxScaling scaling = new([1, 2, 3, 4, 0, 0, 0], [1, 0.5f, 2, 1, 1, 1, 3]);
        OnnxExportOptions options = new()
        {
            Columns = [OnnxRawColumn.Number("a"), OnnxRawColumn.Number("b (m)", fill: -1.5f), OnnxRawColumn.Number("c", fill: 2, indicator: 1), OnnxRawColumn.Text("d", texts, [0, 0, 1])],
            InputScaling = scaling,
        };
        byte[] model = ExportTests.Bytes(network, options);
        using OnnxImport inner = OnnxModel.Import(new MemoryStream(model), new OnnxImportOptions { Input = "input", SeparateScaling = true });
        Assert.Equal(scaling.Offsets.ToArray(), inner.InputScaling!.Offsets.ToArray());
        Assert.Empty(inner.Notes);

        const int Rows = 12;
        float[][] numbers = [.. Enumerable.Range(0, 3).Select(c => GraphText.Numbers(Rows, c, scale: 3).Select((value, i) => c > 0 && (i + c) % 4 == 0 ? float.NaN : value).ToArray())];
        string[] colours = [.. Enumerable.Range(0, Rows).Select(i => new[] { "red", "green", "", "blue" }[i % 4])];
        float[] features = [.. Enumerable.Range(0, Rows).SelectMany(i => new[]
        {
            numbers[0][i], float.IsNaN(numbers[1][i]) ? -1.5f : numbers[1][i], float.IsNaN(numbers[2][i]) ? 2 : numbers[2][i], float.IsNaN(numbers[2][i]) ? 1 : 0,
        }.Concat(texts.FirstOrDefault(text => text.Key == colours[i]).Value ?? [0, 0, 1]))];
        float[] expected = network.Predict([.. features.Select((value, i) => (value - scaling.Offsets[i % 7]) * scaling.Scales[i % 7])]);
        OnnxRuntime.Require();
        using InferenceSession session = OnnxRuntime.Open(model);
        float[] y = OnnxRuntime.Run(
            session,
            [
                .. session.InputNames.Take(3).Select((name, c) => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(numbers[c], new[] { Rows, 1 }))),
                NamedOnnxValue.CreateFromTensor("d", new DenseTensor<string>(colours, new[] { Rows, 1 })),
            ],
            "output");
        Close.Equal(expected, y, "raw columns");
    }

    [Fact]
    public void RawColumnsThatDoNotFitAreRefused()
    {
        using Network network = Network.Input(2).Dense(2).Build(seed: 4);
        Assert.Throws<ArgumentException>(() => ExportTests.Bytes(network, new OnnxExportOptions { Columns = [OnnxRawColumn.Number("a")] }));
        Assert.Throws<ArgumentException>(() => ExportTests.Bytes(network, new OnnxExportOptions { Columns = [OnnxRawColumn.Number("a"), OnnxRawColumn.Number("a")] }));
        Assert.Throws<ArgumentException>(() => OnnxRawColumn.Text("t", [KeyValuePair.Create("x", new float[] { 1 })], [1, 2]));
        Assert.Throws<ArgumentException>(() => OnnxRawColumn.Number("a", fill: float.NaN));
    }

    /// <summary>The rows of every built-in set as the data have them: ONNX Runtime answers as the network does behind its scaling.</summary>
    [Theory]
    [InlineData("digits")]
    [InlineData("iris")]
    [InlineData("breast-cancer")]
    [InlineData("wine")]
    [InlineData("diabetes")]
    public void RawRowsOfTheBuiltInSets(string name)
    {
        Assert.True(BuiltInDatasets.TryLoad(name, out Dataset? data));
        Preprocessing preprocessing = Preprocessing.Fit(data);
        bool classifies = preprocessing.Task == DataTask.Classification;
        using Network network = Network.Input(data.InputSize).Dense(16, Activation.Tanh).Dense(data.TargetSize, classifies ? Activation.Softmax : Activation.Identity).Build(seed: 1);
        network.Fit(preprocessing.Transform(data), new FitOptions { Loss = classifies ? Loss.CrossEntropy : Loss.MeanSquaredError, Optimizer = new Adam(1e-2f), Epochs = 3, BatchSize = 32, Seed = 1 });
        byte[] model = ExportTests.Bytes(network, new OnnxExportOptions
        {
            InputScaling = new OnnxScaling(preprocessing.Features.Offsets, preprocessing.Features.Scales),
            OutputScaling = preprocessing.Targets is { } targets ? new OnnxScaling(targets.Offsets, targets.Scales) : null,
        });
        float[] expected = network.Predict(preprocessing.Transform(data).Features);
        preprocessing.InverseTargets(expected);
        float[] y = OnnxRuntime.Run(model, data.Features.ToArray());
        double error = Close.Error(expected, y, expected.Max(Math.Abs));
        Assert.True(error <= 1e-5, FormattableString.Invariant($"{name}: {error:e1}"));
    }

    /// <summary>Behind ONNX Runtime a sigmoid is exactly 0 below about -18 and tanh may pass 1 by rounding: agreement is absolute there, not relative.</summary>
    [Fact]
    public void TailsAgreeInAbsoluteTerms()
    {
        using Network network = Network.Input(1).Dense(2, Activation.Sigmoid).Dense(2, Activation.Identity).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom([1, -1]);
        network.Tensors["layers.1.weight"].CopyFrom([1, 0, 0, 1]);
        float[] x = [-100, -40, -25, -19, -18, -17, -10, 0, 10, 17, 18, 19, 25, 40, 100];
        float[] y = OnnxRuntime.Run(ExportTests.Bytes(network), x);
        float[] ours = network.Predict(x);
        Assert.All(ours.Zip(y), pair => Assert.Equal(pair.First, pair.Second, 2e-7));
        Assert.All(ours, value => Assert.InRange(value, 0, 1));
        // Ours is not 0 where it is 2e-9, which a logarithm of it would notice.
        Assert.True(ours[2 * 4] > 0);
    }

    /// <summary>Two inputs of numbers make one row, in the order of the graph.</summary>
    [Fact]
    public void SeveralInputsMakeOneRow()
    {
        GraphText graph = new GraphText(17, -1, 4).Nodes("Concat x act -> c; MatMul c w -> y").Weight("w", [6, 2], GraphText.Numbers(12, 4));
        graph.Model.Graph.Node[0].Attribute.Add(GraphText.Attribute("axis", 1));
        graph.Model.Graph.Input.Add(GraphText.Value("act", [-1, 2]));
        using OnnxImport import = graph.Import();
        Assert.Equal(6, import.Network.InputSize);
        Assert.Contains("x (4), act (2)", Assert.Single(import.Notes), StringComparison.Ordinal);
        float[] w = GraphText.Numbers(12, 4);
        Assert.Equal(w[10], import.Network.Predict([0, 0, 0, 0, 0, 1])[0]);
        Assert.Equal(w[1], import.Network.Predict([1, 0, 0, 0, 0, 0])[1]);
    }

    private static GraphText Pipeline()
    {
        GraphText graph = new GraphText(17, -1, 2)
            .Nodes("ai.onnx.ml/Imputer size -> filled").With("imputed_value_floats", new[] { 2.5f, -1 }).With("replaced_value_float", double.NaN)
            .Nodes("ai.onnx.ml/Scaler filled -> scaled").With("offset", new[] { 1f, -2 }).With("scale", new[] { 0.5f, 4 })
            .Nodes("ai.onnx.ml/OneHotEncoder colour -> hot").With("cats_strings", new[] { "blue", "green", "red" }).With("zeros", 1)
            .Nodes("Reshape hot flat -> hots").Nodes("Concat scaled hots -> all").With("axis", 1)
            .Nodes("Gemm all w b -> z; Relu z -> y").Weight("w", [5, 3], GraphText.Numbers(15, 1)).Weight("b", [3], GraphText.Numbers(3, 2)).Sizes("flat", -1, 3);
        graph.Model.Graph.Input[0].Name = "size";
        graph.Model.Graph.Input.Add(GraphText.Value("colour", [-1, 1], type: 8));
        return graph;
    }

    private static IEnumerable<float> Encode(OnnxColumn column, float[] sizes, string[] texts, int row)
    {
        if (column.Categories.Count > 0)
        {
            return column.Categories.Select(category => category == texts[row] ? 1f : 0);
        }

        float size = sizes[(2 * row) + column.Index];
        return [float.IsNaN(size) && column.Fill is { } fill ? fill : size];
    }
}
