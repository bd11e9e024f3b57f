using FastMlp.Optimizers;
using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Optimizers;

/// <summary>L-BFGS seen from outside: where it goes, against an inverse Hessian that is written out; how far, against the strong Wolfe conditions.</summary>
public class LbfgsTests
{
    private const int Rows = 12;

    [Theory]
    [InlineData(Bias.PerUnit, 0f, false)]
    [InlineData(Bias.Shared, 0f, false)]
    [InlineData(Bias.None, 0.05f, false)]
    [InlineData(Bias.Shared, 0.05f, false)]
    [InlineData(Bias.Shared, 0.05f, true)]
    [InlineData(Bias.PerUnit, 0.05f, true)]
    public void StepsFollowTheInverseHessianAndMeetTheWolfeConditions(Bias bias, float decay, bool decayBiases)
    {
        const int history = 3;
        Sample sample = Sample.Create([5, 4, 3], Activation.Tanh, Loss.Quadratic, bias, Rows);
        using Network network = sample.BuildNetwork();
        Lbfgs lbfgs = new(history: history, weightDecay: decay) { DecayBiases = decayBiases };
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = lbfgs });
        List<(double[] S, double[] Y)> pairs = [];
        for (int step = 1; step <= 8; step++)
        {
            (double value, double[] gradient) = Objective(network, sample, lbfgs);
            double[] before = ReferenceBridge.ToDouble(Parameters.Of(network));
            trainer.Step(sample.X, sample.Targets);
            (double valueAfter, double[] gradientAfter) = Objective(network, sample, lbfgs);
            double[] move = Minus(ReferenceBridge.ToDouble(Parameters.Of(network)), before);

            double[] direction = Array.ConvertAll(Times(InverseHessian(pairs.TakeLast(history), before.Length), gradient), d => -d);
            double cosine = Dot(move, direction) / Math.Sqrt(Dot(move, move) * Dot(direction, direction));
            Assert.True(cosine > 1 - 1e-5, $"step {step}: the cosine to -H g is {cosine:R}.");

            // t g d is g (theta' - theta), since theta' = theta + t d; the slopes are compared per unit of the move.
            Assert.True(valueAfter <= value + (StrongWolfe.Decrease * Dot(gradient, move)) + 1e-7, $"step {step}: {valueAfter} after {value}.");
            Assert.True(Math.Abs(Dot(gradientAfter, move)) <= (StrongWolfe.Curvature * Math.Abs(Dot(gradient, move))) + 1e-7, $"step {step}: too steep.");
            pairs.Add((move, Minus(gradientAfter, gradient)));
            Assert.Equal(step, trainer.StepCount);
            Assert.False(trainer.HasConverged);
        }
    }

    [Fact]
    public void LeastSquaresAreSolvedInAsManyStepsAsThereAreParameters()
    {
        // Inputs with one-hot rows, twice each: the solution of a linear unit without bias is the mean of the targets of each input.
        float[] x = [.. Enumerable.Range(0, 8).SelectMany(row => Enumerable.Range(0, 4).Select(i => row % 4 == i ? 1f : 0f))];
        float[] y = [1, 2, -3, 4, 3, 6, -5, 0];
        using Network network = Network.Input(4).Dense(1, Activation.Identity, Bias.None).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Lbfgs() });
        int steps = 0;
        for (; steps < 20 && !trainer.HasConverged; steps++)
        {
            trainer.Step(x, y);
        }

        Assert.InRange(steps, 1, 8);
        float[] weight = new float[4];
        network.Tensors["layers.0.weight"].CopyTo(weight);
        Near.Equal([2, 4, -4, 2], weight, 2e-5, "w");
        Assert.Equal(1.25f, trainer.Step(x, y), 1e-6f);
    }

    [Fact]
    public void FitGoesOnFromItsLastEvaluationWithTheBitsOfATrainerThatEvaluatesAgain()
    {
        Dataset data = new(Numbers.Uniform(1, 60 * 6), 6, Numbers.Labels(2, 60, 4), 4);
        using Network fitted = Network.Input(6).Dense(9, Activation.Tanh).Dense(4, Activation.Softmax).Build(3);
        using Network stepped = fitted.Clone();
        using Trainer trainer = new(stepped, new TrainerOptions { Optimizer = new Lbfgs() });

        FitReport report = fitted.Train(data, new FitOptions { Optimizer = new Lbfgs(), Epochs = 15, BatchSize = FitOptions.FullBatch });

        Assert.Equal(15, report.Epochs.Count);
        foreach (EpochReport epoch in report.Epochs)
        {
            float[] outputs = stepped.Predict(data.Features);
            int right = data.Labels.ToArray().Where((label, row) => outputs.AsSpan(row * 4, 4).IndexOf(outputs.AsSpan(row * 4, 4).ToArray().Max()) == label).Count();
            Assert.Equal(right / 60f, epoch.TrainMetric, 1e-6f);
            Bits.Equal([trainer.Step(data.Features, data.Labels)], [epoch.TrainLoss], $"loss of epoch {epoch.Epoch}");
        }

        Bits.Equal(Parameters.Of(stepped), Parameters.Of(fitted), "parameters");
        Assert.True(report.Epochs[^1].TrainLoss < 0.6f * report.Epochs[0].TrainLoss);
    }

    [Fact]
    public void FitStopsWhereTheGradientIsFlat()
    {
        Dataset data = new(Numbers.Uniform(1, 40 * 3), 3, Numbers.Uniform(2, 40), 1);
        using Network network = Network.Input(3).Dense(1).Build(3);

        FitReport report = network.Train(data, new FitOptions { Optimizer = new Lbfgs(), Epochs = 100, BatchSize = FitOptions.FullBatch });

        Assert.Equal(StopReason.Converged, report.StopReason);
        Assert.InRange(report.Epochs.Count, 2, 20);
        using Trainer trainer = new(network, new TrainerOptions());
        trainer.ComputeGradients(data.Features, data.Targets);

        // The search ends where the loss, a sum of float32 terms, falls no further: that is a gradient of some 1e-5, not exactly where.
        Assert.All(Parameters.GradientsOf(trainer), g => Assert.InRange(g, -3e-5f, 3e-5f));
    }

    [Fact]
    public void ANewBatchIsEvaluatedAnew()
    {
        using Network network = Network.Input(3).Dense(2, Activation.Tanh).Dense(1).Build(3);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Lbfgs() });
        using Trainer plain = new(network, new TrainerOptions { Loss = Loss.Quadratic });
        for (int step = 0; step < 5; step++)
        {
            float[] x = Numbers.Uniform(step, 10 * 3);
            float[] y = Numbers.Uniform(step + 50, 10);
            Bits.Equal([plain.ComputeGradients(x, y)], [trainer.Step(x, y)], "loss");
        }
    }

    [Fact]
    public void WhatCannotGoTogetherIsRefused()
    {
        using Network network = Network.Input(3).Dense(1).Build(3);
        Dataset data = new(Numbers.Uniform(1, 40 * 3), 3, Numbers.Uniform(2, 40), 1);
        Refusal.Names(() => network.Train(data, new FitOptions { Optimizer = new Lbfgs() }), "FullBatch", "40", "32");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { Optimizer = new Lbfgs(), ClipNorm = 1 }), "ClipNorm");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { Optimizer = new Lbfgs(), MaxNorm = 1 }), "MaxNorm");
        Refusal.Names(() => new Lbfgs(history: 0), "history");
        Refusal.Names(() => new Lbfgs(gradientTolerance: -1), "gradientTolerance");
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Lbfgs() });
        trainer.ComputeGradients(data.Features, data.Targets);
        Assert.Contains("Step", Assert.Throws<InvalidOperationException>(trainer.ApplyGradients).Message, StringComparison.Ordinal);
    }

    /// <summary>The oracle's loss with its penalty, and the gradient of that.</summary>
    private static (double Value, double[] Gradient) Objective(Network network, Sample sample, Lbfgs lbfgs)
    {
        ReferenceNetwork reference = ReferenceBridge.From(network);
        double value = reference.ComputeGradients(sample.XRows, sample.TargetRows, ReferenceLoss.Quadratic);
        List<double> gradient = [];
        foreach (ReferenceLayer layer in reference.Layers)
        {
            foreach ((double[] values, double[] gradients) in layer.Parameters())
            {
                double alpha = lbfgs.DecayBiases || ReferenceEquals(values, layer.Weight) ? lbfgs.WeightDecay : 0;
                value += alpha / 2 * Dot(values, values);
                gradient.AddRange(gradients.Zip(values, (g, v) => g + (alpha * v)));
            }
        }

        return (value, [.. gradient]);
    }

    /// <summary>H &lt;- (I - rho s y^T) H (I - rho y s^T) + rho s s^T over the pairs, from (s y / y y) I.</summary>
    private static double[,] InverseHessian(IEnumerable<(double[] S, double[] Y)> pairs, int size)
    {
        (double[] S, double[] Y)[] all = [.. pairs];
        double scale = all.Length == 0 ? 1 : Dot(all[^1].S, all[^1].Y) / Dot(all[^1].Y, all[^1].Y);
        double[,] h = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            h[i, i] = scale;
        }

        foreach ((double[] s, double[] y) in all)
        {
            double rho = 1 / Dot(s, y);
            double[] hy = Times(h, y);
            double yhy = Dot(y, hy);
            double[,] next = new double[size, size];
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    next[i, j] = h[i, j] - (rho * ((s[i] * hy[j]) + (hy[i] * s[j]))) + (((rho * rho * yhy) + rho) * s[i] * s[j]);
                }
            }

            h = next;
        }

        return h;
    }

    private static double[] Times(double[,] matrix, double[] vector)
    {
        double[] result = new double[vector.Length];
        for (int i = 0; i < vector.Length; i++)
        {
            for (int j = 0; j < vector.Length; j++)
            {
                result[i] += matrix[i, j] * vector[j];
            }
        }

        return result;
    }

    private static double[] Minus(double[] left, double[] right) => [.. left.Zip(right, (l, r) => l - r)];

    private static double Dot(double[] left, double[] right) => left.Zip(right, (l, r) => l * r).Sum();
}
