using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Gradients of every activation, loss and bias against the oracle's, which are checked against central differences.</summary>
public class GradientTests
{
    [Theory]
    [MemberData(nameof(Catalogue.GradientCases), MemberType = typeof(Catalogue))]
    public void OfFloatTargets(string activation, string loss, Bias bias)
    {
        foreach (int[] sizes in new int[][] { [7, 5, 3], [33, 17, 10], [6, 5, 4, 3] })
        {
            foreach (int rows in new[] { 1, 5, 8 })
            {
                Sample sample = Sample.Create(sizes, Catalogue.Trainable[activation], Catalogue.Losses[loss], bias, rows);
                AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.GradientCases), MemberType = typeof(Catalogue))]
    public void OfClassLabels(string activation, string loss, Bias bias)
    {
        foreach (int rows in new[] { 1, 6 })
        {
            Sample sample = Sample.Create([9, 7, 5], Catalogue.Trainable[activation], Catalogue.Losses[loss], bias, rows);
            AssertGradients(sample, sample.LabelRows, trainer => trainer.ComputeGradients(sample.X, sample.Labels));
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.FurtherLossNames), MemberType = typeof(Catalogue))]
    public void OfFurtherLossesAndOfWeightedRows(string loss)
    {
        foreach (Activation activation in new[] { Activation.Identity, Activation.Sigmoid, Activation.Softmax, Activation.Softplus, Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true) })
        {
            foreach (int[] sizes in new int[][] { [7, 5, 3], [9, 7, 18] })
            {
                foreach (int rows in new[] { 1, 5, 8 })
                {
                    Sample sample = Sample.Create(sizes, activation, Catalogue.FurtherLosses[loss], Bias.PerUnit, rows);
                    AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets));
                    AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets, sample.RowWeights), sample.RowWeights);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.LossNames), MemberType = typeof(Catalogue))]
    public void OfWeightedRows(string loss)
    {
        foreach (Activation activation in new[] { Activation.Sigmoid, Activation.Softmax, Activation.PRelu() })
        {
            Sample sample = Sample.Create([9, 7, 5], activation, Catalogue.Losses[loss], Bias.Shared, rows: 7);
            AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets, sample.RowWeights), sample.RowWeights);
            AssertGradients(sample, sample.LabelRows, trainer => trainer.ComputeGradients(sample.X, sample.Labels, sample.RowWeights), sample.RowWeights);
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.ClassWeightedNames), MemberType = typeof(Catalogue))]
    public void OfWeightedClasses(string loss)
    {
        foreach (Activation activation in new[] { Activation.Sigmoid, Activation.Softmax })
        {
            foreach (int rows in new[] { 1, 7 })
            {
                Sample sample = Sample.Create([9, 7, 3], activation, Catalogue.ClassWeighted[loss], Bias.PerUnit, rows);
                AssertGradients(sample, sample.LabelRows, trainer => trainer.ComputeGradients(sample.X, sample.Labels));
                AssertGradients(sample, sample.LabelRows, trainer => trainer.ComputeGradients(sample.X, sample.Labels, sample.RowWeights), sample.RowWeights);
                if (sample.Loss.Kind == LossKind.CrossEntropy)
                {
                    AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets));
                }
            }
        }
    }

    [Fact]
    public void OfTwoClassesAtOneOutput()
    {
        Loss loss = Loss.BinaryCrossEntropy.WithClassWeights(0.5f, 3).WithLabelSmoothing(0.1f);
        foreach (Activation activation in new[] { Activation.Sigmoid, Activation.Softplus })
        {
            Sample sample = Sample.Create([9, 7, 1], activation, loss, Bias.PerUnit, rows: 7);
            int[] labels = Numbers.Labels(3, 7, 2);
            double[][] y = [.. labels.Select(label => new double[] { label })];
            AssertGradients(sample, y, trainer => trainer.ComputeGradients(sample.X, labels));
            AssertGradients(sample, y, trainer => trainer.ComputeGradients(sample.X, labels, sample.RowWeights), sample.RowWeights);
            AssertGradients(sample, sample.TargetRows, trainer => trainer.ComputeGradients(sample.X, sample.Targets));
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.LossNames), MemberType = typeof(Catalogue))]
    public void LabelsAreOneHotTargetsBitForBit(string loss)
    {
        Sample sample = Sample.Create([9, 7, 5], Activation.Softmax, Catalogue.Losses[loss], Bias.PerUnit, rows: 13);
        using Network network = sample.BuildNetwork();
        using Trainer trainer = new(network, new TrainerOptions { Loss = sample.Loss });

        float byLabels = trainer.ComputeGradients(sample.X, sample.Labels);
        float[] expected = Parameters.GradientsOf(trainer);
        float byTargets = trainer.ComputeGradients(sample.X, Numbers.OneHot(sample.Labels, 5));

        Bits.Equal([byLabels], [byTargets], "loss");
        Bits.Equal(expected, Parameters.GradientsOf(trainer), "gradients");
        Assert.Contains(expected, g => g != 0);
    }

    [Fact]
    public void OfAWideNetworkAndABatchOfManyBlocks()
    {
        foreach (int rows in new[] { 130, 257 })
        {
            Sample sample = Sample.Create([130, 67, 35, 11], Activation.Tanh, Loss.CrossEntropy, Bias.PerUnit, rows: 1);
            ReferenceNetwork reference = sample.BuildReference();
            using Network network = sample.BuildNetwork();
            float[] x = Numbers.Uniform(7, rows * 130);
            float[] y = Numbers.Uniform(8, rows * 11);
            using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic });

            double loss = reference.ComputeGradients(ReferenceBridge.ToRows(x, 130), ReferenceBridge.ToRows(y, 11), ReferenceLoss.Quadratic);

            Near.Equal(loss, trainer.ComputeGradients(x, y), 64 * Near.Epsilon * loss, "loss");
            AssertGradients(reference, network, trainer, terms: 130 + 67 + 35 + 11 + rows);
        }
    }

    [Fact]
    public void OfReluAndLeakyReluAtTheirKink()
    {
        // z = 0 exactly: 0 for ReLU, 1 for leaky ReLU.
        Assert.Equal(0f, KinkGradient(Activation.Relu));
        Assert.Equal(1f, KinkGradient(Activation.LeakyRelu(0.1f)));
        Assert.Equal(1f, KinkGradient(Activation.PRelu(0.1f)));
    }

    /// <summary>db of one unit with z = 0, a = 0, y = -1 and the quadratic loss: g'(0) (a - y).</summary>
    private static float KinkGradient(Activation activation)
    {
        using Network network = Network.Input(1).Dense(1, activation, initializer: Initializer.Zeros).Build();
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic });
        trainer.ComputeGradients([1], [-1f]);
        float[] gradient = new float[1];
        trainer.Gradients["layers.0.bias"].CopyTo(gradient);
        return gradient[0];
    }

    private static void AssertGradients(Sample sample, double[][] y, Func<Trainer, float> compute, float[]? rowWeights = null)
    {
        ReferenceNetwork reference = sample.BuildReference();
        using Network network = sample.BuildNetwork();
        using Trainer trainer = new(network, new TrainerOptions { Loss = sample.Loss });

        double expected = reference.ComputeGradients(sample.XRows, y, ReferenceBridge.From(sample.Loss), rowWeights is null ? null : ReferenceBridge.ToDouble(rowWeights));
        double actual = compute(trainer);

        Near.Equal(expected, actual, sample.Terms * Near.Epsilon * Math.Max(1, expected), "loss");
        AssertGradients(reference, network, trainer, sample.Terms);
    }

    /// <summary>
    /// A gradient is a sum of products; each product carries the rounding of the sums before it. So the error is within
    /// epsilon x (terms of all those sums) of the sum of the products' absolute values, with 16 more for the activations' own ULPs.
    /// </summary>
    private static void AssertGradients(ReferenceNetwork reference, Network network, Trainer trainer, int terms)
    {
        double relative = (16 + terms) * Near.Epsilon;
        for (int l = 0; l < network.LayerCount; l++)
        {
            ReferenceLayer layer = reference.Layers[l];
            float[] weight = new float[layer.Weight.Length];
            trainer.Gradients[$"layers.{l}.weight"].CopyTo(weight);
            Near.Equal(layer.WeightGradient, weight, relative * Near.Largest(layer.WeightMagnitude), $"dW of layer {l}");

            float[] bias = trainer.Gradients.Find($"layers.{l}.bias")?.ToArray() ?? [];
            Near.Equal(layer.BiasGradient, bias, relative * Near.Largest(layer.BiasMagnitude), $"db of layer {l}");

            if (layer.Activation.IsLearnable)
            {
                string start = $"layers.{l}.activation.";
                float[] constants = [.. trainer.Gradients.Where(tensor => tensor.Name.StartsWith(start, StringComparison.Ordinal)).SelectMany(tensor => tensor.ToArray())];
                Assert.Equal(layer.Activation.Constants.Length, constants.Length);
                Near.Equal(layer.Activation.Gradient, constants, relative * Near.Largest(layer.Activation.Magnitude), $"constants' gradient of layer {l}");
            }
        }
    }
}
