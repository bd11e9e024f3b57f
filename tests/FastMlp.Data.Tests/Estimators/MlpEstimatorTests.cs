namespace FastMlp.Data.Tests;

/// <summary>MlpClassifier and MlpRegressor against scikit-learn's rules and numbers.</summary>
public sealed class MlpEstimatorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fastmlp").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void DefaultsAreScikitLearns()
    {
        using MlpClassifier c = new();
        Assert.Equal([100], c.HiddenLayerSizes);
        Assert.Equal((Activation.Relu, MlpSolver.Adam, MlpLearningRate.Constant), (c.Activation, c.Solver, c.LearningRate));
        Assert.Equal((1e-4f, (int?)null, 1e-3f, 0.5, 200, true, (int?)null, 1e-4f, false), (c.Alpha, c.BatchSize, c.LearningRateInit, c.PowerT, c.MaxIter, c.Shuffle, c.RandomState, c.Tol, c.WarmStart));
        Assert.Equal((0.9f, true, false, 0.1, 0.9f, 0.999f, 1e-8f, 10), (c.Momentum, c.NesterovsMomentum, c.EarlyStopping, c.ValidationFraction, c.Beta1, c.Beta2, c.Epsilon, c.NIterNoChange));
    }

    /// <summary>scikit-learn's test_fit, in double precision.</summary>
    [Fact]
    public void OneStepGivesTheWorkedNumbers()
    {
        using MlpClassifier classifier = new()
        {
            HiddenLayerSizes = [2],
            Activation = Activation.Sigmoid,
            Solver = MlpSolver.Sgd,
            LearningRateInit = 0.1f,
            Alpha = 0.1f,
            BatchSize = 1,
            Momentum = 0,
            Scaling = Scaling.None,
        };
        float[] x = [0.6f, 0.8f, 0.7f];
        classifier.PartialFit(x, [0], classes: [0, 1]);
        Network network = classifier.Network;
        network.Tensors["layers.0.weight"].CopyFrom([0.1f, 0.3f, 0.5f, 0.2f, 0.1f, 0]);
        network.Tensors["layers.0.bias"].CopyFrom([0.1f, 0.1f]);
        network.Tensors["layers.1.weight"].CopyFrom([0.1f, 0.2f]);
        network.Tensors["layers.1.bias"].CopyFrom([1f]);

        classifier.PartialFit(x, [0]);

        Close([0.0979993f, 0.2956657f, 0.4938325f, 0.1957546f, 0.0960061f, -0.0026197f], Weight(network, 0), 1e-6f);
        Close([0.0470121f, 0.1540292f], Weight(network, 1), 1e-6f);
        Assert.Equal(0.739492f, classifier.PredictProbabilities(x)[1], 1e-5f);
    }

    [Theory]
    [InlineData(MlpSolver.Adam, MlpLearningRate.Constant, 10, 12)]
    [InlineData(MlpSolver.Adam, MlpLearningRate.Adaptive, 10, 12)]
    [InlineData(MlpSolver.Sgd, MlpLearningRate.Constant, 10, 12)]
    [InlineData(MlpSolver.Adam, MlpLearningRate.Constant, 3, 5)]
    [InlineData(MlpSolver.Sgd, MlpLearningRate.Adaptive, 10, 67)]
    public void TrainingEndsAfterAsManyPassesAsScikitLearns(MlpSolver solver, MlpLearningRate rate, int patience, int passes)
    {
        (float[] x, int[] y) = TwoClasses(40);
        using MlpClassifier classifier = new() { Solver = solver, LearningRate = rate, Tol = 1e9f, NIterNoChange = patience, RandomState = 0, HiddenLayerSizes = [5] };
        classifier.Fit(x, y);
        Assert.Equal(passes, classifier.IterationCount);
        Assert.True(classifier.HasConverged);
    }

    [Fact]
    public void TheIterationLimitIsNoConvergence()
    {
        (float[] x, int[] y) = TwoClasses(40);
        using MlpClassifier classifier = new() { MaxIter = 3, RandomState = 0 };
        classifier.Fit(x, y);
        Assert.Equal((3, false), (classifier.IterationCount, classifier.HasConverged));
        Assert.Empty(classifier.ValidationScores);
    }

    [Theory]
    [InlineData(false, 6)]
    [InlineData(true, 2)]
    public void WeightsAndBiasesStartUniform(bool sigmoid, double factor)
    {
        (float[] x, int[] y) = TwoClasses(30);
        using MlpClassifier classifier = new()
        {
            Activation = sigmoid ? Activation.Sigmoid : Activation.Relu,
            Solver = MlpSolver.Sgd,
            LearningRateInit = 1e-30f,
            MaxIter = 1,
            RandomState = 5,
            HiddenLayerSizes = [400],
        };
        classifier.Fit(x, y);
        float range = (float)Math.Sqrt(factor / (3 + 400));
        float[] weight = Weight(classifier.Network, 0);
        float[] bias = new float[400];
        classifier.Network.Tensors["layers.0.bias"].CopyTo(bias);
        foreach (float[] values in (float[][])[weight, bias])
        {
            Assert.All(values, value => Assert.InRange(value, -range, range));
            Assert.InRange(values.Max(), 0.97f * range, range);
            Assert.InRange(values.Min(), -range, -0.97f * range);
            Assert.InRange(values.Average(), -0.1f * range, 0.1f * range);
        }
    }

    [Fact]
    public void TheLossHasThePenaltyOfABatch()
    {
        (float[] x, int[] y) = TwoClasses(30);
        using MlpClassifier classifier = new() { Alpha = 7, Solver = MlpSolver.Sgd, LearningRateInit = 1e-30f, MaxIter = 1, RandomState = 5, HiddenLayerSizes = [4], Scaling = Scaling.None };
        classifier.Fit(x, y);
        double squares = Weight(classifier.Network, 0).Concat(Weight(classifier.Network, 1)).Sum(weight => (double)weight * weight);
        double loss = classifier.Network.Evaluate(new Dataset(x, 3, y, 2)).Loss;
        Assert.Equal(loss + (7.0 / 2 / 30 * squares), classifier.LossCurve[0], 1e-5);
    }

    [Fact]
    public void AnInverseScalingRateFallsWithTheRowsSeen()
    {
        (float[] x, int[] y) = TwoClasses(30);
        using MlpClassifier classifier = new()
        {
            Solver = MlpSolver.Sgd,
            LearningRate = MlpLearningRate.InvScaling,
            LearningRateInit = 0.5f,
            Momentum = 0,
            Alpha = 0,
            HiddenLayerSizes = [],
            RandomState = 1,
            Scaling = Scaling.None,
        };
        classifier.PartialFit(x, y, [0, 1]);
        using Network copy = classifier.Network.Clone();
        using Trainer trainer = new(copy, new TrainerOptions { Optimizer = new Sgd(0.5f / MathF.Sqrt(31)) });
        trainer.Step(x, y);
        classifier.PartialFit(x, y);
        Close(Weight(copy, 0), Weight(classifier.Network, 0), 1e-6f);
    }

    [Fact]
    public void ClassesHaveNames()
    {
        Dataset iris = BuiltInDatasets.Iris();
        string[] names = [.. iris.Labels.ToArray().Select(label => iris.ClassNames[label])];
        using MlpClassifier classifier = new() { RandomState = 1 };
        classifier.Fit(iris.Features, names);

        Assert.Equal(iris.ClassNames.Order(StringComparer.Ordinal), classifier.Classes);
        Assert.InRange(classifier.Score(iris.Features, names), 0.95, 1);
        Assert.Equal(classifier.Score(iris.Features, names), classifier.Score(iris), 1e-6);
        Assert.Equal(classifier.Score(iris), classifier.Predict(iris.Features).Zip(names).Count(pair => pair.First == pair.Second) / 150.0, 1e-6);
        float[] probabilities = classifier.PredictProbabilities(iris.Features);
        Assert.Equal(450, probabilities.Length);
        Assert.Equal(1, probabilities.AsSpan(3, 3).ToArray().Sum(), 1e-5f);
        Assert.Contains("setosa", Assert.Throws<InvalidOperationException>(() => classifier.PredictNumbers(iris.Features)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OrNumbersInRisingOrder()
    {
        (float[] x, int[] zeroOrOne) = TwoClasses(60);
        int[] y = Array.ConvertAll(zeroOrOne, label => label == 0 ? 10 : -3);
        using MlpClassifier classifier = new() { RandomState = 1, LearningRateInit = 0.02f };
        classifier.Fit(x, y);

        Assert.Equal(["-3", "10"], classifier.Classes);
        Assert.Equal(1, classifier.Network.OutputSize);
        Assert.Equal(y, classifier.PredictNumbers(x));
        Assert.Equal(1, classifier.Score(x, y));
        float[] both = classifier.PredictProbabilities(x);
        Assert.All(Enumerable.Range(0, 60), row => Assert.Equal(1, both[2 * row] + both[(2 * row) + 1], 1e-6f));
        Assert.Equal(y[0] == 10, both[1] > both[0]);
    }

    [Fact]
    public void ARowMayHaveSeveralLabels()
    {
        (float[] x, _) = TwoClasses(80);
        float[] y = [.. Enumerable.Range(0, 80).SelectMany(row => (float[])[x[row * 3] > 0 ? 1 : 0, x[(row * 3) + 1] > 0 ? 1 : 0])];
        Dataset data = new(x, 3, y, 2) { TargetNames = ["tall", "old"] };
        using MlpClassifier classifier = new() { RandomState = 1, LearningRateInit = 0.02f, EarlyStopping = false };
        classifier.Fit(data);

        Assert.True(classifier.IsMultiLabel);
        Assert.Equal(["tall", "old"], classifier.Classes);
        Assert.InRange(classifier.Score(data), 0.95, 1);
        bool[] labels = classifier.PredictLabels(x);
        Assert.InRange(labels.Zip(y).Count(pair => pair.First == pair.Second > 0.5f), 155, 160);
        Assert.Equal(160, classifier.PredictProbabilities(x).Length);
        Assert.Contains("PredictLabels", Assert.Throws<InvalidOperationException>(() => classifier.Predict(x)).Message, StringComparison.Ordinal);

        string path = Path.Combine(folder, "labels.safetensors");
        classifier.Save(path);
        using MlpClassifier loaded = MlpClassifier.Load(path);
        Assert.True(loaded.IsMultiLabel);
        Assert.Equal(labels, loaded.PredictLabels(x));
        Assert.Contains("row 0, column 1", Assert.Throws<ArgumentException>(() => classifier.Fit(new Dataset(new float[3], 3, new float[] { 1, 0.5f }, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASeedGivesTheSameBitsForAnyNumberOfThreads()
    {
        (float[] x, int[] y) = TwoClasses(500);
        float[] first = Trained(seed: 3, threads: 1);
        Assert.Equal(first, Trained(seed: 3, threads: 2));
        Assert.NotEqual(first, Trained(seed: 4, threads: 1));

        float[] Trained(int seed, int threads)
        {
            using MlpClassifier classifier = new() { RandomState = seed, Threads = threads, MaxIter = 3 };
            classifier.Fit(x, y);
            return Weight(classifier.Network, 0);
        }
    }

    [Fact]
    public void PartialFitsAreThePassesOfAFit()
    {
        Dataset wine = BuiltInDatasets.Wine();
        using MlpClassifier whole = new() { RandomState = 2, MaxIter = 5, BatchSize = 50 };
        whole.Fit(wine);
        using MlpClassifier parts = new() { RandomState = 2, BatchSize = 50 };
        for (int i = 0; i < 5; i++)
        {
            parts.PartialFit(wine);
        }

        Assert.Equal(Weight(whole.Network, 0), Weight(parts.Network, 0));
        Assert.Equal(whole.LossCurve, parts.LossCurve);
    }

    [Fact]
    public void AWarmStartGoesOn()
    {
        Dataset wine = BuiltInDatasets.Wine();
        using MlpClassifier classifier = new() { RandomState = 2, MaxIter = 20, WarmStart = true };
        classifier.Fit(wine);
        double loss = classifier.LossCurve[^1];
        classifier.Fit(wine);
        Assert.InRange(classifier.LossCurve[0], 0, loss);
        Assert.Contains("4 features and 3 classes", Assert.Throws<ArgumentException>(() => classifier.Fit(BuiltInDatasets.Iris())).Message, StringComparison.Ordinal);

        classifier.WarmStart = false;
        classifier.Fit(BuiltInDatasets.Iris());
        Assert.Equal(4, classifier.Network.InputSize);
    }

    [Fact]
    public void EarlyStoppingPutsTheBestScoreBack()
    {
        Dataset digits = BuiltInDatasets.Digits();
        using MlpClassifier classifier = new() { RandomState = 6, EarlyStopping = true, NIterNoChange = 3, LearningRateInit = 0.01f };
        classifier.Fit(digits);
        Assert.True(classifier.HasConverged);
        Assert.Equal(classifier.IterationCount, classifier.ValidationScores.Count);
        (_, Dataset heldOut) = classifier.Preprocessing.Transform(digits).Split(0.1, 6, stratified: true);
        Assert.Equal(classifier.ValidationScores.Max(), classifier.Network.Evaluate(heldOut).Accuracy, 1e-6);
        Assert.True(classifier.ValidationScores[^1] < classifier.ValidationScores.Max() + 1e-4);
    }

    /// <summary>R2 of one row, or of rows with the same value, is not defined: nothing could ever be better than the first pass.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(14)]
    public void AFewRowsStopEarlyByAScoreThatMoves(int rows)
    {
        float[] x = [.. Enumerable.Range(0, rows).Select(row => (float)row)];
        float[] y = Array.ConvertAll(x, value => (3 * value) - 7);
        using MlpRegressor regressor = new() { HiddenLayerSizes = [], EarlyStopping = true, RandomState = 1, LearningRateInit = 0.05f, MaxIter = 500, NIterNoChange = 50 };
        regressor.Fit(x, y);
        Assert.InRange(regressor.ValidationScores.Distinct().Count(), 10, int.MaxValue);
        Assert.InRange(regressor.Score(x, y), 0.99, 1);
    }

    [Fact]
    public void WhatPartialFitAndAWarmStartCannotDoIsSaid()
    {
        (float[] x, int[] y) = TwoClasses(60);
        using MlpClassifier classifier = new() { HiddenLayerSizes = [4], RandomState = 1, MaxIter = 3, EarlyStopping = true };
        Assert.Contains("EarlyStopping", Assert.Throws<InvalidOperationException>(() => classifier.PartialFit(x, y, [0, 1])).Message, StringComparison.Ordinal);
        classifier.EarlyStopping = false;
        classifier.Fit(x, y);
        classifier.WarmStart = true;
        classifier.HiddenLayerSizes = [4, 4];
        Assert.Contains("(4)", Assert.Throws<ArgumentException>(() => classifier.Fit(x, y)).Message, StringComparison.Ordinal);
        Assert.Contains("(4, 4)", Assert.Throws<ArgumentException>(() => classifier.PartialFit(x, y)).Message, StringComparison.Ordinal);
        classifier.HiddenLayerSizes = [4];
        classifier.Activation = Activation.Tanh;
        Assert.Contains("tanh", Assert.Throws<ArgumentException>(() => classifier.Fit(x, y)).Message, StringComparison.OrdinalIgnoreCase);
        classifier.WarmStart = false;
        classifier.Fit(x, y);
        Assert.Contains("row 1 is null", Assert.Throws<ArgumentException>(() => classifier.Fit([1, 2, 3], ["a", null!, "b"])).Message, StringComparison.Ordinal);
        Assert.Contains("classes is null", Assert.Throws<ArgumentException>(() => new MlpClassifier().PartialFit([1, 2, 3], ["a", "b", "b"], ["a", null!, "b"])).Message, StringComparison.Ordinal);
    }

    /// <summary>The optimizer goes on after Fit with the moments that it has, as scikit-learn's does.</summary>
    [Fact]
    public void PartialFitGoesOnAfterFit()
    {
        Dataset wine = BuiltInDatasets.Wine();
        using MlpClassifier whole = new() { RandomState = 2, MaxIter = 5, BatchSize = 50, Tol = 0 };
        using MlpClassifier parts = new() { RandomState = 2, MaxIter = 3, BatchSize = 50, Tol = 0 };
        whole.Fit(wine);
        parts.Fit(wine);
        parts.PartialFit(wine);
        parts.PartialFit(wine);
        Assert.Equal(Weight(whole.Network, 0), Weight(parts.Network, 0));
        Assert.Equal(whole.LossCurve, parts.LossCurve);
    }

    [Fact]
    public void LbfgsFindsTheFlatOfALinearModel()
    {
        (float[] x, int[] y) = TwoClasses(200);
        using MlpClassifier classifier = new() { Solver = MlpSolver.Lbfgs, HiddenLayerSizes = [], Alpha = 1, RandomState = 1 };
        classifier.Fit(x, y);
        Assert.True(classifier.HasConverged);
        Assert.InRange(classifier.Score(x, y), 0.97, 1);
        Assert.Equal(classifier.LossCurve.Order(), classifier.LossCurve.Reverse());
        Assert.Contains("PartialFit", Assert.Throws<InvalidOperationException>(() => classifier.PartialFit(x, y)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARegressorAnswersInTheUnitOfTheData()
    {
        Dataset diabetes = BuiltInDatasets.Diabetes();
        using MlpRegressor regressor = new() { RandomState = 1, HiddenLayerSizes = [20], MaxIter = 100 };
        regressor.Fit(diabetes.Features, diabetes.Targets);
        double score = regressor.Score(diabetes.Features, diabetes.Targets);
        Assert.InRange(score, 0.4, 0.9);
        float[] answers = regressor.Predict(diabetes.Features);
        FastMlp.Metrics.RegressionMetrics metrics = new();
        metrics.Add(answers, diabetes.Targets);
        Assert.Equal(metrics.All.R2, score, 1e-5);

        string path = Path.Combine(folder, "diabetes.safetensors");
        regressor.Save(path);
        using MlpRegressor loaded = MlpRegressor.Load(path);
        Assert.Equal(answers, loaded.Predict(diabetes.Features));
        Assert.True(loaded.ScaleTargets);

        regressor.ScaleTargets = false;
        regressor.Fit(diabetes);
        Assert.Null(regressor.Preprocessing.Targets);
    }

    [Fact]
    public void ARegressorLearnsSeveralValues()
    {
        (float[] x, _) = TwoClasses(200);
        float[] y = [.. Enumerable.Range(0, 200).SelectMany(row => (float[])[(100 * x[row * 3]) + 500, x[(row * 3) + 1] - x[row * 3]])];
        using MlpRegressor regressor = new() { RandomState = 1, LearningRateInit = 0.01f, EarlyStopping = true };
        regressor.Fit(x, y, targets: 2);
        Assert.InRange(regressor.Score(x, y), 0.97, 1);
        Assert.Equal(400, regressor.Predict(x).Length);
        Assert.NotEmpty(regressor.ValidationScores);
    }

    [Fact]
    public void ASavedEstimatorKeepsItsParameters()
    {
        (float[] x, int[] y) = TwoClasses(50);
        using MlpClassifier classifier = new()
        {
            HiddenLayerSizes = [7, 6],
            Activation = Activation.Tanh,
            Solver = MlpSolver.Sgd,
            LearningRate = MlpLearningRate.Adaptive,
            Alpha = 0.3f,
            BatchSize = 9,
            MaxIter = 4,
            Shuffle = false,
            RandomState = -8,
            NesterovsMomentum = false,
            Scaling = Scaling.MinMax,
        };
        classifier.Fit(x, y);
        string path = Path.Combine(folder, "saved.safetensors");
        classifier.Save(path);

        using MlpClassifier loaded = MlpClassifier.Load(path);
        Assert.Equal(classifier.PredictProbabilities(x), loaded.PredictProbabilities(x));
        Assert.Equal([7, 6], loaded.HiddenLayerSizes);
        Assert.Equal((Activation.Tanh, MlpSolver.Sgd, MlpLearningRate.Adaptive, 0.3f, 9, 4), (loaded.Activation, loaded.Solver, loaded.LearningRate, loaded.Alpha, loaded.BatchSize, loaded.MaxIter));
        Assert.Equal((false, -8, false, Scaling.MinMax), (loaded.Shuffle, loaded.RandomState, loaded.NesterovsMomentum, loaded.Scaling));
        loaded.PartialFit(x, y);
        Assert.NotEqual(classifier.PredictProbabilities(x), loaded.PredictProbabilities(x));
        Assert.Contains("regression", Assert.Throws<ModelFormatException>(() => MlpRegressor.Load(path)).Message, StringComparison.Ordinal);

        using Network network = Network.Load(path);
        network.Metadata[MlpEstimator.MetadataKey] = """{"solver":"Newton"}""";
        network.Save(path);
        Assert.Contains("Newton", Assert.Throws<ModelFormatException>(() => MlpClassifier.Load(path)).Message, StringComparison.Ordinal);
        network.Metadata.Clear();
        network.Save(path);
        Assert.Contains("preprocessing", Assert.Throws<ModelFormatException>(() => MlpClassifier.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeFittedIsSaid()
    {
        (float[] x, int[] y) = TwoClasses(20);
        using MlpClassifier classifier = new();
        Says("call Fit", Assert.Throws<InvalidOperationException>(() => classifier.Predict(x)));
        Says("20 answers", Assert.Throws<ArgumentException>(() => classifier.Fit(x.AsSpan(1), y)));
        Says("all classes", Assert.Throws<ArgumentException>(() => classifier.PartialFit(x, y)));
        Says("'2' of row 1", Assert.Throws<ArgumentException>(() => classifier.PartialFit([1, 2, 3, 4], [0, 2], [0, 1])));
        Says("one class", Assert.Throws<ArgumentException>(() => classifier.Fit(new float[3], new int[3])));
        Says("alike", Assert.Throws<ArgumentException>(() => classifier.Fit(new Dataset(x, 3, y, 2).WithWeights(new float[] { 1, 2 }.Concat(new float[18]).ToArray()))));
        Says("values", Assert.Throws<ArgumentException>(() => new MlpRegressor().Fit([1, 2, 3], [1f, 2, 3], targets: 2)));
        Says("MlpClassifier", Assert.Throws<ArgumentException>(() => new MlpRegressor().Fit(new Dataset(x, 3, y, 2))));
        Says("Alpha", Assert.Throws<ArgumentOutOfRangeException>(() => new MlpClassifier { Alpha = -1 }.Fit(x, y)));
        Says("BatchSize", Assert.Throws<ArgumentOutOfRangeException>(() => new MlpClassifier { BatchSize = 0 }.Fit(x, y)));
        Says("HiddenLayerSizes", Assert.Throws<ArgumentOutOfRangeException>(() => new MlpClassifier { HiddenLayerSizes = [5, 0] }.Fit(x, y)));
        Says("ValidationFraction", Assert.Throws<ArgumentOutOfRangeException>(() => new MlpClassifier { EarlyStopping = true, ValidationFraction = 1 }.Fit(x, y)));
        Assert.False(classifier.IsFitted);

        static void Says(string part, Exception exception) => Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFitThatDivergesLeavesTheLastOne()
    {
        (float[] x, int[] y) = TwoClasses(50);
        using MlpClassifier classifier = new() { RandomState = 1, MaxIter = 5, Solver = MlpSolver.Sgd };
        classifier.Fit(x, y);
        float[] before = classifier.PredictProbabilities(x);
        classifier.LearningRateInit = 1e30f;
        classifier.Scaling = Scaling.None;
        Assert.Throws<TrainingDivergedException>(() => classifier.Fit(x, y));
        Assert.Equal(before, classifier.PredictProbabilities(x));
    }

    /// <summary>Three features, and a class that a line through the first two decides.</summary>
    private static (float[] X, int[] Y) TwoClasses(int rows)
    {
        Random random = new(7);
        float[] x = [.. Enumerable.Range(0, rows * 3).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] y = [.. Enumerable.Range(0, rows).Select(row => x[row * 3] + (x[(row * 3) + 1] / 2) > 0 ? 1 : 0)];
        return (x, y);
    }

    private static float[] Weight(Network network, int layer) => network.Tensors[$"layers.{layer}.weight"].ToArray();

    private static void Close(float[] expected, float[] actual, float bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], bound);
        }
    }
}
