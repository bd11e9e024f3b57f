using FastMlp.Onnx.Import;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>
/// An example of each operator that can be read, and of the graphs in which real files combine them. Every one must load, and answer
/// as ONNX Runtime does.
/// </summary>
public class OperatorTests
{
    private const int Rows = 40;

    /// <summary>What the example is of; nodes from z, three features of a dense layer on x; opset; attributes of the last node; options.</summary>
    private static readonly (string Operator, string Nodes, int Opset, (string Name, object Value)[] With)[] examples =
    [
        .. ActivationForms.Operators.Where(entry => entry.Name != "PRelu").Select(entry => (entry.Name, $"{entry.Name} z -> y", 24, ((string, object)[])[])),
        ("Gemm", "Gemm z next three2 -> y", 17, [("alpha", 0.5), ("beta", 2.0)]),
        ("Gemm", "Gemm z z3 r -> y; Relu z -> r", 17, [("none", 0)]),
        ("Gemm", "Transpose z -> t; Gemm nextT t column -> u; Transpose u -> y", 17, []),
        ("MatMul", "MatMul z next -> y", 17, []),
        ("MatMul", "Transpose z -> t; MatMul nextT t -> u; Add u column -> added; Relu added -> w1; Transpose w1 -> y", 17, []),
        ("BatchNormalization", "BatchNormalization z v v3 v v3 -> y", 15, []),
        ("LayerNormalization", "LayerNormalization z v v3 -> y", 17, [("axis", -1), ("epsilon", 0.01)]),
        ("LayerNormalization", "LayerNormalization z v -> n; Relu n -> y", 17, []),
        ("ReduceMean", "ReduceMean z -> m; Sub z m -> c; Pow c two -> s; ReduceMean s -> var; Add var eps -> ve; Sqrt ve -> d; Div c d -> n; Mul n v -> g; Add g v3 -> y", 17, []),
        ("Sqrt", "ReduceMean z -> m; Sub z m -> c; Mul c c -> s; ReduceMean s -> var; Add var eps -> ve; Sqrt ve -> d; Reciprocal d -> i; Mul c i -> n; MatMul n next -> y", 17, []),
        ("Add", "Add z v -> y", 17, []),
        ("Add", "Relu z -> r; Add z r -> y", 17, []),
        ("Add", "Tanh z -> a; Sigmoid z -> b2; Add a b2 -> y", 17, []),
        ("Add", "MatMul z toOne -> m; Add z m -> y", 17, []),
        ("Sum", "Relu z -> r; Sum z r v -> y", 17, []),
        ("Sub", "Tanh z -> a; Sub v a -> y", 17, []),
        ("Sub", "Relu z -> r; MatMul r z3 -> d; Relu d -> e; Sub z e -> y", 17, []),
        ("Mul", "Mul z v -> y", 17, []),
        ("Div", "Div z v -> y", 17, []),
        ("Neg", "Neg z -> y", 17, []),
        ("Reciprocal", "Exp z -> e; Add e one -> f; Reciprocal f -> y", 17, []),
        ("Pow", "Pow z one -> y", 17, []),
        ("Exp", "ReduceMax z -> m; Sub z m -> s; Exp s -> e; ReduceSum e axes -> t; Div e t -> y", 17, []),
        ("Log", "Exp z -> e; Add one e -> f; Log f -> y", 17, []),
        ("Erf", "Div z root2 -> d; Erf d -> e; Add e one -> f; Mul z f -> p; Mul p half -> y", 17, []),
        ("ReduceSum", "ReduceSum z axes -> s; Sub z s -> y", 17, []),
        ("ReduceMax", "ReduceMax z -> m; Sub z m -> s; Exp s -> e; ReduceSum e axes -> t; Div e t -> y", 17, []),
        ("ReduceLogSumExp", "ReduceLogSumExp z -> l; Sub z l -> s; Exp s -> y", 17, []),
        ("Greater", "Greater z half -> g; Cast g -> y", 17, [("to", 1)]),
        ("Less", "Less z half -> g; Cast g -> y", 17, [("to", 1)]),
        ("LeakyRelu", "LeakyRelu z -> y", 17, [("alpha", 0.2)]),
        ("Elu", "Elu z -> y", 17, [("alpha", 0.7)]),
        ("Selu", "Selu z -> y", 17, [("alpha", 1.5), ("gamma", 1.1)]),
        ("Celu", "Celu z -> y", 17, [("alpha", 0.7)]),
        ("PRelu", "PRelu z v -> y", 17, []),
        ("HardSigmoid", "HardSigmoid z -> y", 17, [("alpha", 0.3), ("beta", 0.4)]),
        ("Swish", "Swish z -> y", 24, [("alpha", 1.5)]),
        ("Softmax", "Softmax z -> s; MatMul s next -> y", 11, []),
        ("LogSoftmax", "LogSoftmax z -> l; Exp l -> y", 17, []),
        ("Gelu", "Gelu z -> y", 20, []),
        ("com.microsoft.Gelu", "com.microsoft/Gelu z -> y", 17, []),
        ("com.microsoft.FusedMatMul", "com.microsoft/FusedMatMul z next -> y", 17, [("alpha", 0.5)]),
        ("Abs", "Abs z -> y", 17, []),
        ("Shrink", "Shrink z -> y", 17, [("bias", 0.5), ("lambd", 0.5)]),
        ("Clip", "Clip z minusHalf half -> y", 17, []),
        ("Min", "Min z half -> y", 17, []),
        ("Max", "Max z half -> y", 17, []),
        ("Flatten", "Flatten z -> y", 17, [("axis", 1)]),
        ("Reshape", "Reshape z shape -> y", 17, []),
        ("Squeeze", "Unsqueeze z axes2 -> u; Squeeze u axes2 -> y", 17, []),
        ("Unsqueeze", "Unsqueeze z axes0 -> u; MatMul u next -> m; Squeeze m axes0 -> y", 17, []),
        ("Expand", "MatMul z toOne -> m; Shape z -> s; Expand m s -> y", 17, []),
        ("Transpose", "Transpose z -> t; Relu t -> r; Transpose r -> y", 17, []),
        ("Concat", "Sigmoid z -> p; Sub one p -> notP; Concat notP p -> y", 17, [("axis", 1)]),
        ("Concat", "Relu z -> r; Tanh x -> t; MatMul r next -> m; Tanh m -> u; Concat t u r -> y", 17, [("axis", -1)]),
        ("Concat", "Concat x z -> y", 17, [("axis", 1)]),
        ("Gather", "Gather z picks -> y", 17, [("axis", 1)]),
        ("Gather", "Gather x picks -> g; MatMul g next -> y", 17, [("none", 0)]),
        ("Slice", "Tanh z -> t; Slice t first2 last axes -> y", 17, []),
        ("Slice", "Slice x first2 last axes -> s; MatMul s square -> y", 17, []),
        ("Split", "Split z sizes -> a b2; Tanh a -> t; Relu b2 -> r; Concat t r -> y", 13, [("axis", 1)]),
        ("Shape", "Shape z -> s; Gather s zero -> g; Unsqueeze g axes0 -> u; Concat u minusOne -> c; Reshape z c -> y", 17, [("none", 0)]),
        ("Identity", "Identity z -> y", 17, []),
        ("Dropout", "Dropout z -> y", 17, []),
        ("Cast", "Cast z -> y", 17, [("to", 1)]),
        ("Constant", "Add z c -> y; Constant -> c", 17, [("value_float", 0.25)]),
        ("ConstantOfShape", "Shape z -> s; ConstantOfShape s -> c; Add z c -> y", 17, []),
        ("Range", "Range start limit delta -> i; Gather z i -> y", 17, [("axis", 1)]),
        ("Size", "Size v -> n; Cast n -> f; Div z f -> y", 17, [("none", 0)]),
        ("Where", "Equal v v3 -> e; Where e v half -> w1; Mul z w1 -> y", 17, []),
        ("Equal", "Equal v v -> e; Cast e -> f; Mul z f -> y", 17, [("none", 0)]),
        ("Not", "Equal v v -> e; Not e -> n; Cast n -> f; Add z f -> y", 17, [("none", 0)]),
        ("Floor", "Floor v -> f; Add z f -> y", 17, []),
        ("Ceil", "Ceil v -> f; Add z f -> y", 17, []),
        ("ReduceProd", "ReduceProd v -> f; Add z f -> y", 17, []),
        ("ReduceMin", "ReduceMin v -> f; Add z f -> y", 17, []),
        ("DequantizeLinear", "DequantizeLinear q qScale qZero -> w8; MatMul z w8 -> y", 17, [("none", 0)]),
        ("ai.onnx.ml.Scaler", "ai.onnx.ml/Scaler z -> y", 17, [("offset", new[] { 1f, 2, 3 }), ("scale", new[] { 0.5f, 2, 3 })]),
        ("ai.onnx.ml.LinearRegressor", "ai.onnx.ml/LinearRegressor z -> y", 17, [("coefficients", new[] { 1f, 2, 3 }), ("intercepts", new[] { 0.5f })]),
        ("ai.onnx.ml.LinearClassifier", "ai.onnx.ml/LinearClassifier z -> label y", 17, [("coefficients", new[] { 1f, 2, 3, -1, 0, 1 }), ("intercepts", new[] { 0.5f, 1 }), ("post_transform", "SOFTMAX"), ("classlabels_ints", new[] { 0L, 1 })]),
        ("ai.onnx.ml.Normalizer", "Softmax z -> s; ai.onnx.ml/Normalizer s -> y", 17, [("norm", "L1")]),
        ("ai.onnx.ml.ArrayFeatureExtractor", "ai.onnx.ml/ArrayFeatureExtractor z picks -> y", 17, []),
        ("ai.onnx.ml.FeatureVectorizer", "ai.onnx.ml/FeatureVectorizer z -> y", 17, [("inputdimensions", new[] { 3L })]),
    ];

    /// <summary>Those that round computed values: near, but not as near as rounding of float32.</summary>
    private static readonly (string Operator, string Nodes, (string Name, object Value)[] With)[] rounded =
    [
        ("QuantizeLinear", "QuantizeLinear z fine fineZero -> i; DequantizeLinear i fine fineZero -> d; MatMul d next -> y", []),
        ("QuantizeLinear", "QuantizeLinear z fine zero8 -> i; DequantizeLinear i fine zero8 -> y", []),
        ("DynamicQuantizeLinear", "DynamicQuantizeLinear z -> i s zp; MatMulInteger i q zp qZero8 -> m; Cast m -> f; Mul s qScale1 -> c; Mul f c -> y", [("none", 0)]),
        ("MatMulInteger", "DynamicQuantizeLinear z -> i s zp; MatMulInteger i q zp qZero8 -> m; Cast m -> f; Mul s qScale1 -> c; Mul f c -> y", [("none", 0)]),
        ("QLinearMatMul", "QuantizeLinear z fine fineZero -> i; QLinearMatMul i fine fineZero q qScale1 qZero8 coarse fineZero -> o; DequantizeLinear o coarse fineZero -> y", []),
        ("com.microsoft.QGemm", "QuantizeLinear z fine fineZero -> i; com.microsoft/QGemm i fine fineZero q qScale1 qZero8 -> y", []),
        ("com.microsoft.MatMulIntegerToFloat", "DynamicQuantizeLinear z -> i s zp; com.microsoft/MatMulIntegerToFloat i q s qScale1 zp qZero8 -> y", []),
        ("com.microsoft.DynamicQuantizeMatMul", "com.microsoft/DynamicQuantizeMatMul z q qScale1 qZero8 -> y", []),
    ];

    public static TheoryData<string, string> Examples => [.. examples.Select(example => (example.Operator, example.Nodes)).Distinct()];

    public static TheoryData<string, string> RoundedExamples => [.. rounded.Select(example => (example.Operator, example.Nodes))];

    [Fact]
    public void EveryOperatorHasAnExample()
    {
        // Those on raw columns are in ColumnTests.
        string[] missing = [.. Operators.All.Values.Select(entry => entry.FullName)
            .Except(examples.Select(example => example.Operator)).Except(rounded.Select(example => example.Operator))
            .Except(["ai.onnx.ml.Imputer", "ai.onnx.ml.OneHotEncoder", "ai.onnx.ml.LabelEncoder"])];
        Assert.True(missing.Length == 0, $"No example of {string.Join(", ", missing)}.");
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void ItAnswersAsOnnxRuntimeDoes(string name, string nodes)
    {
        foreach ((_, _, int opset, (string, object)[] with) in examples.Where(example => example.Operator == name && example.Nodes == nodes))
        {
            GraphText graph = Graph(nodes, opset, with);
            using OnnxImport import = graph.Import();
            float[] x = GraphText.Numbers(Rows * 4, 3, scale: 2);
            float[] expected = OnnxRuntime.Run(graph.Bytes(), x, "y");
            float[] y = import.Network.Predict(x);
            double error = Close.Error(expected, y, expected.Max(Math.Abs) / 10);
            Assert.True(error <= 1e-5, FormattableString.Invariant($"{nodes} at opset {opset}: {error:e1}; {string.Join(", ", expected.Take(6))} expected, {string.Join(", ", y.Take(6))} found"));
        }
    }

    [Theory]
    [MemberData(nameof(RoundedExamples))]
    public void RoundingToIntegersIsLeftOutOnlyWhenAsked(string name, string nodes)
    {
        (_, _, (string, object)[] with) = rounded.Single(example => example.Operator == name && example.Nodes == nodes);
        GraphText graph = Graph(nodes, 17, with);
        graph.Refused("QuantizedAsFloat");
        using OnnxImport import = graph.Import(new OnnxImportOptions { QuantizedAsFloat = true });
        Assert.Contains("integers", Assert.Single(import.Notes), StringComparison.Ordinal);
        float[] x = GraphText.Numbers(Rows * 4, 3, scale: 2);
        float[] expected = OnnxRuntime.Run(graph.Bytes(), x, "y");
        float[] y = import.Network.Predict(x);
        double largest = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, y.Length);
        double worst = expected.Zip(y, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(worst, 0, 0.05 * largest);
    }

    private static GraphText Graph(string nodes, int opset, (string Name, object Value)[] with)
    {
        GraphText graph = GraphText.AfterDense(nodes, opset)
            .Weight("v", [3], 0.5f, -0.25f, 3).Weight("v3", [3], 0.5f, 1.25f, 2).Weight("next", [3, 2], GraphText.Numbers(6, 9)).Weight("nextT", [2, 3], GraphText.Numbers(6, 10))
            .Weight("z3", [3, 3], GraphText.Numbers(9, 11)).Weight("three2", [2], 1, -2).Weight("column", [2, 1], 0.5f, -0.75f).Weight("toOne", [3, 1], 1, -1, 0.5f).Weight("square", [2, 2], 1, 2, 3, 4)
            .Weight("one", [], 1).Weight("two", [], 2).Weight("half", [], 0.5f).Weight("minusHalf", [], -0.5f).Weight("root2", [], MathF.Sqrt(2)).Weight("eps", [], 0.001f)
            .Sizes("axes", 1).Sizes("axes2", 2).Sizes("axes0", 0).Sizes("shape", 0, -1).Sizes("picks", 2, 0, 1).Sizes("first2", 1).Sizes("last", 3).Sizes("sizes", 1, 2).Sizes("minusOne", -1)
            .Weight(Whole("zero", 7, [], 0)).Weight(Whole("start", 7, [], 0)).Weight(Whole("limit", 7, [], 3)).Weight(Whole("delta", 7, [], 2))
            .Weight(Whole("q", 3, [3, 2], 5, -7, 100, -128, 127, 0)).Weight("qScale", [2], 0.01f, 0.02f).Weight(Whole("qZero", 3, [2], 1, -2))
            .Weight("qScale1", [], 0.01f).Weight(Whole("qZero8", 3, [], 1)).Weight("fine", [], 0.05f).Weight(Whole("fineZero", 2, [], 128)).Weight(Whole("zero8", 2, [], 0)).Weight("coarse", [], 0.08f);
        if (nodes.Contains("com.microsoft", StringComparison.Ordinal))
        {
            graph.Model.OpsetImport.Add(new Schema.OperatorSetProto { Domain = "com.microsoft", Version = 1 });
        }

        foreach (Schema.NodeProto node in graph.Model.Graph.Node)
        {
            // What every node of the kind has, for the last one has attributes of its own.
            (string Attribute, object Value)? always = node.OpType switch
            {
                "ReduceMean" or "ReduceMax" or "ReduceLogSumExp" when node.Input[0] == "z" || node.Input[0] == "s" => ("axes", new long[] { 1 }),
                "Cast" => ("to", 1),
                "Concat" => ("axis", nodes.Contains("Shape", StringComparison.Ordinal) ? 0 : 1),
                "Split" => ("axis", 1),
                "Gather" => ("axis", node.Input[0] == "x" ? 1 : 0),
                "DequantizeLinear" when node.Input[1] == "qScale" => ("axis", 1),
                _ => null,
            };
            if (always is { } attribute && !(node == graph.Model.Graph.Node[^1] && with.Any(item => item.Name == attribute.Attribute)))
            {
                node.Attribute.Add(GraphText.Attribute(attribute.Attribute, attribute.Value));
            }
        }

        foreach ((string name, object value) in with.Where(item => item.Name != "none"))
        {
            graph.With(name, value);
        }

        // ONNX Runtime names initializers that nothing uses on standard output.
        HashSet<string> used = [.. graph.Model.Graph.Node.SelectMany(node => node.Input)];
        foreach (Schema.TensorProto tensor in graph.Model.Graph.Initializer.Where(tensor => !used.Contains(tensor.Name)).ToArray())
        {
            graph.Model.Graph.Initializer.Remove(tensor);
        }

        return graph;
    }

    private static Schema.TensorProto Whole(string name, int type, long[] dims, params int[] values)
    {
        Schema.TensorProto tensor = new() { Name = name, DataType = type };
        tensor.Dims.AddRange(dims);
        if (type == 7)
        {
            tensor.Int64Data.AddRange(values.Select(value => (long)value));
        }
        else
        {
            tensor.Int32Data.AddRange(values);
        }

        return tensor;
    }
}
