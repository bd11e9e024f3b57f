using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>Graphs in the forms that exporters write, against the formula worked out in double precision.</summary>
public class ImportTests
{
    private static readonly float[] rows = GraphText.Numbers(40, 3, scale: 2);

    /// <summary>Nodes from z to y, and y of z. s and t are constants of one number, v of three.</summary>
    public static TheoryData<string, string> Forms => new()
    {
        { "Relu", "Relu z -> y" },
        { "Sigmoid", "Sigmoid z -> y" },
        { "Tanh", "Tanh z -> y" },
        { "Softplus", "Softplus z -> y" },
        { "Softplus spelt out", "Exp z -> e; Add e one -> f; Log f -> y" },
        { "Sigmoid spelt out", "Neg z -> m; Exp m -> e; Add one e -> f; Div one f -> y" },
        { "Sigmoid by reciprocal", "Neg z -> m; Exp m -> e; Add e one -> f; Reciprocal f -> y" },
        { "Silu", "Sigmoid z -> s1; Mul z s1 -> y" },
        { "Silu", "Sigmoid z -> s1; Mul s1 z -> y" },
        { "Gelu", "Div z root2 -> d; Erf d -> e; Add e one -> f; Mul z f -> p; Mul p half -> y" },
        { "Gelu", "Mul z half -> h; Mul z rootHalf -> d; Erf d -> e; Add one e -> f; Mul h f -> y" },
        { "Gelu", "Mul z rootHalf -> d; Erf d -> e; Add e one -> f; Mul f half -> g; Mul g z -> y" },
        { "Selu", "Selu z -> y" },
        { "Clip at 0 and 6", "Clip z zero six -> y" },
        { "Clip at -half and half", "Clip z minusHalf half -> y" },
        { "Clip at -half and half", "Min z half -> m; Max m minusHalf -> y" },
        { "Relu", "Max zero z -> y" },
        { "Relu", "Transpose z -> t; Relu t -> r; Transpose r -> y" },
        { "HardSigmoid", "HardSigmoid z -> y" },
        { "Step", "Greater z zero -> g; Cast g -> y" },
        { "Step", "Less zero z -> g; Cast g -> y" },
        { "PRelu by unit", "PRelu z v -> y" },
        { "2 z - 3", "Mul z two -> d; Sub d three -> y" },
        { "2 z - 3", "Add z z -> d; Sub d three -> y" },
        { "3 - z", "Sub three z -> y" },
        { "z / v", "Div z v -> y" },
        { "Sigmoid beside its opposite", "Sigmoid z -> p; Sub one p -> q; Concat q p -> y" },
        { "Relu", "Identity z -> i; Dropout i -> d; Cast d -> c; Relu c -> y" },
        { "Relu", "Flatten z -> f; Shape f -> s1; Gather s1 first -> g; Unsqueeze g first1 -> u; Concat u minusOne -> c; Reshape f c -> r; Relu r -> y" },
        { "Relu", "Unsqueeze z minusOne -> u; Relu u -> r; Squeeze r minusOne -> y" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void AFormIsComputedAsItsFormula(string formula, string nodes)
    {
        GraphText graph = GraphText.AfterDense(nodes)
            .Weight("zero", [], 0).Weight("half", [], 0.5f).Weight("minusHalf", [], -0.5f).Weight("one", [1], 1).Weight("two", [], 2).Weight("three", [1, 1], 3)
            .Weight("six", [], 6).Weight("root2", [], MathF.Sqrt(2)).Weight("rootHalf", [], MathF.Sqrt(0.5f)).Weight("v", [3], 0.5f, -0.25f, 3)
            .Sizes("first1", 0).Sizes("minusOne", -1)
            .Weight(new Schema.TensorProto { Name = "first", DataType = 7, Int64Data = { 0 } });
        foreach (Schema.NodeProto node in graph.Model.Graph.Node)
        {
            if (node.OpType is "Cast" or "Concat")
            {
                node.Attribute.Add(new Schema.AttributeProto { Name = node.OpType == "Cast" ? "to" : "axis", Type = 2, I = node.OpType == "Cast" || !nodes.Contains("Shape", StringComparison.Ordinal) ? 1 : 0 });
            }
        }

        using OnnxImport import = graph.Import();
        float[] v = [0.5f, -0.25f, 3];
        double[] z = GraphText.Dense(rows);
        Func<double, int, double> function = formula switch
        {
            "Relu" => (x, _) => Math.Max(0, x),
            "Sigmoid" or "Sigmoid spelt out" or "Sigmoid by reciprocal" => (x, _) => 1 / (1 + Math.Exp(-x)),
            "Tanh" => (x, _) => Math.Tanh(x),
            "Softplus" or "Softplus spelt out" => (x, _) => Math.Log(1 + Math.Exp(x)),
            "Silu" => (x, _) => x / (1 + Math.Exp(-x)),
            "Gelu" => (x, _) => x * (1 + Erf(x / Math.Sqrt(2))) / 2,
            "Selu" => (x, _) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.Exp(x) - 1)),
            "Clip at 0 and 6" => (x, _) => Math.Clamp(x, 0, 6),
            "Clip at -half and half" => (x, _) => Math.Clamp(x, -0.5, 0.5),
            "HardSigmoid" => (x, _) => Math.Clamp((0.2 * x) + 0.5, 0, 1),
            "Step" => (x, _) => x > 0 ? 1 : 0,
            "PRelu by unit" => (x, i) => x >= 0 ? x : v[i] * x,
            "2 z - 3" => (x, _) => (2 * x) - 3,
            "3 - z" => (x, _) => 3 - x,
            "z / v" => (x, i) => x / v[i],
            "Sigmoid beside its opposite" => (x, _) => 1 / (1 + Math.Exp(-x)),
            _ => throw new ArgumentOutOfRangeException(nameof(formula)),
        };
        float[] expected = [.. z.Select((x, at) => (float)function(x, at % 3))];
        if (formula == "Sigmoid beside its opposite")
        {
            expected = [.. expected.Chunk(3).SelectMany(row => row.Select(p => 1 - p).Concat(row))];
        }

        Close.Equal(expected, import.Network.Predict(rows), formula);
    }

    [Fact]
    public void ActivationsKeepTheirNamesAndNoLayerIsAddedForThem()
    {
        foreach ((string nodes, Activation activation) in new (string, Activation)[]
        {
            ("Relu z -> y", Activation.Relu), ("Sigmoid z -> y", Activation.Sigmoid), ("Tanh z -> y", Activation.Tanh), ("Selu z -> y", Activation.Selu),
            ("Elu z -> y", Activation.Elu()), ("LeakyRelu z -> y", Activation.LeakyRelu()), ("Softplus z -> y", Activation.Softplus),
            ("Softmax z -> y", Activation.Softmax), ("Sigmoid z -> s; Mul z s -> y", Activation.Silu), ("PRelu z slope -> y", Activation.PRelu(0.1f)),
            ("Sigmoid z -> s; Mul s slope -> y", Activation.ScaledSigmoid(0.1f, 1)), ("Identity z -> y", Activation.Identity),
        })
        {
            using OnnxImport import = GraphText.AfterDense(nodes).Weight("slope", [1], 0.1f).Import();
            Assert.Equal(1, import.Network.LayerCount);
            Assert.Equal(activation, ((DenseSpec)import.Network.Layers[0].Spec).Activation);
            float[] weight = new float[12];
            import.Network.Tensors["layers.0.weight"].CopyTo(weight);
            Assert.Equal(GraphText.Numbers(12, 1), weight);
            Assert.Empty(import.Notes);
        }
    }

    [Fact]
    public void GemmScalesAndTransposes()
    {
        GraphText graph = new GraphText(13, -1, 4)
            .Weight("w", [4, 2], GraphText.Numbers(8, 5))
            .Weight("b", [1, 2], 3, -5)
            .Nodes("Gemm x w b -> y").With("alpha", 0.5).With("beta", 2.0).With("transA", 0);

        using OnnxImport import = graph.Import();
        float[] w = GraphText.Numbers(8, 5);
        float[] bias = new float[2];
        import.Network.Tensors["layers.0.bias"].CopyTo(bias);
        Assert.Equal([6, -10], bias);
        float[] weight = new float[8];
        import.Network.Tensors["layers.0.weight"].CopyTo(weight);
        Assert.Equal([.. Enumerable.Range(0, 8).Select(i => 0.5f * w[(i % 4 * 2) + (i / 4)])], weight);
    }

    [Fact]
    public void ATransposeCancelsTransA()
    {
        GraphText graph = new GraphText(13, -1, 4).Weight("w", [4, 2], GraphText.Numbers(8, 5)).Nodes("Transpose x -> t; Gemm t w -> y").With("transA", 1);
        using OnnxImport import = graph.Import();
        Assert.Equal(Bias.None, ((DenseSpec)import.Network.Layers[0].Spec).Bias);
        Assert.Equal(2, import.Network.OutputSize);
    }

    [Fact]
    public void TheBiasIsSharedOrAbsentAsInTheGraph()
    {
        foreach ((string nodes, Bias bias) in new[] { ("MatMul x w -> y", Bias.None), ("MatMul x w -> z; Add z one -> y", Bias.Shared), ("MatMul x w -> z; Add three z -> y", Bias.PerUnit) })
        {
            using OnnxImport import = new GraphText(17, -1, 2).Weight("w", [2, 3], GraphText.Numbers(6, 1)).Weight("one", [1], 1.5f).Weight("three", [3], 1, 2, 3).Nodes(nodes).Import();
            Assert.Equal(bias, ((DenseSpec)import.Network.Layers[0].Spec).Bias);
            Assert.Equal(1, import.Network.LayerCount);
        }
    }

    [Fact]
    public void ScalersAndBatchNormalizationsAreFoldedIntoTheLayersBesideThem()
    {
        // As Keras has them: normalized input, a dense layer, batch normalization after its activation, a dense layer.
        float[] w1 = GraphText.Numbers(15, 1), w2 = GraphText.Numbers(10, 2), mean = [10, -3, 0.5f], deviation = [2, 0.5f, 8];
        float[] gamma = GraphText.Numbers(5, 3), beta = GraphText.Numbers(5, 4), mu = GraphText.Numbers(5, 5), variance = [0.5f, 1, 2, 3, 0.1f];
        GraphText graph = new GraphText(17, -1, 3)
            .Weight("mean", [1, 3], mean).Weight("deviation", [1, 3], deviation)
            .Weight("w1", [3, 5], w1).Weight("w2", [5, 2], w2)
            .Weight("g", [5], gamma).Weight("be", [5], beta).Weight("mu", [5], mu).Weight("va", [5], variance)
            .Nodes("Sub x mean -> c; Div c deviation -> s; MatMul s w1 -> h; Relu h -> a; BatchNormalization a g be mu va -> n").With("epsilon", 0.001)
            .Nodes("MatMul n w2 -> y");

        using OnnxImport import = graph.Import();
        Assert.Equal(2, import.Network.LayerCount);
        float[] x = [11, -3, 4, 9, -2.5f, 0, 10, -3.25f, -7];
        Close.Equal(Expected(x), import.Network.Predict(x), "folded");

        using OnnxImport apart = graph.Import(new OnnxImportOptions { SeparateScaling = true });
        Assert.Equal(mean, apart.InputScaling!.Offsets.ToArray());
        Assert.Equal([0.5f, 2, 0.125f], apart.InputScaling.Scales.ToArray());
        float[] first = new float[15];
        apart.Network.Tensors["layers.0.weight"].CopyTo(first);
        Assert.Equal([.. Enumerable.Range(0, 15).Select(i => w1[(i % 3 * 5) + (i / 3)])], first);

        float[] Expected(float[] values) => [.. values.Chunk(3).SelectMany(row =>
        {
            double[] normalized = [.. Enumerable.Range(0, 5).Select(j =>
            {
                double a = Math.Max(0, Enumerable.Range(0, 3).Sum(i => (row[i] - (double)mean[i]) / deviation[i] * w1[(i * 5) + j]));
                return (gamma[j] * (a - mu[j]) / Math.Sqrt(variance[j] + 0.001f)) + beta[j];
            })];
            return Enumerable.Range(0, 2).Select(k => (float)Enumerable.Range(0, 5).Sum(j => normalized[j] * w2[(j * 2) + k]));
        })];
    }

    /// <summary>A single unit, where a bias for each unit and one for all look alike, with and without a bias of its own.</summary>
    [Theory]
    [InlineData("Sub x mean -> s; MatMul s w -> y", 0)]
    [InlineData("Sub x mean -> s; Gemm s w b -> y", 0.75f)]
    [InlineData("Sub x mean -> s; MatMul s w -> m; Mul m two -> t; Add t b -> u; Mul u half -> y", 0.375f)]
    [InlineData("MatMul x i -> r; Relu r -> a; Sub a mean -> s; MatMul s w -> y", 0)]
    [InlineData("MatMul x i -> r; Relu r -> a; Sub a mean -> s; Gemm s w b -> y", 0.75f)]
    public void ASingleUnitTakesUpTheScalingBeforeIt(string nodes, float bias)
    {
        float[] mean = [1, -2, 0.5f], w = [3, 0.25f, -1];
        using OnnxImport import = new GraphText(17, -1, 3).Weight("mean", [3], mean).Weight("w", [3, 1], w).Weight("b", [1], 0.75f).Weight("two", [], 2).Weight("half", [], 0.5f)
            .Weight("i", [3, 3], 1, 0, 0, 0, 1, 0, 0, 0, 1).Nodes(nodes).Import();

        float[] x = [4, 3, 2, 1, 0, 7];
        float[] expected = [.. x.Chunk(3).Select(row => bias + (w[0] * (row[0] - mean[0])) + (w[1] * (row[1] - mean[1])) + (w[2] * (row[2] - mean[2])))];
        Close.Equal(expected, import.Network.Predict(x), nodes);
        Assert.Equal(Bias.PerUnit, ((DenseSpec)import.Network.Layers[^1].Spec).Bias);
    }

    [Fact]
    public void ASlopeForEachUnitIsFoldedIntoTheNextLayer()
    {
        float[] slopes = [0.5f, -0.25f, 3];
        float[] next = GraphText.Numbers(6, 9);
        using OnnxImport import = GraphText.AfterDense("PRelu z v -> a; MatMul a next -> y").Weight("v", [3], slopes).Weight("next", [3, 2], next).Import();

        Assert.Equal(2, import.Network.LayerCount);
        Assert.Equal(6, import.Network.Layers[0].OutputSize);
        float[] expected = [.. GraphText.Dense(rows).Chunk(3).SelectMany(z => Enumerable.Range(0, 2).Select(k =>
            (float)Enumerable.Range(0, 3).Sum(i => (z[i] >= 0 ? z[i] : slopes[i] * z[i]) * next[(i * 2) + k])))];
        Close.Equal(expected, import.Network.Predict(rows), "prelu");
    }

    [Fact]
    public void ImagesAreFlattened()
    {
        GraphText graph = new GraphText(13, -1, 1, 2, 2).Weight("w", [3, 4], GraphText.Numbers(12, 1)).Weight("b", [3], GraphText.Numbers(3, 2))
            .Weight("mean", [1, 1, 1, 1], 0.5f)
            .Nodes("Sub x mean -> c; Flatten c -> f; Gemm f w b -> y").With("transB", 1);
        using OnnxImport import = graph.Import();

        Assert.Equal(4, import.Network.InputSize);
        float[] centred = [.. rows.Select(value => value - 0.5f)];
        Close.Equal([.. GraphText.Dense(centred).Select(value => (float)value)], import.Network.Predict(rows), "images");
    }

    [Fact]
    public void TheNumberOfFeaturesComesFromTheFirstWeightWhereTheInputDoesNotSay()
    {
        using OnnxImport import = new GraphText(17, -1, -1).Weight("w", [4, 2], GraphText.Numbers(8, 5)).Nodes("MatMul x w -> y").Import();
        Assert.Equal(4, import.Network.InputSize);
    }

    [Fact]
    public void AClassifierOfSklearnKeepsItsClassNames()
    {
        // skl2onnx: Scaler, LinearClassifier, Normalizer, ZipMap; the labels are an output of their own.
        GraphText graph = new GraphText(17, -1, 4)
            .Nodes("ai.onnx.ml/Scaler x -> s").With("offset", new float[] { 1, 2, 3, 4 }).With("scale", new float[] { 0.5f, 2, 1, 4 })
            .Nodes("ai.onnx.ml/LinearClassifier s -> label scores").With("coefficients", GraphText.Numbers(12, 1)).With("intercepts", GraphText.Numbers(3, 2))
            .With("post_transform", "SOFTMAX").With("classlabels_strings", new[] { "setosa", "versicolor", "virginica" })
            .Nodes("ai.onnx.ml/Normalizer scores -> norm").With("norm", "L1")
            .Nodes("ai.onnx.ml/ZipMap norm -> probabilities").With("classlabels_strings", new[] { "setosa", "versicolor", "virginica" });
        graph.Model.Graph.Output.Clear();
        graph.Output(GraphText.Value("label", [-1], type: 8)).Output(new Schema.ValueProto { Name = "probabilities" });

        using OnnxImport import = graph.Import();
        Assert.Equal(["setosa", "versicolor", "virginica"], import.ClassNames);
        Assert.Equal("[\"setosa\",\"versicolor\",\"virginica\"]", import.Network.Metadata["onnx.classNames"]);
        Assert.Equal("probabilities", import.OutputName);
        Assert.Contains(import.Notes, note => note.Contains("ZipMap", StringComparison.Ordinal));
        float[] offset = [1, 2, 3, 4], scale = [0.5f, 2, 1, 4];
        double[] z = GraphText.Dense([.. rows.Select((value, i) => (value - offset[i % 4]) * scale[i % 4])]);
        float[] expected = [.. z.Chunk(3).SelectMany(row => row.Select(value => (float)(Math.Exp(value) / row.Sum(Math.Exp))))];
        Close.Equal(expected, import.Network.Predict(rows), "classifier");
    }

    [Fact]
    public void ABinaryMlpClassifierOfSklearnGivesBothProbabilities()
    {
        // skl2onnx ends MLPClassifier with one logistic unit p by [1 - p, p], and ArgMax beside it for the label.
        GraphText graph = new GraphText(17, -1, 4)
            .Weight("w1", [4, 3], GraphText.Numbers(12, 1)).Weight("b1", [1, 3], 1, 2, 3).Weight("w2", [3, 1], GraphText.Numbers(3, 2)).Weight("b2", [1, 1], 0.25f).Weight("unity", [], 1)
            .Nodes("Cast x -> c").With("to", 1)
            .Nodes("MatMul c w1 -> m1; Add m1 b1 -> a1; Relu a1 -> r; MatMul r w2 -> m2; Add m2 b2 -> a2; Sigmoid a2 -> p; Sub unity p -> q; Concat q p -> proba").With("axis", 1)
            .Nodes("ArgMax proba -> label").With("axis", 1);
        graph.Model.Graph.Output.Clear();
        graph.Output(GraphText.Value("label", [-1], type: 7)).Output(GraphText.Value("proba", [-1, 2]));

        using OnnxImport import = graph.Import();
        Assert.Equal(2, import.Network.OutputSize);
        float[] y = import.Network.Predict(rows);
        for (int i = 0; i < y.Length; i += 2)
        {
            Assert.Equal(1, y[i] + y[i + 1], 1e-6f);
            Assert.InRange(y[i], 0.001f, 0.999f);
        }
    }

    [Fact]
    public void ALogSoftmaxIsTakenAsSoftmaxOnlyWhenAsked()
    {
        GraphText graph = GraphText.AfterDense("LogSoftmax z -> y");
        graph.Refused("n1", "LogSoftmax", "LogSoftmaxAsSoftmax");
        using OnnxImport import = graph.Import(new OnnxImportOptions { LogSoftmaxAsSoftmax = true });
        Assert.Equal(Activation.Softmax, ((DenseSpec)import.Network.Layers[0].Spec).Activation);
        Assert.Contains("probabilities", Assert.Single(import.Notes), StringComparison.Ordinal);
        Assert.Equal(import.Notes[0], import.Network.Metadata["onnx.notes"]);
    }

    [Theory]
    [InlineData("Gelu z -> y", 20)]
    [InlineData("Mul z z -> q; Mul q z -> c; Mul c kappa -> k; Add z k -> i; Mul i beta -> t; Tanh t -> h; Add h one -> f; Mul z half -> g; Mul g f -> y", 17)]
    [InlineData("Pow z three -> c; Mul kappa c -> k; Add z k -> i; Mul beta i -> t; Tanh t -> h; Add one h -> f; Mul z f -> g; Mul half g -> y", 17)]
    public void ATanhGeluIsTakenAsTheExactOneOnlyWhenAsked(string nodes, int opset)
    {
        GraphText graph = GraphText.AfterDense(nodes, opset).Weight("kappa", [], 0.044715f).Weight("beta", [], 0.7978845608f).Weight("one", [], 1).Weight("half", [], 0.5f).Weight("three", [], 3);
        if (opset == 20)
        {
            graph.With("approximate", "tanh");
        }

        graph.Refused("TanhGeluAsGelu", "0.0005");
        using OnnxImport import = graph.Import(new OnnxImportOptions { TanhGeluAsGelu = true });
        Assert.Equal(Activation.Gelu, ((DenseSpec)import.Network.Layers[0].Spec).Activation);
        Assert.Single(import.Notes);

        // The stated difference, and no more.
        double[] z = GraphText.Dense(rows);
        float[] y = import.Network.Predict(rows);
        double worst = 0;
        for (int i = 0; i < z.Length; i++)
        {
            double tanh = z[i] / 2 * (1 + Math.Tanh(0.7978845608 * (z[i] + (0.044715 * z[i] * z[i] * z[i]))));
            worst = Math.Max(worst, Math.Abs(tanh - y[i]));
        }

        Assert.InRange(worst, 1e-6, 5e-4);
    }

    /// <summary>A row that has no axis for the rows, as a controller of one robot is exported.</summary>
    [Fact]
    public void ASingleRowWithoutAnAxisOfRows()
    {
        GraphText graph = new GraphText(13, 4).Sizes("ax", 0).Weight("w", [3, 4], GraphText.Numbers(12, 1)).Weight("b", [3], GraphText.Numbers(3, 2))
            .Nodes("Unsqueeze x ax -> u; Gemm u w b -> z").With("transB", 1).Nodes("Squeeze z ax -> y");
        using OnnxImport import = graph.Import();
        Assert.Equal(4, import.Network.InputSize);
        Close.Equal([.. GraphText.Dense(rows).Select(value => (float)value)], import.Network.Predict(rows), "one row");
    }

    [Fact]
    public void AFlattenFromTheMiddleLeavesTheAxesBeforeItAsRows()
    {
        using OnnxImport import = new GraphText(13, 2, 2, 2, 1).Nodes("Flatten x -> f").With("axis", 2).Nodes("Relu f -> y").Import();
        Assert.Equal(2, import.Network.InputSize);
        Assert.Equal([0, 3], import.Network.Predict([-1, 3]));
    }

    /// <summary>Steps of a history, [4 steps, 2 numbers]: the last two of them, then the second number of each.</summary>
    [Fact]
    public void APartOfAnAxisOfSeveralIsTaken()
    {
        using OnnxImport import = new GraphText(13, -1, 4, 2).Sizes("two", 2).Sizes("end", 4).Sizes("one", 1).Weight(new Schema.TensorProto { Name = "second", DataType = 7, Int64Data = { 1 } })
            .Nodes("Slice x two end one -> s; Relu s -> r; Gather r second -> y").With("axis", 2).Import();
        Assert.Equal(8, import.Network.InputSize);
        Assert.Equal([6, 0], import.Network.Predict([1, 2, 3, 4, 5, 6, 7, -8]));
    }

    [Fact]
    public void SamplesInColumnsBecomeRows()
    {
        using OnnxImport import = new GraphText(17, 4, -1).Weight("w", [3, 4], GraphText.Numbers(12, 1)).Weight("b", [3, 1], GraphText.Numbers(3, 2)).Nodes("MatMul w x -> z; Add z b -> y").Import();
        Assert.Contains("columns", Assert.Single(import.Notes), StringComparison.Ordinal);
        Close.Equal([.. GraphText.Dense(rows).Select(value => (float)value)], import.Network.Predict(rows), "columns");
    }

    /// <summary>What a later layer takes goes through the layers between unchanged.</summary>
    [Fact]
    public void BranchesOfUnlikeActivationsCarryOnWhatIsStillNeeded()
    {
        using OnnxImport import = GraphText.AfterDense("Tanh z -> a; Sigmoid a -> s; Softplus s -> p; Concat a s p z -> y").With("axis", 1).Import();
        float[] z = [.. GraphText.Dense(rows).Select(value => (float)value)];
        float[] expected = [.. z.Chunk(3).SelectMany(row =>
        {
            float[] a = Array.ConvertAll(row, value => (float)Math.Tanh(value));
            float[] s = Array.ConvertAll(a, value => (float)(1 / (1 + Math.Exp(-value))));
            return a.Concat(s).Concat(s.Select(value => (float)Math.Log(1 + Math.Exp(value)))).Concat(row);
        })];
        Close.Equal(expected, import.Network.Predict(rows), "branches");
    }

    [Fact]
    public void MetadataGoWithTheNetworkButForTheReservedKey()
    {
        GraphText graph = GraphText.AfterDense("Relu z -> y");
        graph.Model.MetadataProps.Add(new Schema.EntryProto { Key = "author", Value = "me" });
        graph.Model.MetadataProps.Add(new Schema.EntryProto { Key = "fastmlp", Value = "{}" });
        using OnnxImport import = graph.Import();
        Assert.Equal("me", import.Network.Metadata["author"]);
        Assert.False(import.Network.Metadata.ContainsKey("fastmlp"));
    }

    /// <summary>erf by its series, to 1e-13 within the range that the rows reach.</summary>
    private static double Erf(double x)
    {
        double sum = 0;
        double term = x;
        for (int n = 0; n < 200; n++)
        {
            sum += term / ((2 * n) + 1);
            term *= -x * x / (n + 1);
        }

        return sum * 2 / Math.Sqrt(Math.PI);
    }
}
