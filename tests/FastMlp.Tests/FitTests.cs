using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class FitTests
{
    private const int Inputs = 7;
    private const int Outputs = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(FitOptions.FullBatch)]
    public void UnshuffledItIsALoopOfStepsBitForBit(int batchSize)
    {
        Dataset data = Regression(rows: 23);
        foreach (Optimizer optimizer in Catalogue.Optimizers.Values)
        {
            using Network fitted = Start(Activation.Tanh);
            using Network stepped = fitted.Clone();
            FitReport report = fitted.Train(data, new FitOptions { Optimizer = optimizer, BatchSize = batchSize, Epochs = 3, Shuffle = false });
            using Trainer trainer = new(stepped, new TrainerOptions { Optimizer = optimizer });
            for (int epoch = 0; epoch < 3; epoch++)
            {
                double loss = 0;
                for (int start = 0; start < data.Rows; start += Math.Min(batchSize, data.Rows))
                {
                    Dataset batch = data.Slice(start, Math.Min(Math.Min(batchSize, data.Rows), data.Rows - start));
                    loss += (double)batch.Rows * trainer.Step(batch.Features, batch.Targets);
                }

                // The mean over rows, so the short last batch counts by its rows.
                Near.Equal(loss / data.Rows, report.Epochs[epoch].TrainLoss, 8 * Near.Epsilon * loss, "train loss");
            }

            Bits.Equal(Parameters.Of(stepped), Parameters.Of(fitted), $"parameters after {optimizer}");
        }
    }

    [Fact]
    public void LabelsAndOneHotTargetsTrainTheSameNetwork()
    {
        Dataset labels = Classification(rows: 50);
        Dataset oneHot = new(labels.Features.ToArray(), Inputs, Numbers.OneHot(labels.Labels, Outputs), Outputs);
        FitOptions options = new() { Loss = Loss.CrossEntropy, Epochs = 4, BatchSize = 8, Seed = 3 };
        using Network left = Start(Activation.Softmax);
        using Network right = left.Clone();

        FitReport byLabels = left.Train(labels, options);
        FitReport byTargets = right.Train(oneHot, options);

        Bits.Equal(Parameters.Of(left), Parameters.Of(right), "parameters");
        Assert.Equal(byLabels.Epochs.Select(e => e.TrainLoss), byTargets.Epochs.Select(e => e.TrainLoss));
    }

    [Fact]
    public void OneOutputTakesLabelsOfTwoClasses()
    {
        int[] classes = Numbers.Labels(2, 40, 2);
        float[] x = Numbers.Uniform(1, 40 * Inputs);
        Dataset labels = new(x, Inputs, classes, 2);
        Dataset values = new(x, Inputs, Array.ConvertAll(classes, c => (float)c), 1);
        using Network left = Network.Input(Inputs).Dense(5, Activation.Tanh).Dense(1, Activation.Sigmoid).Build(1).Fill(1);
        using Network right = left.Clone();

        FitReport byLabels = left.Train(labels, new FitOptions { Epochs = 4, BatchSize = 8 });
        FitReport byValues = right.Train(values, new FitOptions { Epochs = 4, BatchSize = 8 });

        Bits.Equal(Parameters.Of(right), Parameters.Of(left), "parameters");
        Assert.Equal(byValues.Epochs[^1].TrainLoss, byLabels.Epochs[^1].TrainLoss);
        Evaluation evaluation = left.Evaluate(labels);
        int[,] confusion = new int[2, 2];
        float[] y = left.Predict(x);
        for (int row = 0; row < 40; row++)
        {
            confusion[classes[row], y[row] > 0.5f ? 1 : 0]++;
        }

        Assert.Equal(confusion, evaluation.Confusion);
        Assert.Equal((confusion[0, 0] + confusion[1, 1]) / 40f, evaluation.Accuracy);
        Assert.Equal(right.Evaluate(values).Loss, evaluation.Loss);
    }

    [Fact]
    public void ShufflingVisitsEveryRowOncePerEpochInANewOrder()
    {
        // Row i has feature 1 at i alone, so that plain SGD on a linear unit moves weight i by its own row only:
        // with batches of one row, w_i <- w_i - eta (w_i - y_i) whatever the order. A row left out or taken twice shows.
        const int rows = 13;
        float[] x = new float[rows * rows];
        float[] y = Numbers.Uniform(1, rows);
        for (int i = 0; i < rows; i++)
        {
            x[i * (rows + 1)] = 1;
        }

        using Network network = Network.Input(rows).Dense(1, bias: Bias.None, initializer: Initializer.Zeros).Build();
        network.Train(new Dataset(x, rows, y, 1), new FitOptions { Optimizer = new Sgd(0.5f), Epochs = 2, BatchSize = 1, Seed = 9 });

        float[] weight = new float[rows];
        network.Tensors["layers.0.weight"].CopyTo(weight);
        Bits.Equal(Array.ConvertAll(y, v => 0.75f * v), weight, "weights");

        // The order does matter elsewhere, and differs by seed and from the order of the rows.
        Dataset data = Regression(rows: 40);
        float[] unshuffled = TrainedWith(seed: 1, shuffle: false);
        float[] one = TrainedWith(seed: 1, shuffle: true);
        float[] two = TrainedWith(seed: 2, shuffle: true);
        Assert.False(Bits.AreEqual(unshuffled, one));
        Assert.False(Bits.AreEqual(one, two));
        Bits.Equal(one, TrainedWith(seed: 1, shuffle: true), "parameters");
        Bits.Equal(unshuffled, TrainedWith(seed: 2, shuffle: false), "parameters");

        // Plain SGD keeps no state, so were the order of epoch 2 that of epoch 1, two fits of one epoch would do the same.
        Optimizer sgd = new Sgd(0.1f);
        using Network once = Start(Activation.Identity);
        using Network twice = once.Clone();
        once.Train(data, new FitOptions { Optimizer = sgd, Epochs = 2, BatchSize = 8 });
        twice.Train(data, new FitOptions { Optimizer = sgd, Epochs = 1, BatchSize = 8 });
        twice.Train(data, new FitOptions { Optimizer = sgd, Epochs = 1, BatchSize = 8 });
        Assert.False(Bits.AreEqual(Parameters.Of(once), Parameters.Of(twice)));

        float[] TrainedWith(int seed, bool shuffle)
        {
            using Network trained = Start(Activation.Identity);
            trained.Train(data, new FitOptions { Epochs = 2, BatchSize = 8, Seed = seed, Shuffle = shuffle });
            return Parameters.Of(trained);
        }
    }

    [Fact]
    public void AFullBatchIsNeverShuffled()
    {
        Dataset data = Regression(rows: 40);
        using Network left = Start(Activation.Identity);
        using Network right = left.Clone();

        left.Train(data, new FitOptions { Epochs = 3, BatchSize = FitOptions.FullBatch, Seed = 1 });
        right.Train(data, new FitOptions { Epochs = 3, BatchSize = FitOptions.FullBatch, Shuffle = false });

        Bits.Equal(Parameters.Of(right), Parameters.Of(left), "parameters");
    }

    [Fact]
    public void ReportsAreOfEveryEpoch()
    {
        Dataset data = Classification(rows: 45);
        Dataset validation = Classification(rows: 31, seed: 8);
        List<EpochReport> seen = [];
        using Network network = Start(Activation.Softmax);
        FitReport report = network.Train(data, new FitOptions
        {
            Epochs = 5,
            BatchSize = 8,
            Validation = validation,
            Progress = epoch =>
            {
                seen.Add(epoch);
                Evaluation evaluation = network.Evaluate(validation, Loss.CrossEntropy);
                Assert.Equal(evaluation.Loss, epoch.ValidationLoss);
                Assert.Equal(evaluation.Accuracy, epoch.ValidationMetric);
            },
        });

        Assert.Equal([1, 2, 3, 4, 5], seen.Select(e => e.Epoch));
        Assert.Equal(seen, report.Epochs);
        Assert.Equal(StopReason.EpochsDone, report.StopReason);
        Assert.Equal(seen.MinBy(e => e.ValidationLoss).Epoch, report.BestEpoch);
        Assert.True(report.SamplesPerSecond > 0);
        Assert.All(seen, e => Assert.InRange(e.TrainMetric, 0f, 1f));
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.Second.Elapsed >= pair.First.Elapsed));
        Assert.True(report.WallTime >= seen[^1].Elapsed);
    }

    [Fact]
    public void TheTrainMetricIsOfTheRowsBeforeTheirUpdate()
    {
        // One full batch: epoch 1 scores the network as it was before training.
        Dataset classes = Classification(rows: 45);
        using Network classifier = Start(Activation.Softmax);
        Evaluation before = classifier.Evaluate(classes);
        EpochReport first = classifier.Train(classes, new FitOptions { Epochs = 1, BatchSize = FitOptions.FullBatch }).Epochs[0];
        Assert.Equal(before.Accuracy, first.TrainMetric, 1e-6f);
        Assert.Equal(before.Loss, first.TrainLoss, 1e-6f);
        Assert.Null(first.ValidationLoss);
        Assert.Null(first.ValidationMetric);

        Dataset values = Regression(rows: 45);
        using Network regressor = Start(Activation.Identity);
        before = regressor.Evaluate(values);
        first = regressor.Train(values, new FitOptions { Epochs = 1, BatchSize = FitOptions.FullBatch }).Epochs[0];
        Assert.Equal(before.Rmse, first.TrainMetric, 1e-6f);
        Assert.Equal(before.Loss, first.TrainLoss, 1e-6f);
    }

    [Fact]
    public void ValidationDoesNotTouchTraining()
    {
        Dataset data = Regression(rows: 40);
        using Network left = Start(Activation.Identity);
        using Network right = left.Clone();

        left.Train(data, new FitOptions { Epochs = 3, Validation = Regression(rows: 200, seed: 9) });
        right.Train(data, new FitOptions { Epochs = 3 });

        Bits.Equal(Parameters.Of(right), Parameters.Of(left), "parameters");
    }

    [Fact]
    public void EarlyStoppingPutsTheBestParametersBack()
    {
        // Training pulls the output from 0 to 1; the validation row wants 0.5, so its loss falls and then rises.
        Dataset train = new(new float[] { 1 }, 1, new float[] { 1 }, 1);
        Dataset validation = new(new float[] { 1 }, 1, new float[] { 0.5f }, 1);
        FitOptions options = new() { Optimizer = new Sgd(0.03f), Epochs = 1000, Validation = validation, EarlyStoppingPatience = 4 };
        using Network network = Network.Input(1).Dense(1, initializer: Initializer.Zeros).Build();
        using Network control = network.Clone();

        FitReport report = network.Train(train, options);

        Assert.Equal(StopReason.EarlyStopping, report.StopReason);
        Assert.InRange(report.BestEpoch, 5, 50);
        Assert.Equal(report.BestEpoch + 4, report.Epochs.Count);
        Assert.Equal(report.Epochs.Min(e => e.ValidationLoss), report.Epochs[report.BestEpoch - 1].ValidationLoss);
        Assert.Equal(report.Epochs[report.BestEpoch - 1].ValidationLoss, network.Evaluate(validation).Loss);
        control.Train(train, new FitOptions { Optimizer = options.Optimizer, Epochs = report.BestEpoch });
        Bits.Equal(Parameters.Of(control), Parameters.Of(network), "parameters");
    }

    [Fact]
    public void CancellingBetweenEpochsKeepsWhatIsDone()
    {
        Dataset data = Regression(rows: 40);
        using CancellationTokenSource source = new();
        using Network network = Start(Activation.Identity);
        using Network control = network.Clone();

        FitReport report = network.Fit(data, new FitOptions { Epochs = 50, Progress = e => { if (e.Epoch == 3) { source.Cancel(); } } }, source.Token);

        Assert.Equal(StopReason.Cancelled, report.StopReason);
        Assert.Equal(3, report.Epochs.Count);
        control.Train(data, new FitOptions { Epochs = 3 });
        Bits.Equal(Parameters.Of(control), Parameters.Of(network), "parameters");
    }

    [Fact]
    public void CancellingFromOutsideEndsAfterAWholeBatch()
    {
        Dataset data = Regression(rows: 4000);
        using CancellationTokenSource source = new();
        using Network network = Start(Activation.Identity);
        using Network control = network.Clone();
        source.CancelAfter(TimeSpan.FromMilliseconds(30));

        FitReport report = network.Fit(data, new FitOptions { Epochs = int.MaxValue, BatchSize = 8, Shuffle = false }, source.Token);

        Assert.Equal(StopReason.Cancelled, report.StopReason);
        float[] reached = Parameters.Of(network);
        using Trainer trainer = new(control, new TrainerOptions());
        int steps = (report.Epochs.Count + 1) * 500;
        bool found = Bits.AreEqual(reached, Parameters.Of(control));
        for (int step = 0; step < steps && !found; step++)
        {
            Dataset batch = data.Slice(step % 500 * 8, 8);
            trainer.Step(batch.Features, batch.Targets);
            found = step >= (report.Epochs.Count * 500) - 1 && Bits.AreEqual(reached, Parameters.Of(control));
        }

        Assert.True(found, $"The parameters after {report.Epochs.Count} epochs and a part are not those of any whole number of steps.");
    }

    [Fact]
    public void CancelledBeforeTheStartNothingIsTrainedForAnEpoch()
    {
        using Network network = Start(Activation.Identity);
        FitReport report = network.Fit(Regression(rows: 400), new FitOptions { Epochs = 5, BatchSize = 8 }, new CancellationToken(canceled: true));

        Assert.Equal(StopReason.Cancelled, report.StopReason);
        Assert.Empty(report.Epochs);
        Assert.Equal(0, report.BestEpoch);
    }

    [Fact]
    public void TheDefaultLossMatchesTheOutput()
    {
        AssertSame(Activation.Softmax, Classification(rows: 30), Loss.CrossEntropy);
        AssertSame(Activation.Sigmoid, new Dataset(Numbers.Uniform(1, 30 * Inputs), Inputs, Numbers.Uniform(2, 30 * Outputs, 0), Outputs), Loss.BinaryCrossEntropy);
        AssertSame(Activation.Tanh, Regression(rows: 30), Loss.Quadratic);

        static void AssertSame(Activation output, Dataset data, Loss loss)
        {
            using Network left = Start(output);
            using Network right = left.Clone();
            left.Train(data, new FitOptions { Epochs = 2 });
            right.Train(data, new FitOptions { Epochs = 2, Loss = loss });
            Bits.Equal(Parameters.Of(right), Parameters.Of(left), $"parameters after {output}");
            Assert.Equal(right.Evaluate(data, loss), left.Evaluate(data) with { Confusion = right.Evaluate(data).Confusion }, SameFigures);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(1000)]
    public void EvaluateOfClassesIsThatOfTheOracle(int rows)
    {
        Dataset data = Classification(rows);
        using Network network = Start(Activation.Softmax);
        double[][] outputs = ReferenceBridge.From(network).Predict(ReferenceBridge.ToRows(data.Features, Inputs));
        double loss = 0;
        int right = 0;
        int[,] confusion = new int[Outputs, Outputs];
        for (int row = 0; row < rows; row++)
        {
            int guess = Array.IndexOf(outputs[row], outputs[row].Max());
            confusion[data.Labels[row], guess]++;
            right += guess == data.Labels[row] ? 1 : 0;
            loss -= Math.Log(outputs[row][data.Labels[row]]) / rows;
        }

        Evaluation evaluation = network.Evaluate(data);

        Assert.Equal(rows, evaluation.Rows);
        Near.Equal(loss, evaluation.Loss, 32 * Near.Epsilon * loss, "loss");
        Assert.Equal((float)right / rows, evaluation.Accuracy);
        Assert.Equal(confusion, evaluation.Confusion);
        Assert.True(float.IsNaN(evaluation.Rmse) && float.IsNaN(evaluation.R2));
    }

    [Fact]
    public void OfEqualOutputsTheFirstIsTheClass()
    {
        using Network network = Network.Input(1).Dense(3, Activation.Softmax, initializer: Initializer.Zeros).Build();
        Evaluation evaluation = network.Evaluate(new Dataset(new float[3], 1, new[] { 0, 1, 2 }, 3));

        Assert.Equal(new[,] { { 1, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 } }, evaluation.Confusion);
        Assert.Equal(1f / 3, evaluation.Accuracy);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(1000)]
    public void EvaluateOfValuesIsThatOfTheOracle(int rows)
    {
        Dataset data = Regression(rows);
        using Network network = Start(Activation.Identity);
        double[][] a = ReferenceBridge.From(network).Predict(ReferenceBridge.ToRows(data.Features, Inputs));
        double[][] y = ReferenceBridge.ToRows(data.Targets, Outputs);
        double squares = 0;
        double r2 = 0;
        for (int j = 0; j < Outputs; j++)
        {
            double mean = y.Average(row => row[j]);
            double residual = a.Zip(y, (left, right) => Math.Pow(left[j] - right[j], 2)).Sum();
            squares += residual;
            r2 += (1 - (residual / y.Sum(row => Math.Pow(row[j] - mean, 2)))) / Outputs;
        }

        Evaluation evaluation = network.Evaluate(data, Loss.Quadratic);

        double bound = 32 * Near.Epsilon;
        Near.Equal(squares / 2 / rows, evaluation.Loss, bound * squares / rows, "loss");
        Near.Equal(Math.Sqrt(squares / rows / Outputs), evaluation.Rmse, bound * Math.Sqrt(squares / rows), "rmse");
        Near.Equal(r2, evaluation.R2, bound * (1 + Math.Abs(r2)), "r2");
        Near.Equal(squares / rows / Outputs, network.Evaluate(data, Loss.MeanSquaredError).Loss, bound * squares / rows, "mean squared error");
        Assert.True(float.IsNaN(evaluation.Accuracy));
        Assert.Null(evaluation.Confusion);
    }

    [Theory]
    [InlineData(12f)]
    [InlineData(20f)]
    [InlineData(300f)]
    public void EvaluateOfFarLogitsIsTheirLoss(float logit)
    {
        // 1 - a has no digits left at z = 20, and a is 0 at -300: the loss is to come from the logits, as in training.
        using Network sigmoid = Network.Input(1).Dense(1, Activation.Sigmoid).Build();
        sigmoid.Tensors["layers.0.weight"].CopyFrom([1]);
        double expected = logit + Math.Log(1 + Math.Exp(-logit));
        Near.Equal(expected, sigmoid.Evaluate(new Dataset(new[] { logit }, 1, new float[] { 0 }, 1)).Loss, 4 * Near.Epsilon * logit, "binary cross-entropy of 0");
        Near.Equal(expected, sigmoid.Evaluate(new Dataset(new[] { -logit }, 1, new float[] { 1 }, 1)).Loss, 4 * Near.Epsilon * logit, "binary cross-entropy of 1");

        using Network softmax = Network.Input(1).Dense(2, Activation.Softmax).Build();
        softmax.Tensors["layers.0.weight"].CopyFrom([1, 0]);
        Near.Equal(expected, softmax.Evaluate(new Dataset(new[] { logit }, 1, new[] { 1 }, 2)).Loss, 4 * Near.Epsilon * logit, "cross-entropy");
    }

    [Fact]
    public void OptionsThatCannotBeAreNamed()
    {
        using Network network = Start(Activation.Identity);
        Dataset data = Regression(rows: 10);

        Assert.Throws<ArgumentNullException>(() => network.Train(null!, new FitOptions()));
        Assert.Throws<ArgumentNullException>(() => network.Train(data, null!));
        Refusal.Names(() => network.Train(data, new FitOptions { Epochs = 0 }), "epoch");
        Refusal.Names(() => network.Train(data, new FitOptions { BatchSize = 0 }), "batch");
        Refusal.Names(() => network.Train(data, new FitOptions { Threads = -1 }), "thread");
        Refusal.Names(() => network.Train(data, new FitOptions { EarlyStoppingPatience = 3 }), "validation");
        Refusal.Names(() => network.Train(data, new FitOptions { EarlyStoppingPatience = -1, Validation = data }), "patience");
    }

    [Fact]
    public void DataOfAnotherShapeIsNamed()
    {
        using Network network = Start(Activation.Identity);
        Dataset data = Regression(rows: 10);

        Refusal.Names(() => network.Train(new Dataset(new float[8], 4, new float[6], 3), new FitOptions()), "4", "7");
        Refusal.Names(() => network.Train(new Dataset(new float[14], 7, new float[10], 5), new FitOptions()), "5", "3");
        Refusal.Names(() => network.Train(new Dataset(new float[14], 7, new int[2], 5), new FitOptions()), "5", "3");
        Refusal.Names(() => network.Train(new Dataset(ReadOnlyMemory<float>.Empty, 7, ReadOnlyMemory<float>.Empty, 3), new FitOptions()), "row");
        Refusal.Names(() => network.Train(data, new FitOptions { Validation = new Dataset(new float[8], 4, new float[6], 3) }), "4", "7");
        Refusal.Names(() => network.Evaluate(new Dataset(new float[8], 4, new float[6], 3)), "4", "7");
        Refusal.Names(() => network.Evaluate(new Dataset(new float[14], 7, new float[10], 5)), "5", "3");
    }

    private static bool SameFigures(Evaluation left, Evaluation right) =>
        (left.Rows, left.Loss.Equals(right.Loss), left.Accuracy.Equals(right.Accuracy), left.Rmse.Equals(right.Rmse), left.R2.Equals(right.R2))
        == (right.Rows, true, true, true, true);

    private static Network Start(Activation output) =>
        Network.Input(Inputs).Dense(11, Activation.Tanh).Dense(Outputs, output).Build(5).Fill(5);

    private static Dataset Regression(int rows, int seed = 1) =>
        new(Numbers.Uniform(seed, rows * Inputs), Inputs, Numbers.Uniform(seed + 1, rows * Outputs), Outputs);

    private static Dataset Classification(int rows, int seed = 1) =>
        new(Numbers.Uniform(seed, rows * Inputs), Inputs, Numbers.Labels(seed + 1, rows, Outputs), Outputs);
}
