using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>What holds for every network, held to on all kinds of layers.</summary>
public class MixtureTests
{
    public static TheoryData<string> Names => Mixtures.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void GradientsAreTheOraclesAndCentralDifferences(string name)
    {
        // Not two: rows that near each other let a batch normalization magnify the rounding of float32 a hundredfold.
        foreach (int rows in new[] { 5, 8, 67 })
        {
            using Network network = Mixtures.Build(name);
            GraphGradients.Assert(network, Loss.CrossEntropy, rows, seed: 3);
            GraphGradients.Assert(network, Loss.Quadratic, rows, seed: 4);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PredictionsAreTheOracles(string name)
    {
        using Network network = Mixtures.Build(name);
        float[] x = Numbers.Uniform(1, 40 * 9);
        double[] expected = [.. ReferenceBridge.GraphFrom(network, rows: 0).Forward(ReferenceBridge.ToRows(x, 9)).SelectMany(row => row)];
        Near.Equal(expected, network.Predict(x), 1e-5, "output");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ARowHasTheSameBitsInAnyBatch(string name)
    {
        using Network network = Mixtures.Build(name);
        using Predictor predictor = network.Freeze();
        using Predictor rounded = network.Freeze(WeightFormat.BFloat16);
        float[] x = Numbers.Uniform(1, 67 * 9);
        Assert(network.Predict);
        Assert(predictor.Predict);
        Assert(rounded.Predict);

        void Assert(Predict predict)
        {
            float[] one = new float[67 * 5];
            for (int row = 0; row < 67; row++)
            {
                predict(x.AsSpan(row * 9, 9), one.AsSpan(row * 5, 5));
            }

            foreach (int rows in new[] { 2, 3, 12, 25, 67 })
            {
                int start = 67 - rows;
                float[] y = new float[rows * 5];
                predict(x.AsSpan(start * 9), y);
                Bits.Equal(one.AsSpan(start * 5), y, $"{rows} rows");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AFrozenNetworkAnswersAlike(string name)
    {
        using Network network = Mixtures.Build(name);
        using Predictor predictor = network.Freeze();
        float[] x = Numbers.Uniform(1, 40 * 9);
        float[] expected = network.Predict(x);
        float[] y = new float[expected.Length];
        predictor.Predict(x, y);
        if (FastMlp.Layers.PredictionFolding.Applies(network.Stack))
        {
            // Probabilities: folding rounds weights once more.
            Near.Equal(ReferenceBridge.ToDouble(expected), y, 4e-6, "output");
        }
        else
        {
            Bits.Equal(expected, y, "output");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SavingKeepsEveryBitAndTrainingGoesOnAlike(string name)
    {
        using Network network = Mixtures.Build(name);
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        using Network copy = network.Clone();
        Assert.Equal(network.Stack.Specs, loaded.Stack.Specs);
        Assert.Equal(network.Layers.Select(Describe), loaded.Layers.Select(Describe));
        float[] x = Numbers.Uniform(1, 20 * 9);
        int[] labels = Numbers.Labels(2, 20, 5);
        foreach (Network other in new[] { loaded, copy })
        {
            Bits.Equal(Parameters.Of(network), Parameters.Of(other), "parameters");
            Bits.Equal(Parameters.StatisticsOf(network), Parameters.StatisticsOf(other), "statistics");
        }

        foreach (Network each in new[] { network, loaded, copy })
        {
            using Trainer trainer = new(each, new TrainerOptions { Optimizer = new AdamW(), Seed = 9 });
            trainer.Step(x, labels);
            trainer.Step(x, labels);
        }

        foreach (Network other in new[] { loaded, copy })
        {
            Bits.Equal(Parameters.Of(network), Parameters.Of(other), "parameters after training");
            Bits.Equal(Parameters.StatisticsOf(network), Parameters.StatisticsOf(other), "statistics after training");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void StepsGiveTheSameBitsOnAnyNumberOfThreads(string name)
    {
        float[]? expected = null;
        for (int threads = 1; threads <= 3; threads++)
        {
            // Enough rows for every kernel to fork.
            using Network network = Mixtures.Build(name);
            using Trainer trainer = new(network, new TrainerOptions { Threads = threads, ClipNorm = 1, Seed = 5 });
            for (int step = 0; step < 2; step++)
            {
                trainer.Step(Numbers.Uniform(step, 2003 * 9), Numbers.Labels(step, 2003, 5));
            }

            float[] reached = [.. Parameters.Of(network), .. Parameters.StatisticsOf(network)];
            expected ??= reached;
            Bits.Equal(expected, reached, $"{threads} threads");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FusedAndSeparateDescentGiveTheSameBits(string name)
    {
        float[] x = Numbers.Uniform(1, 20 * 9);
        int[] labels = Numbers.Labels(2, 20, 5);
        using Network fused = Mixtures.Build(name);
        using Network separate = fused.Clone();
        TrainerOptions options = new() { Optimizer = new Sgd(0.1f, weightDecay: 0.01f) };
        using Trainer one = new(fused, options);
        using Trainer other = new(separate, options);
        one.Step(x, labels);
        other.ComputeGradients(x, labels);
        other.ApplyGradients();
        Bits.Equal(Parameters.Of(separate), Parameters.Of(fused), "parameters");
        Bits.Equal(Parameters.StatisticsOf(separate), Parameters.StatisticsOf(fused), "statistics");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ClippingByNormCountsEveryParameterOnce(string name)
    {
        using Network network = Mixtures.Build(name);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(1), ClipNorm = 1e-2f });
        float[] before = Parameters.Of(network);
        trainer.Step(Numbers.Uniform(1, 20 * 9), Numbers.Labels(2, 20, 5));
        double length = Math.Sqrt(Parameters.Of(network).Zip(before, (now, then) => Math.Pow((double)now - then, 2)).Sum());
        Assert.Equal(before.Length, network.ParameterCount);
        Near.Equal(1e-2, length, 1e-5, "length of the step");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void LbfgsFindsLess(string name)
    {
        using Network network = Mixtures.Build(name);
        if (network.Layers.Any(layer => layer.Spec is DropoutSpec))
        {
            Assert.Throws<ArgumentException>(() => new Trainer(network, new TrainerOptions { Optimizer = new Lbfgs() }));
            return;
        }

        Dataset data = new(Numbers.Uniform(1, 60 * 9), 9, Numbers.Labels(2, 60, 5), 5);
        FitReport report = network.Fit(data, new FitOptions { Optimizer = new Lbfgs(), BatchSize = FitOptions.FullBatch, Epochs = 12 });
        for (int i = 1; i < report.Epochs.Count; i++)
        {
            Assert.True(report.Epochs[i].TrainLoss <= report.Epochs[i - 1].TrainLoss, $"epoch {i + 1} rose");
        }

        // Labels at random through one feature: there is little to find.
        Assert.True(report.Epochs[^1].TrainLoss < 0.97 * report.Epochs[0].TrainLoss);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EarlyStoppingPutsEverythingBack(string name)
    {
        using Network network = Mixtures.Build(name);
        Dataset data = new(Numbers.Uniform(1, 80 * 9), 9, Numbers.Labels(2, 80, 5), 5);
        Dataset validation = data.Slice(60, 20);
        FitReport report = network.Fit(data.Slice(0, 60), new FitOptions { Epochs = 40, BatchSize = 16, Optimizer = new Adam(0.02f), Validation = validation, EarlyStoppingPatience = 3 });
        Assert.True(report.BestEpoch < report.Epochs.Count);
        Assert.Equal(report.Epochs[report.BestEpoch - 1].ValidationLoss, network.Evaluate(validation).Loss);
    }

    private delegate void Predict(ReadOnlySpan<float> x, Span<float> y);

    private static string Describe(NetworkLayer layer) => $"{layer} {layer.InputSize} {layer.OutputSize} {layer.ParameterCount} of {string.Join(", ", layer.Sources)}: {string.Join(", ", layer.Tensors)}";
}
