namespace FastMlp.Onnx.Import;

/// <summary>One operator that can be read. To add one, add a line to <see cref="Operators"/>, a row to docs/onnx.md and an example to OperatorTests.</summary>
/// <param name="Domain">Empty for ONNX's own operators.</param>
/// <param name="Name">The name in the format.</param>
/// <param name="Read">Its outputs, null for one that is not supported, where an input depends on the features; null where it is read among constants only.</param>
/// <param name="Fold">Its outputs where all inputs are constant; null where that is not supported.</param>
internal sealed record Operator(string Domain, string Name, Func<Call, Value?[]>? Read, Func<Call, Value?[]>? Fold)
{
    public string FullName => Domain.Length == 0 ? Name : $"{Domain}.{Name}";
}

/// <summary>All operators that can be read.</summary>
internal static class Operators
{
    private const string Ml = "ai.onnx.ml";
    private const string Microsoft = "com.microsoft";

    private static readonly Operator[] table =
    [
        // Products, and what is affine by definition.
        Of("Gemm", Linear.Gemm),
        Of("MatMul", Linear.MatMul, Folding.MatMul),
        Of("BatchNormalization", Linear.BatchNormalization),
        Of("LayerNormalization", Linear.LayerNormalization),

        // Arithmetic.
        Of("Add", Arithmetic.Add, Folding.Pairs((x, y) => x + y)),
        Of("Sum", Arithmetic.Add, Folding.Pairs((x, y) => x + y)),
        Of("Sub", Arithmetic.Subtract, Folding.Pairs((x, y) => x - y)),
        Of("Mul", Arithmetic.Multiply, Folding.Pairs((x, y) => x * y)),
        Of("Div", Arithmetic.Divide, Folding.Divide),
        Of("Neg", call => call.Signal().Times(-1), Folding.Each(x => -x)),
        Of("Reciprocal", Arithmetic.Reciprocal, Folding.Each(x => 1 / x)),
        Of("Pow", Arithmetic.Power, Folding.Pairs(Math.Pow)),
        Of("Sqrt", Arithmetic.Sqrt, Folding.Each(Math.Sqrt)),
        Of("Exp", Arithmetic.Exp, Folding.Each(Math.Exp)),
        Of("Log", Arithmetic.Log, Folding.Each(Math.Log)),
        Of("Erf", call => call.Partial(Part.Erf, call.Signal())),
        Of("ReduceMean", Arithmetic.Mean, Folding.Reduce((x, y) => x + y, 0, divides: true)),
        Of("ReduceSum", Arithmetic.ReduceSum, Folding.Reduce((x, y) => x + y, 0)),
        Of("ReduceMax", Arithmetic.ReduceMax, Folding.Reduce(Math.Max, double.NegativeInfinity)),
        Of("ReduceLogSumExp", Arithmetic.ReduceLogSumExp),
        Of("Greater", Arithmetic.Compare, Folding.Pairs((x, y) => x > y ? 1 : 0, ElementType.Bool)),
        Of("Less", Arithmetic.Compare, Folding.Pairs((x, y) => x < y ? 1 : 0, ElementType.Bool)),

        // Activations, and what comes to some.
        .. ActivationForms.Operators,
        Of("Celu", Activations.Celu),
        Of("HardSigmoid", Activations.HardSigmoid),
        Of("LogSoftmax", Activations.Softmax),
        Of("Abs", Activations.Abs, Folding.Each(Math.Abs)),
        Of("Shrink", Activations.Shrink),
        Of("Clip", Activations.Clip, Folding.Clip),
        Of("Min", Activations.Extreme, Folding.Pairs(Math.Min)),
        Of("Max", Activations.Extreme, Folding.Pairs(Math.Max)),

        // Axes.
        Of("Flatten", Axes.Flatten, Folding.Flatten),
        Of("Reshape", Axes.Reshape, Folding.Reshape),
        Of("Squeeze", Axes.Squeeze, Folding.Squeeze),
        Of("Unsqueeze", Axes.Unsqueeze, Folding.Unsqueeze),
        Of("Expand", Axes.Expand, Folding.Expand),
        Of("Transpose", Axes.Transpose, Folding.Transpose),
        Of("Concat", Axes.Concat, Folding.Concat),
        Of("Gather", Axes.Gather, Folding.Gather),
        Of("Slice", Axes.Slice, Folding.Slice),
        new("", "Split", Axes.Split, Folding.Split),
        Of("Shape", Axes.Shape, Folding.Shape),

        // What changes nothing.
        Of("Identity", Passed, Folding.First),
        Of("Dropout", Dropout, Folding.First),
        Of("Cast", Cast, Folding.Cast),

        // Among constants only.
        Constants("Constant", Folding.Constant),
        Constants("ConstantOfShape", Folding.ConstantOfShape),
        Constants("Range", Folding.Range),
        Constants("Size", Folding.Size),
        Constants("Where", Folding.Where),
        Constants("Equal", Folding.Pairs((x, y) => x == y ? 1 : 0, ElementType.Bool)),
        Constants("Not", Folding.Each(x => x == 0 ? 1 : 0, ElementType.Bool)),
        Constants("Floor", Folding.Each(Math.Floor)),
        Constants("Ceil", Folding.Each(Math.Ceiling)),
        Constants("ReduceProd", Folding.Reduce((x, y) => x * y, 1)),
        Constants("ReduceMin", Folding.Reduce(Math.Min, double.PositiveInfinity)),

        // Integers in the place of numbers.
        Of("QuantizeLinear", Quantization.Quantize),
        Of("DequantizeLinear", Quantization.Dequantize, Folding.Dequantize),
        new("", "DynamicQuantizeLinear", Quantization.QuantizeByRange, null),
        Of("MatMulInteger", Quantization.MatMulInteger),
        Of("QLinearMatMul", Quantization.QLinearMatMul),
        Of(Microsoft, "QGemm", Quantization.QGemm),
        Of(Microsoft, "MatMulIntegerToFloat", Quantization.MatMulIntegerToFloat),
        Of(Microsoft, "DynamicQuantizeMatMul", Quantization.DynamicQuantizeMatMul),

        // What ONNX Runtime's optimizer leaves.
        Of(Microsoft, "Gelu", Activations.Of(Activation.Gelu)),
        Of(Microsoft, "FusedMatMul", Linear.Gemm),

        // scikit-learn.
        Of(Ml, "Scaler", MachineLearning.Scaler),
        Of(Ml, "LinearRegressor", MachineLearning.LinearRegressor),
        new(Ml, "LinearClassifier", MachineLearning.LinearClassifier, null),
        Of(Ml, "Normalizer", MachineLearning.Normalizer),
        Of(Ml, "ArrayFeatureExtractor", MachineLearning.ArrayFeatureExtractor),
        Of(Ml, "FeatureVectorizer", MachineLearning.FeatureVectorizer),
        Of(Ml, "Imputer", MachineLearning.Imputer),
        Of(Ml, "OneHotEncoder", MachineLearning.OneHotEncoder),
        Of(Ml, "LabelEncoder", MachineLearning.LabelEncoder),
    ];

    /// <summary>The operators by domain and name.</summary>
    public static IReadOnlyDictionary<(string Domain, string Name), Operator> All { get; } = table.ToDictionary(entry => (entry.Domain, entry.Name));

    /// <summary>Their names, for messages: those that features can go through, ONNX's own first.</summary>
    public static string Names { get; } = string.Join(", ", table.Where(entry => entry.Read is not null).Select(entry => entry.FullName));

    public static Operator Of(string name, Func<Call, Value> read, Func<Call, Value>? fold = null) => Of("", name, read, fold);

    private static Operator Of(string domain, string name, Func<Call, Value> read, Func<Call, Value>? fold = null) =>
        new(domain, name, call => [read(call)], fold is null ? null : call => [fold(call)]);

    private static Operator Constants(string name, Func<Call, Value> fold) => new("", name, null, call => [fold(call)]);

    private static Signal Passed(Call call) => call.Signal();

    private static Signal Dropout(Call call)
    {
        Node node = call.Node;
        bool trains = node.Version < 7
            ? node.Int("is_test", 0) == 0
            : node.Version >= 12 && call.Number(2, "its training mode") is not (null or 0);
        return trains ? throw call.Refuse("is in training mode, where its result is random; export the model for inference.") : call.Signal();
    }

    private static Signal Cast(Call call)
    {
        Node node = call.Node;
        long type = node.Has("to") && node.Version < 6
            ? node.Text("to", "").ToUpperInvariant() switch { "FLOAT" => ElementType.Float, "DOUBLE" => ElementType.Double, _ => 0 }
            : node.Int("to", 0);
        Signal signal = call.Signal();
        return type is ElementType.Float or ElementType.Double || (type == ElementType.Text && signal.Base is InputExpression { IsText: true })
            ? signal with { IsLogical = false }
            : throw call.Refuse($"rounds to {ElementType.Name(type)}; only float32 and float64, which change nothing, are supported.");
    }
}
