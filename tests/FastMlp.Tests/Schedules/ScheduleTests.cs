using FastMlp.Tests.Support;

namespace FastMlp.Tests.Schedules;

/// <summary>Each schedule at numbers that can be worked by hand, and on its way through Fit and Trainer.</summary>
public class ScheduleTests
{
    private const double Exact = 1e-12;

    [Fact]
    public void FactorsAreThoseOfTheFormulas()
    {
        Assert.Equal(1, Schedule.Constant.Factor(new(5)));
        AssertClose([1, 1, 1, 0.5, 0.5, 0.5, 0.25], Factors(Schedule.Step(3, 0.5), 7), Exact);
        AssertClose([1, 0.9, 0.81, 0.729], Factors(Schedule.Exponential(0.9), 4), Exact);
        AssertClose([1, 0.8, 0.6, 0.4, 0.2], Factors(Schedule.Polynomial(), 5), Exact);
        AssertClose([1, 0.75, 0.5, 0.25], Factors(Schedule.Polynomial(final: 0), 4), Exact);
        Assert.Equal(0.1 + (0.9 * 0.25), Schedule.Polynomial(2, 0.1).Factor(new(5, 10)), Exact);
        AssertClose([1, 0.75, 0.25], Factors(Schedule.Cosine(), 3), Exact);
        AssertClose([1, 0.5, 1, 0.5, 1], Factors(Schedule.CosineRestarts(2), 5), Exact);
        Assert.Equal([0, 1, 3, 7, 15], Enumerable.Range(0, 16).Where(e => Schedule.CosineRestarts(1, 2).Factor(new(e)) == 1).ToArray());
        Assert.Equal(Math.Pow(301, -0.5), Schedule.InverseScaling().Factor(new(35, 0, StepsPerEpoch: 10, RowsPerEpoch: 100)), Exact);
    }

    [Fact]
    public void OneCycleStartsRisesAndFalls()
    {
        double[] factors = Factors(Schedule.OneCycle(peak: 0.3, start: 0.1, final: 1e-3), 100);
        Assert.Equal(0.1, factors[0], Exact);
        Assert.Equal(1, factors[29], Exact);
        Assert.Equal(1e-3, factors[99], Exact);
        for (int step = 1; step < 100; step++)
        {
            Assert.True(step <= 29 ? factors[step] > factors[step - 1] : factors[step] < factors[step - 1], $"step {step}");
        }

        // Runs too short for a shape still have rates.
        Assert.All(new[] { 1, 2, 3 }.SelectMany(steps => Factors(Schedule.OneCycle(), steps)), factor => Assert.InRange(factor, 1e-7, 1));
    }

    [Fact]
    public void AWarmUpRisesToTheScheduleBehindIt()
    {
        // Two epochs of two steps: fifths of the first factor, then the line over the six steps that are left.
        double[] factors = [.. Enumerable.Range(0, 10).Select(step => Schedule.Polynomial().WithWarmUp(2).Factor(new(step, 10, StepsPerEpoch: 2)))];
        AssertClose([0.2, 0.4, 0.6, 0.8, 1, 5 / 6.0, 4 / 6.0, 3 / 6.0, 2 / 6.0, 1 / 6.0], factors, Exact);
        AssertClose([0.5, 1, 1], Factors(Schedule.Constant.WithWarmUp(1), 3), Exact);
    }

    [Fact]
    public void AScheduleIsAValue()
    {
        Assert.Equal(Schedule.Cosine(0.1).WithWarmUp(2), Schedule.Cosine(0.1).WithWarmUp(2));
        Assert.NotEqual(Schedule.Cosine(), Schedule.Cosine(0.1));
        Assert.Equal(0.02f, Schedule.Step(1, 0.1).Rate(0.2f, new(1)), 1e-9f);
    }

    [Fact]
    public void WhatAScheduleCannotBeIsRefused()
    {
        Refusal.Names(() => Schedule.Step(0), "every");
        Refusal.Names(() => Schedule.Exponential(double.NaN), "factor");
        Refusal.Names(() => Schedule.Polynomial(0), "power");
        Refusal.Names(() => Schedule.Cosine(2), "final");
        Refusal.Names(() => Schedule.CosineRestarts(1, 0.5), "growth");
        Refusal.Names(() => Schedule.OneCycle(peak: 1), "peak");
        Refusal.Names(() => Schedule.ReduceOnPlateau(factor: 1), "factor");
        Refusal.Names(() => Schedule.ReduceOnPlateau(patience: -1), "-1");
        Refusal.Names(() => Schedule.Constant.WithWarmUp(0), "epochs");
        Refusal.Names(() => Schedule.Cosine().Factor(new(1)), "TotalSteps");
        using Network network = Network.Input(1).Dense(1).Build();
        Refusal.Names(() => new Trainer(network, new TrainerOptions { Schedule = Schedule.Cosine().WithWarmUp(1) }), "TotalSteps");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { Schedule = Schedule.Constant, StepsPerEpoch = 0 }), "StepsPerEpoch");
        using Trainer trainer = new(network, new TrainerOptions { Schedule = Schedule.Constant });
        Assert.Throws<InvalidOperationException>(() => trainer.LearningRate = 1);
        using Trainer plain = new(network, new TrainerOptions());
        Assert.Throws<InvalidOperationException>(() => plain.EndEpoch(1));
    }

    [Fact]
    public void FitFollowsItsScheduleAsATrainerDoesWithRatesSetByHand()
    {
        Schedule schedule = Schedule.Cosine(0.05).WithWarmUp(0.5);
        Dataset data = new(Numbers.Uniform(1, 50 * 4), 4, Numbers.Labels(2, 50, 3), 3);
        using Network fitted = Network.Input(4).Dense(6, Activation.Tanh).Dense(3, Activation.Softmax).Build(3);
        using Network byHand = fitted.Clone();
        using Network followed = fitted.Clone();
        FitReport report = fitted.Train(data, new FitOptions { Optimizer = new Adam(0.01f), Schedule = schedule, Epochs = 3, BatchSize = 16, Shuffle = false });
        using Trainer trainer = new(byHand, new TrainerOptions { Optimizer = new Adam(0.01f) });
        using Trainer follower = new(followed, new TrainerOptions { Optimizer = new Adam(0.01f), Schedule = schedule, TotalSteps = 12, StepsPerEpoch = 4 });
        for (int epoch = 0; epoch < 3; epoch++)
        {
            for (int batch = 0; batch < 4; batch++)
            {
                Dataset rows = data.Slice(16 * batch, Math.Min(16, 50 - (16 * batch)));
                trainer.LearningRate = schedule.Rate(0.01f, new((4 * epoch) + batch, 12, 4, 50));
                Assert.Equal(trainer.LearningRate, follower.LearningRate);
                Assert.True(batch > 0 || trainer.LearningRate == report.Epochs[epoch].LearningRate);
                trainer.Step(rows.Features, rows.Labels);
                follower.Step(rows.Features, rows.Labels);
            }
        }

        Bits.Equal(Parameters.Of(byHand), Parameters.Of(fitted), "parameters of Fit");
        Bits.Equal(Parameters.Of(byHand), Parameters.Of(followed), "parameters of the trainer that follows");
    }

    [Fact]
    public void AdaptiveDividesByFiveAndEndsAtTheLeastRate()
    {
        // Random labels, and a rate that cannot make the loss fall by the tolerance: a fifth every third epoch, then the end.
        Dataset data = new(Numbers.Uniform(1, 20 * 2), 2, Numbers.Labels(2, 20, 2), 2);
        using Network network = Network.Input(2).Dense(2, Activation.Softmax).Build(3);
        FitReport report = network.Train(data, new FitOptions { Optimizer = new Sgd(2e-5f), Schedule = Schedule.Adaptive(tolerance: 0.1, patience: 1), Epochs = 100 });

        Assert.Equal(StopReason.Converged, report.StopReason);

        // The first epoch is the best so far; two bad ones each: 2e-5, 4e-6, 8e-7, which is below 1e-6.
        AssertClose([2e-5, 2e-5, 2e-5, 4e-6, 4e-6, 8e-7, 8e-7], [.. report.Epochs.Select(epoch => (double)epoch.LearningRate)], 1e-11);
    }

    [Fact]
    public void APlateauOfTheValidationLossReducesTheRate()
    {
        Dataset data = new(Numbers.Uniform(1, 20 * 2), 2, Numbers.Labels(2, 20, 2), 2);
        using Network network = Network.Input(2).Dense(2, Activation.Softmax).Build(3);
        FitReport report = network.Train(data, new FitOptions
        {
            Optimizer = new Sgd(1e-6f),
            Schedule = Schedule.ReduceOnPlateau(factor: 0.5, patience: 1, threshold: 0.1, final: 0.2),
            Epochs = 9,
            Validation = data,
        });

        AssertClose([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2], [.. report.Epochs.Select(epoch => epoch.LearningRate / 1e-6)], 1e-6);
        Assert.Equal(StopReason.EpochsDone, report.StopReason);
    }

    [Fact]
    public void TheRangeTestFindsWhereTheLossFallsAndLeavesTheNetworkAlone()
    {
        Dataset data = new(Numbers.Uniform(1, 200 * 4), 4, Array.ConvertAll(Numbers.Uniform(1, 200 * 4).Chunk(4).ToArray(), row => row[0] + row[1] > row[2] ? 1 : 0), 2);
        using Network network = Network.Input(4).Dense(16, Activation.Relu).Dense(2, Activation.Softmax).Build(3);
        float[] before = Parameters.Of(network);
        FitOptions options = new() { Optimizer = new Sgd(0.1f), BatchSize = 32, Seed = 2 };

        LearningRateRange range = LearningRateRange.Run(network, data, options, from: 1e-4f, to: 1e4f, steps: 120);

        Bits.Equal(before, Parameters.Of(network), "parameters");
        Assert.InRange(range.Points.Count, 60, 119); // it broke away before the end
        Assert.InRange(range.Suggested, 1e-2f, 10);
        Assert.Equal(1e-4f, range.Points[0].LearningRate, 1e-9f);
        Assert.All(range.Points.Zip(range.Points.Skip(1)), pair => Assert.Equal(Math.Pow(1e8, 1.0 / 119), pair.Second.LearningRate / pair.First.LearningRate, 1e-4));
        LearningRateRange again = LearningRateRange.Run(network, data, options, from: 1e-4f, to: 1e4f, steps: 120);
        Assert.Equal(range.Points, again.Points);

        // Neither the noise of the first steps nor a jump near the end is taken for a fall, in whatever order the rows come.
        Assert.All(Enumerable.Range(3, 5), seed => Assert.InRange(LearningRateRange.Run(network, data, options with { Seed = seed }, from: 1e-4f, to: 1e4f, steps: 120).Suggested, 0.1f, 5));
        using Network trained = network.Clone();
        trained.Train(data, new FitOptions { Optimizer = new Sgd(range.Suggested), Epochs = 20, Seed = 1 });
        Assert.True(trained.Evaluate(data).Accuracy > 0.93f);

        Refusal.Names(() => LearningRateRange.Run(network, data, options, from: 1, to: 0.1f), "1", "0.1");
        Refusal.Names(() => LearningRateRange.Run(network, data, new FitOptions { Optimizer = new Lbfgs() }), "Lbfgs");
    }

    private static double[] Factors(Schedule schedule, int steps) => [.. Enumerable.Range(0, steps).Select(step => schedule.Factor(new(step, steps)))];

    private static void AssertClose(double[] expected, double[] actual, double bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Near.Equal(expected[i], actual[i], bound, $"number {i}");
        }
    }
}
