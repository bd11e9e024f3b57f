using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Steps of each optimizer against the oracle, and what the trainer promises beside.</summary>
public class TrainerTests
{
    private const int Rows = 6;

    [Theory]
    [MemberData(nameof(Catalogue.OptimizerNames), MemberType = typeof(Catalogue))]
    public void StepsAreThoseOfTheOracle(string optimizer)
    {
        foreach (Activation activation in new[] { Activation.Tanh, Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true), Activation.PRelu() })
        {
            foreach (Bias bias in Enum.GetValues<Bias>())
            {
                AssertSteps(Catalogue.Optimizers[optimizer], activation, bias, steps: 12);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.LimitedOptimizers), MemberType = typeof(Catalogue))]
    public void LimitedStepsAreThoseOfTheOracle(string optimizer, string limit)
    {
        foreach (Bias bias in Enum.GetValues<Bias>())
        {
            AssertSteps(Catalogue.Optimizers[optimizer], Activation.PRelu(), bias, steps: 6, Catalogue.Limits[limit]);
        }
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ALimitOutOfRangeIsNamed(float limit)
    {
        using Network network = Network.Input(5).Dense(3).Build();
        Refusal.Names(() => new Trainer(network, new TrainerOptions { ClipValue = limit }), "ClipValue");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { ClipNorm = limit }), "ClipNorm");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { L1 = limit }), "L1");
        Refusal.Names(() => new Trainer(network, new TrainerOptions { MaxNorm = limit }), "MaxNorm");
    }

    [Fact]
    public void AnImpossibleOptimizerIsRefused()
    {
        Refusal.Names(() => new AdamW(weightDecay: -1), "weightDecay");
        Refusal.Names(() => new AdamW(epsilon: 0), "epsilon");
        Refusal.Names(() => new Adam(beta2: 1), "beta2");
        Refusal.Names(() => new AdaGrad(initialAccumulator: -1), "initialAccumulator");
        Refusal.Names(() => new AdaGrad(float.NaN), "learning rate");
        Refusal.Names(() => new RmsProp(rho: 1), "rho");
        Refusal.Names(() => new RmsProp(momentum: -0.1f), "momentum");
        Refusal.Names(() => new IRprop(shrink: 0), "shrink");
        Refusal.Names(() => new IRprop(growth: 1), "growth");
        Refusal.Names(() => new IRprop(smallestStep: 2, largestStep: 1), "largestStep", "2");
    }

    [Fact]
    public void TheLearningRateOfTheNextStepCanBeSet()
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3).Build(1).Fill(1);
        ReferenceNetwork reference = ReferenceBridge.From(network);
        ReferenceSgd sgd = new(0.1f);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(0.1f) });
        Assert.Equal(0.1f, trainer.LearningRate);
        float[] x = Numbers.Uniform(2, Rows * 5);
        float[] y = Numbers.Uniform(3, Rows * 3);
        for (int step = 1; step <= 5; step++)
        {
            trainer.LearningRate = 0.5f / step;
            sgd.LearningRate = 0.5f / step;
            trainer.Step(x, y);
            reference.ComputeGradients(ReferenceBridge.ToRows(x, 5), ReferenceBridge.ToRows(y, 3), ReferenceLoss.Quadratic);
            sgd.Step(reference);
            Assert.Equal(step, trainer.StepCount);
        }

        AssertParameters(reference, network, 5 * 16 * Near.Epsilon);
    }

    [Theory]
    [MemberData(nameof(Catalogue.OptimizerNames), MemberType = typeof(Catalogue))]
    public void ComputeThenApplyIsAStepBitForBit(string optimizer)
    {
        TrainerOptions options = new() { Loss = Loss.CrossEntropy, Optimizer = Catalogue.Optimizers[optimizer] };
        using Network left = Network.Input(19).Dense(33, Activation.PRelu()).Dense(10, Activation.Softmax).Build(1).Fill(4);
        using Network right = left.Clone();
        using Trainer one = new(left, options);
        using Trainer two = new(right, options);
        for (int step = 0; step < 5; step++)
        {
            float[] x = Numbers.Uniform(step, 21 * 19);
            int[] labels = Numbers.Labels(step, 21, 10);
            float loss = one.Step(x, labels);
            Bits.Equal([loss], [two.ComputeGradients(x, labels)], "loss");
            two.ApplyGradients();
        }

        Bits.Equal(Parameters.Of(left), Parameters.Of(right), "parameters");
        Assert.Equal(5, two.StepCount);
    }

    [Fact]
    public void ComputeGradientsLeavesTheParametersAlone()
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3).Build(1).Fill(1);
        float[] before = Parameters.Of(network);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic });

        trainer.ComputeGradients(Numbers.Uniform(2, 10), Numbers.Uniform(3, 6));

        Bits.Equal(before, Parameters.Of(network), "parameters");
        Assert.Equal(0, trainer.StepCount);
    }

    [Fact]
    public void GradientsAreOfTheLastBatchOnly()
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3).Build(1).Fill(1);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic });
        float[] x = Numbers.Uniform(2, Rows * 5);
        float[] y = Numbers.Uniform(3, Rows * 3);
        trainer.ComputeGradients(x, y);
        float[] first = Parameters.GradientsOf(trainer);

        // A longer and a shorter batch in between leave nothing behind.
        trainer.ComputeGradients(Numbers.Uniform(4, 99 * 5), Numbers.Uniform(5, 99 * 3));
        trainer.ComputeGradients(Numbers.Uniform(6, 5), Numbers.Uniform(7, 3));
        Assert.False(Bits.AreEqual(first, Parameters.GradientsOf(trainer)));
        trainer.ComputeGradients(x, y);

        Bits.Equal(first, Parameters.GradientsOf(trainer), "gradients");
    }

    [Fact]
    public void ParametersThatAreSetBetweenStepsAreUsed()
    {
        using Network network = Network.Input(20).Dense(33, Activation.Tanh).Dense(10, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions());
        float[] x = Numbers.Uniform(2, Rows * 20);
        int[] labels = Numbers.Labels(3, Rows, 10);
        trainer.Step(x, labels);
        network.Fill(9);
        using Network fresh = Network.Input(20).Dense(33, Activation.Tanh).Dense(10, Activation.Softmax).Build(2).Fill(9);
        using Trainer freshTrainer = new(fresh, new TrainerOptions());

        Bits.Equal([freshTrainer.ComputeGradients(x, labels)], [trainer.ComputeGradients(x, labels)], "loss");
        Bits.Equal(Parameters.GradientsOf(freshTrainer), Parameters.GradientsOf(trainer), "gradients");
        Bits.Equal(fresh.Predict(x), network.Predict(x), "outputs");
    }

    [Fact]
    public void WeightDecayIsNoPartOfTheGradientsOrTheLoss()
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3).Build(1).Fill(1);
        using Trainer plain = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(0.1f) });
        using Trainer decaying = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(0.1f, weightDecay: 0.5f) });
        float[] x = Numbers.Uniform(2, Rows * 5);
        float[] y = Numbers.Uniform(3, Rows * 3);

        Bits.Equal([plain.ComputeGradients(x, y)], [decaying.ComputeGradients(x, y)], "loss");
        Bits.Equal(Parameters.GradientsOf(plain), Parameters.GradientsOf(decaying), "gradients");
    }

    [Fact]
    public void StepReturnsTheLossBeforeTheUpdate()
    {
        using Network network = Network.Input(1).Dense(1, initializer: Initializer.Zeros).Build();
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(0.5f) });

        // a = 0, y = 2: 4 / 2. Then w = b = 1, a = 2.
        Assert.Equal(2f, trainer.Step([1], [2f]));
        Assert.Equal(0f, trainer.Step([1], [2f]));
        Assert.Equal([2f], network.Predict([1]));
    }

    [Fact]
    public void TheDefaultLossMatchesTheOutput()
    {
        AssertDefault(Activation.Softmax, Loss.CrossEntropy, Loss.Quadratic);
        AssertDefault(Activation.Sigmoid, Loss.BinaryCrossEntropy, Loss.Quadratic);
        AssertDefault(Activation.Identity, Loss.Quadratic, Loss.MeanSquaredError);
        AssertDefault(Activation.Tanh, Loss.Quadratic, Loss.MeanSquaredError);
    }

    [Fact]
    public void LengthsThatDoNotFitAreNamed()
    {
        using Network network = Network.Input(5).Dense(3, Activation.Softmax).Build();
        using Trainer trainer = new(network, new TrainerOptions());
        float[] before = Parameters.Of(network);

        Refusal.Names(() => trainer.Step(new float[7], new float[3]), "7", "5");
        Refusal.Names(() => trainer.Step(new float[10], new float[5]), "5", "6");
        Refusal.Names(() => trainer.Step(new float[10], new int[3]), "3", "2");
        Refusal.Names(() => trainer.ComputeGradients(new float[7], new float[3]), "7", "5");
        Refusal.Names(() => trainer.ComputeGradients(new float[10], new int[1]), "1", "2");
        Assert.ThrowsAny<ArgumentException>(() => trainer.Step([], Array.Empty<int>()));
        trainer.ComputeGradients(new float[10], [0, 1]);
        Refusal.Names(() => trainer.Gradients["layers.0.weight"].CopyTo(new float[14]), "14", "15");
        Refusal.Names(() => trainer.Gradients["layers.0.bias"].CopyTo(new float[4]), "4", "3");
        Assert.Throws<KeyNotFoundException>(() => trainer.Gradients["layers.1.weight"]);
        Bits.Equal(before, Parameters.Of(network), "parameters");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void ALabelOutOfRangeIsNamed(int label)
    {
        using Network network = Network.Input(5).Dense(3, Activation.Softmax).Build();
        using Trainer trainer = new(network, new TrainerOptions());
        float[] before = Parameters.Of(network);

        Refusal.Names(() => trainer.Step(new float[10], [0, label]), $"{label}", "2");
        Refusal.Names(() => trainer.ComputeGradients(new float[10], [0, label]), $"{label}", "2");

        Bits.Equal(before, Parameters.Of(network), "parameters");
        Assert.Equal(0, trainer.StepCount);
    }

    [Fact]
    public void ADisposedTrainerOrNetworkSaysSo()
    {
        Network network = Network.Input(5).Dense(3).Build();
        Trainer trainer = new(network, new TrainerOptions());
        Trainer other = new(network, new TrainerOptions());
        trainer.Dispose();
        trainer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => trainer.Step(new float[5], new float[3]));
        Assert.Throws<ObjectDisposedException>(() => trainer.Gradients["layers.0.weight"].CopyTo(new float[15]));
        network.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Step(new float[5], new float[3]));
        Assert.Throws<ObjectDisposedException>(() => new Trainer(network, new TrainerOptions()).Dispose());
        other.Dispose();
    }

    private static void AssertSteps(Optimizer optimizer, Activation activation, Bias bias, int steps, TrainerOptions? limits = null)
    {
        Sample sample = Sample.Create([17, 9, 5], activation, Loss.Quadratic, bias, Rows);
        using Network network = sample.BuildNetwork();
        limits ??= new TrainerOptions();
        using Trainer trainer = new(network, new TrainerOptions
        {
            Loss = Loss.Quadratic,
            Optimizer = optimizer,
            ClipValue = limits.ClipValue,
            ClipNorm = limits.ClipNorm,
            L1 = limits.L1,
            MaxNorm = limits.MaxNorm,
        });
        ReferenceNetwork reference = sample.BuildReference();
        ReferenceOptimizer rule = ReferenceBridge.From(optimizer, limits);
        for (int step = 0; step < steps; step++)
        {
            // Batches of several lengths, the last one a single row.
            int rows = Rows - (step % Rows);
            float[] x = sample.X[..(rows * 17)];
            float[] y = sample.Targets[..(rows * 5)];
            double expected = reference.ComputeGradients(ReferenceBridge.ToRows(x, 17), ReferenceBridge.ToRows(y, 5), ReferenceLoss.Quadratic);
            rule.Step(reference);
            float loss = trainer.Step(x, y);
            Near.Equal(expected, loss, 1e-5 * expected, $"loss of step {step}, {activation}, {bias}");
        }

        // Each step rounds theta once and adds eta x the gradient's error, some 50 epsilon. All but SGD divide by the
        // gradient's size, so where that is small the error is relative to eta alone; 1 / sqrt(1 - rho) of it for RMSProp's first steps.
        double relative = optimizer is RmsProp ? 2e-3 : 1e-4;
        double bound = steps * (optimizer is Sgd ? 16 * Near.Epsilon : Math.Max(relative * optimizer.LearningRate, 4 * Near.Epsilon));
        AssertParameters(reference, network, bound);
    }

    private static void AssertParameters(ReferenceNetwork reference, Network network, double bound)
    {
        float[] actual = Parameters.Of(network);
        double[] expected = [.. reference.Layers.SelectMany(layer => layer.Parameters()).SelectMany(parameters => parameters.Values)];
        Near.Equal(expected, actual, bound * Math.Max(1, Near.Largest(expected)), "parameter");
    }

    private static void AssertDefault(Activation output, Loss expected, Loss other)
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3, output).Build(1).Fill(1);
        float[] x = Numbers.Uniform(2, 10);
        float[] y = Numbers.Distributions(3, 2, 3);
        float byDefault = LossOf(null);
        Bits.Equal([LossOf(expected)], [byDefault], $"loss after {output}");
        Assert.NotEqual(LossOf(other), byDefault);

        float LossOf(Loss? loss)
        {
            using Trainer trainer = new(network, new TrainerOptions { Loss = loss });
            return trainer.ComputeGradients(x, y);
        }
    }
}
