using FastMlp.Memory;
using FastMlp.Simd;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;
using FastMlp.Training;

namespace FastMlp.Tests.Training;

/// <summary>Training over rows on their side beside training over rows as they lie: the same losses, outputs and gradients.</summary>
[Collection(nameof(Alone))]
public sealed unsafe class SidewaysPassTests
{
    private const int Inputs = 5;

    public static TheoryData<string> HiddenNames => [.. Catalogue.Trainable.Where(a => a.Key is not ("Softmax" or "PRelu" or "ScaledSigmoidLearnt")).Select(a => a.Key)];

    [Theory]
    [MemberData(nameof(HiddenNames))]
    public void EveryActivation(string name)
    {
        Activation g = Catalogue.Trainable[name];
        foreach (Activation output in new[] { Activation.Identity, Activation.Tanh, Activation.Sigmoid })
        {
            Compare(b => b.Dense(9, g).Dense(7, g).Dense(3, output), Loss.Quadratic, labels: false, weighted: false);
        }

        // The same as the output layer, whose derivative comes after the loss.
        Compare(b => b.Dense(9, Activation.Tanh).Dense(3, g), Loss.MeanSquaredError, labels: false, weighted: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(40)]
    [InlineData(64)]
    public void EveryWidth(int units)
    {
        foreach (Bias bias in new[] { Bias.PerUnit, Bias.Shared, Bias.None })
        {
            Compare(b => b.Dense(units, Activation.Relu, bias).Dense(units, Activation.Tanh, bias).Dense(3, Activation.Identity, bias), Loss.Quadratic, labels: false, weighted: false);
            Compare(b => b.Dense(6, Activation.Tanh).Dense(units, Activation.Sigmoid, bias), Loss.BinaryCrossEntropy, labels: false, weighted: true);
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.LossNames), MemberType = typeof(Catalogue))]
    public void EveryLoss(string name) => EachTarget(Catalogue.Losses[name]);

    [Theory]
    [MemberData(nameof(Catalogue.FurtherLossNames), MemberType = typeof(Catalogue))]
    public void FurtherLosses(string name) => EachTarget(Catalogue.FurtherLosses[name]);

    [Theory]
    [MemberData(nameof(Catalogue.ClassWeightedNames), MemberType = typeof(Catalogue))]
    public void ClassWeightedLosses(string name)
    {
        foreach (bool weighted in new[] { false, true })
        {
            Compare(Classifier(Catalogue.ClassWeighted[name]), Catalogue.ClassWeighted[name], labels: true, weighted);
        }
    }

    [Fact]
    public void WhatCannotGoOrGainsNothingStaysUpright()
    {
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(9, Activation.Softmax).Dense(3)));
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(9, Activation.PRelu()).Dense(3)));
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(9).Dropout(0.5f).Dense(3)));
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(9).BatchNorm().Dense(3)));
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(100).Dense(3)));
        Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(64).Dense(64)));
    }

    [Fact]
    public void NarrowNetworksGoFromFewRowsOn()
    {
        if (Isa.Width == 1)
        {
            Assert.Equal(nint.MaxValue, Fewest(b => b.Dense(16, Activation.Tanh).Dense(3, Activation.Tanh)));
            return;
        }

        Assert.InRange(Fewest(b => b.Dense(16, Activation.Tanh).Dense(3, Activation.Tanh)), Isa.Width + 1, 64);
        Assert.InRange(Fewest(b => b.Dense(20, Activation.Relu).Dense(20, Activation.Relu).Dense(3)), Isa.Width + 1, 512);
    }

    [Fact]
    public void TrainersTakeThatWayFromThereOn()
    {
        using Network network = Network.Input(4).Dense(16, Activation.Tanh).Dense(3, Activation.Tanh).Build(1);
        LossFunction loss = LossFunction.Create(Loss.Quadratic, network.Stack);
        nint fewest = SidewaysPass.FewestRows(network.Stack, loss);
        using Backpropagation pass = new(network.Stack, loss, threads: 1) { LossOfBlocks = Loss.Quadratic };
        if (Isa.Width > 1)
        {
            Assert.False(pass.IsBlocked(fewest - 1));
            Assert.True(pass.IsBlocked(fewest));
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(333)]
    [InlineData(5_000)]
    public void ThreadsChangeNoBitAndNothingIsAllocated(int rows)
    {
        float[] x = Numbers.Uniform(1, rows * 4);
        float[] targets = Numbers.Uniform(2, rows * 3);
        float[] weights = Numbers.Uniform(3, rows, 0.1f, 2);
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 20 })
        {
            using Network network = Network.Input(4).Dense(16, Activation.Tanh).Dense(3, Activation.Tanh).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Adam(0.01f), Loss = Loss.Quadratic, Threads = threads });
            Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x, targets, weights)));
            float[] parameters = Parameters.Of(network);
            Bits.Equal(first ??= parameters, parameters, $"{threads} threads");
        }
    }

    [Fact]
    public void DivergenceNamesTheLayer()
    {
        using Network network = Network.Input(4).Dense(16, Activation.Tanh).Dense(3, Activation.Identity).Build(1);
        network.Tensors["layers.1.weight"].CopyFrom(Enumerable.Repeat(3e38f, 16 * 3).ToArray());
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(0.1f), Loss = Loss.Quadratic });
        float[] x = Enumerable.Repeat(1f, 100 * 4).ToArray();
        Assert.Equal(1, Assert.Throws<TrainingDivergedException>(() => trainer.Step(x, new float[100 * 3])).Layer);
    }

    private static nint Fewest(Func<NetworkBuilder, NetworkBuilder> layers)
    {
        using Network network = layers(Network.Input(4)).Build(1);
        return SidewaysPass.FewestRows(network.Stack, LossFunction.Create(LossFunction.DefaultFor(network.Stack.Output.Spec.Activation), network.Stack));
    }

    private static Func<NetworkBuilder, NetworkBuilder> Classifier(Loss loss) =>
        b => b.Dense(9, Activation.Tanh).Dense(loss.Levels is { Count: > 1 } ? 6 : 3, loss.Kind switch
        {
            LossKind.CrossEntropy => Activation.Softmax,
            LossKind.BinaryCrossEntropy or LossKind.Poisson => Activation.Sigmoid,
            _ => Activation.Tanh,
        });

    private static void EachTarget(Loss loss)
    {
        bool takesLabels = loss.Kind is LossKind.CrossEntropy or LossKind.Quadratic or LossKind.MeanSquaredError;
        foreach (bool weighted in new[] { false, true })
        {
            Compare(Classifier(loss), loss, labels: false, weighted);
            if (takesLabels)
            {
                Compare(Classifier(loss), loss, labels: true, weighted);
            }
        }

        if (loss.Kind is LossKind.CrossEntropy or LossKind.BinaryCrossEntropy)
        {
            // From outputs that are not the matching activation's.
            Compare(b => b.Dense(9, Activation.Tanh).Dense(3, Activation.ScaledSigmoid(0.9f, 1)), loss, labels: false, weighted: true);
        }
    }

    private static void Compare(Func<NetworkBuilder, NetworkBuilder> layers, Loss loss, bool labels, bool weighted)
    {
        using Network network = layers(Network.Input(Inputs)).Build(3);
        LossFunction function = LossFunction.Create(loss, network.Stack);
        using Backpropagation upright = new(network.Stack, function, threads: 1);
        using SidewaysPass side = new(network.Stack, LossFunction.Create(loss, network.Stack));
        using AlignedBuffer gradients = new(network.Stack.ParameterLength);
        int n = network.OutputSize;
        foreach (int rows in new[] { 1, 7, 48, 61, 1_000 })
        {
            string what = $"{network}, {loss}: {rows} rows, labels {labels}, weighted {weighted}";
            PoisonedBuffer x = new(Numbers.Uniform(1, rows * Inputs));
            float[] y = Numbers.Uniform(2, rows * function.TargetSize, 0, 1);
            int[] classes = Numbers.Labels(3, rows, n);
            float[] w = Numbers.Uniform(4, rows, 0.1f, 2);
            PoisonedBuffer outputs = new(rows * n);
            fixed (float* values = y, counts = w)
            {
                fixed (int* of = classes)
                {
                    Targets targets = new(labels ? null : values, labels ? of : null, weighted ? counts : null);
                    MatrixView batch = MatrixView.Dense(x.Pointer, rows, Inputs);
                    double expected = upright.Forward(network.Parameters.Pointer, batch, targets);
                    upright.Backward(network.Parameters.Pointer, batch);

                    // What an earlier run left must not count.
                    side.SumGradients(network.Parameters.Pointer, gradients.Pointer, batch, targets, MatrixView.Dense(outputs.Pointer, rows, n));
                    double sum = side.SumGradients(network.Parameters.Pointer, gradients.Pointer, batch, targets, MatrixView.Dense(outputs.Pointer, rows, n));
                    outputs.Check(what);
                    Assert.Equal(function.Weight, side.Weight, 1e-6 * rows);
                    Assert.True(Math.Abs(expected - (sum / side.Weight)) <= 2e-6 * (1 + Math.Abs(expected)), $"{what}: the loss is {sum / side.Weight}, not {expected}");
                    MatrixView a = upright.Outputs(rows);
                    for (int i = 0; i < rows * n; i++)
                    {
                        float of1 = a.Pointer[(i / n * a.Stride) + (i % n)];
                        Assert.True(Math.Abs(of1 - outputs.Values[i]) <= 1e-6, $"{what}: output {i} is {outputs.Values[i]}, not {of1}");
                    }

                    double largest = 1e-3;
                    for (nint i = 0; i < gradients.Length; i++)
                    {
                        largest = Math.Max(largest, Math.Abs(upright.Gradients.Pointer[i]));
                    }

                    for (nint i = 0; i < gradients.Length; i++)
                    {
                        double actual = gradients.Pointer[i] / side.Weight;
                        Assert.True(Math.Abs(upright.Gradients.Pointer[i] - actual) <= 1e-5 * largest, $"{what}: gradient {i} is {actual}, not {upright.Gradients.Pointer[i]}");
                    }
                }
            }
        }
    }
}
