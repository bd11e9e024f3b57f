using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Layers of one unit, which have kernels of their own: gradients, steps, files.</summary>
public class OneUnitTests
{
    public static TheoryData<string, string, Bias> GradientCases => Catalogue.GradientCases;

    public static TheoryData<string> ActivationNames => Catalogue.AllNames;

    public static TheoryData<string> OptimizerNames => Catalogue.OptimizerNames;

    [Theory]
    [MemberData(nameof(GradientCases))]
    public void GradientsAreCentralDifferences(string activation, string loss, Bias bias)
    {
        foreach (int[] sizes in new int[][] { [7, 5, 1], [6, 1, 4], [5, 1, 1], [19, 1] })
        {
            // Cross-entropy asks for two outputs; a softmax of one is 1 whatever z, and ln(1 - a) of it does not exist.
            if (sizes[^1] == 1 && (loss == "CrossEntropy" || (activation == "Softmax" && loss == "BinaryCrossEntropy")))
            {
                continue;
            }

            CheckGradients(Sample.Create(sizes, Catalogue.Trainable[activation], Catalogue.Losses[loss], bias, rows: 4), $"{string.Join('-', sizes)}");
        }
    }

    [Theory]
    [InlineData("Tanh", Bias.PerUnit)]
    [InlineData("ScaledSigmoidLearnt", Bias.Shared)]
    [InlineData("Silu", Bias.None)]
    public void SoAreThoseOfMoreRowsThanABlock(string activation, Bias bias)
    {
        foreach (int[] sizes in new int[][] { [5, 1, 3], [4, 3, 1], [9, 1] })
        {
            CheckGradients(Sample.Create(sizes, Catalogue.Trainable[activation], Loss.Quadratic, bias, rows: 1100), $"{string.Join('-', sizes)}, 1100 rows");
        }
    }

    [Theory]
    [MemberData(nameof(OptimizerNames))]
    public void AStepIsComputeThenApplyBitForBit(string optimizer)
    {
        foreach (Bias bias in Enum.GetValues<Bias>())
        {
            foreach (int rows in new[] { 1, 21, 1024, 1025 })
            {
                Activation learnt = rows % 2 == 0 ? Activation.PRelu() : Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true);
                CheckStep(optimizer, Network.Input(20).Dense(1, learnt, bias), rows);
                CheckStep(optimizer, Network.Input(33).Dense(1, learnt, bias).Dense(17, Activation.Relu, bias).Dense(1, Activation.Tanh, bias), rows);
                CheckStep(optimizer, Network.Input(3).Dense(40, Activation.Relu, bias).Dense(1, Activation.Tanh, bias).Dense(4, Activation.Identity, bias), rows);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ActivationNames))]
    public void ARoundTripKeepsEveryBit(string activation)
    {
        foreach (Bias bias in Enum.GetValues<Bias>())
        {
            using Network network = Network.Input(9)
                .Dense(1, Catalogue.All[activation], bias).Dense(4, Activation.Tanh, bias).Dense(1, Catalogue.All[activation], bias).Build(1).Fill(3);
            using MemoryStream file = new();
            network.Save(file);
            file.Position = 0;
            using Network read = Network.Load(file);
            Bits.Equal(Parameters.Of(network), Parameters.Of(read), "parameters");
            float[] x = Numbers.Uniform(1, 13 * 9);
            Bits.Equal(network.Predict(x), read.Predict(x), "outputs");
            using MemoryStream again = new();
            read.Save(again);
            Assert.Equal(file.ToArray(), again.ToArray());
        }
    }

    private static void CheckGradients(Sample sample, string what)
    {
        ReferenceNetwork reference = sample.BuildReference();
        using Network network = sample.BuildNetwork();
        using Trainer trainer = new(network, new TrainerOptions { Loss = sample.Loss });
        ReferenceLoss function = ReferenceBridge.From(sample.Loss);
        double[][] x = sample.XRows;
        double[][] y = sample.TargetRows;

        // For the magnitudes that bound the rounding; the gradients themselves are not taken from it.
        double loss = reference.ComputeGradients(x, y, function);
        Near.Equal(loss, trainer.ComputeGradients(sample.X, sample.Targets), sample.Terms * Near.Epsilon * Math.Max(1, Math.Abs(loss)), $"{what}: loss");
        float[] gradients = Parameters.GradientsOf(trainer);
        int next = 0;
        foreach (ReferenceLayer layer in reference.Layers)
        {
            double magnitude = new[] { layer.WeightMagnitude, layer.BiasMagnitude, layer.Activation.Magnitude }.Max(values => Near.Largest(values));
            double bound = ((16 + sample.Terms) * Near.Epsilon * magnitude) + (1e-8 * Math.Max(1, magnitude));
            foreach ((double[] values, _) in layer.Parameters())
            {
                for (int i = 0; i < values.Length; i++)
                {
                    double difference = ReferenceTests.CentralDifference(values, i, 1e-5, () => reference.Loss(x, y, function));
                    Near.Equal(difference, gradients[next], bound, $"{what}: gradient[{next}]");
                    next++;
                }
            }
        }

        Assert.Equal(gradients.Length, next);
    }

    private static void CheckStep(string optimizer, NetworkBuilder builder, int rows)
    {
        using Network left = builder.Build(1).Fill(4);
        using Network right = left.Clone();
        using Trainer one = new(left, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = Catalogue.Optimizers[optimizer], Threads = 1 });
        using Trainer two = new(right, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = Catalogue.Optimizers[optimizer], Threads = 2 });
        float[] before = Parameters.Of(left);
        for (int step = 0; step < 2; step++)
        {
            float[] x = Numbers.Sparse(step, rows * left.InputSize, 0.5f);
            float[] y = Numbers.Uniform(step + 9, rows * left.OutputSize);
            Bits.Equal([one.Step(x, y)], [two.ComputeGradients(x, y)], "loss");
            two.ApplyGradients();
            Bits.Equal(Parameters.Of(left), Parameters.Of(right), $"{optimizer}, {rows} rows, step {step}");
        }

        Assert.False(Bits.AreEqual(before, Parameters.Of(left)));
    }
}
