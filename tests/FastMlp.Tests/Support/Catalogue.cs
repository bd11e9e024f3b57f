using System.Globalization;

namespace FastMlp.Tests.Support;

/// <summary>Every activation and loss by a name that a test's title can show.</summary>
internal static class Catalogue
{
    /// <summary>All that can be trained by gradients, that is all but the step.</summary>
    public static IReadOnlyDictionary<string, Activation> Trainable { get; } = new Dictionary<string, Activation>
    {
        ["Identity"] = Activation.Identity,
        ["Sigmoid"] = Activation.Sigmoid,
        ["Tanh"] = Activation.Tanh,
        ["Relu"] = Activation.Relu,
        ["Softmax"] = Activation.Softmax,
        ["Selu"] = Activation.Selu,
        ["Gelu"] = Activation.Gelu,
        ["Silu"] = Activation.Silu,
        ["Softplus"] = Activation.Softplus,
        ["LeakyRelu"] = Activation.LeakyRelu(0.1f),
        ["Elu"] = Activation.Elu(1.3f),
        ["ScaledSigmoid"] = Activation.ScaledSigmoid(1.2f, 0.8f),
        ["ScaledSigmoidLearnt"] = Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true),
        ["PRelu"] = Activation.PRelu(0.25f),
    };

    public static IReadOnlyDictionary<string, Activation> All { get; } =
        new Dictionary<string, Activation>(Trainable) { ["Step"] = Activation.Step };

    public static IReadOnlyDictionary<string, Loss> Losses { get; } = new Dictionary<string, Loss>
    {
        ["Quadratic"] = Loss.Quadratic,
        ["MeanSquaredError"] = Loss.MeanSquaredError,
        ["CrossEntropy"] = Loss.CrossEntropy,
        ["BinaryCrossEntropy"] = Loss.BinaryCrossEntropy,
    };

    /// <summary>The others, and what can be added to the first ones; for three outputs, or six.</summary>
    public static IReadOnlyDictionary<string, Loss> FurtherLosses { get; } = new Dictionary<string, Loss>
    {
        ["MeanAbsoluteError"] = Loss.MeanAbsoluteError,
        ["Huber"] = Loss.Huber(0.3f),
        ["Poisson"] = Loss.Poisson(logOutputs: false),
        ["LogPoisson"] = Loss.Poisson(),
        ["Quantile"] = Loss.Quantile(0.1f, 0.5f, 0.9f),
        ["Median"] = Loss.Quantile(0.5f),
        ["CrossEntropySmooth"] = Loss.CrossEntropy.WithLabelSmoothing(0.1f),
        ["BinaryCrossEntropySmooth"] = Loss.BinaryCrossEntropy.WithLabelSmoothing(0.2f),
        ["BinaryCrossEntropyPositive"] = Loss.BinaryCrossEntropy.WithPositiveWeights(3),
        ["BinaryCrossEntropyPositiveSmooth"] = Loss.BinaryCrossEntropy.WithPositiveWeights(3).WithLabelSmoothing(0.1f),
    };

    /// <summary>Losses with weights for three classes.</summary>
    public static IReadOnlyDictionary<string, Loss> ClassWeighted { get; } = new Dictionary<string, Loss>
    {
        ["CrossEntropy"] = Loss.CrossEntropy.WithClassWeights(0.5f, 2, 1),
        ["CrossEntropySmooth"] = Loss.CrossEntropy.WithClassWeights(0.5f, 2, 1).WithLabelSmoothing(0.1f),
        ["Quadratic"] = Loss.Quadratic.WithClassWeights(0.5f, 2, 1),
        ["MeanSquaredError"] = Loss.MeanSquaredError.WithClassWeights(0.5f, 2, 1),
        ["Huber"] = Loss.Huber(0.3f).WithClassWeights(0.5f, 2, 1),
        ["BinaryCrossEntropy"] = Loss.BinaryCrossEntropy.WithClassWeights(0.5f, 2, 1),
    };

    public static IReadOnlyDictionary<string, Optimizer> Optimizers { get; } = new Dictionary<string, Optimizer>
    {
        ["Sgd"] = new Sgd(0.1f),
        ["SgdDecay"] = new Sgd(0.1f, weightDecay: 0.02f),
        ["Momentum"] = new Sgd(0.05f, momentum: 0.9f),
        ["MomentumDecay"] = new Sgd(0.05f, momentum: 0.8f, weightDecay: 0.02f),
        ["Nesterov"] = new Sgd(0.05f, momentum: 0.9f, nesterov: true),
        ["NesterovDecay"] = new Sgd(0.05f, momentum: 0.8f, nesterov: true, weightDecay: 0.02f),
        ["Adam"] = new Adam(0.01f),
        ["AdamDecay"] = new Adam(0.01f, beta1: 0.8f, beta2: 0.99f, weightDecay: 0.02f),
        ["AdamLargeEpsilon"] = new Adam(0.01f, epsilon: 0.01f),
        ["AdamAmsGrad"] = new Adam(0.01f, beta2: 0.9f, weightDecay: 0.02f, amsGrad: true),
        ["AdamW"] = new AdamW(0.01f, weightDecay: 0.3f),
        ["AdamWAmsGradAll"] = new AdamW(0.01f, beta2: 0.9f, weightDecay: 0.3f, amsGrad: true) { DecayBiases = true },
        ["AdaGrad"] = new AdaGrad(0.01f),
        ["AdaGradDecay"] = new AdaGrad(0.05f, initialAccumulator: 0.1f, weightDecay: 0.02f),
        ["RmsProp"] = new RmsProp(0.001f),
        ["RmsPropDecay"] = new RmsProp(0.001f, rho: 0.9f, weightDecay: 0.02f) { DecayBiases = true },
        ["RmsPropMomentum"] = new RmsProp(0.001f, rho: 0.9f, momentum: 0.8f),
        ["RmsPropCentered"] = new RmsProp(0.001f, rho: 0.9f, epsilon: 1e-3f, centered: true),
        ["RmsPropCenteredMomentum"] = new RmsProp(0.001f, rho: 0.9f, epsilon: 1e-3f, momentum: 0.8f, centered: true),
        ["IRprop"] = new IRprop(0.001f),
        ["IRpropDecay"] = new IRprop(0.001f, shrink: 0.4f, growth: 1.1f, largestStep: 0.0012f, weightDecay: 0.02f),
    };

    /// <summary>What <see cref="TrainerOptions"/> can do to gradients and weights, each alone and all together.</summary>
    public static IReadOnlyDictionary<string, TrainerOptions> Limits { get; } = new Dictionary<string, TrainerOptions>
    {
        ["ClipValue"] = new() { ClipValue = 0.02f },
        ["ClipNorm"] = new() { ClipNorm = 0.1f },
        ["L1"] = new() { L1 = 0.03f },
        ["MaxNorm"] = new() { MaxNorm = 0.9f },
        ["All"] = new() { ClipValue = 0.03f, ClipNorm = 0.2f, L1 = 0.01f, MaxNorm = 0.9f },
    };

    public static TheoryData<string> TrainableNames => [.. Trainable.Keys];

    public static TheoryData<string> AllNames => [.. All.Keys];

    public static TheoryData<string> LossNames => [.. Losses.Keys];

    public static TheoryData<string> FurtherLossNames => [.. FurtherLosses.Keys];

    public static TheoryData<string> ClassWeightedNames => [.. ClassWeighted.Keys];

    public static TheoryData<string> OptimizerNames => [.. Optimizers.Keys];

    /// <summary>Every optimizer with every limit.</summary>
    public static TheoryData<string, string> LimitedOptimizers
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string optimizer in Optimizers.Keys)
            {
                foreach (string limit in Limits.Keys)
                {
                    cases.Add(optimizer, limit);
                }
            }

            return cases;
        }
    }

    /// <summary>Every trainable activation with every loss and every kind of bias.</summary>
    public static TheoryData<string, string, Bias> GradientCases
    {
        get
        {
            TheoryData<string, string, Bias> cases = [];
            foreach (string activation in Trainable.Keys)
            {
                foreach (string loss in Losses.Keys)
                {
                    foreach (Bias bias in Enum.GetValues<Bias>())
                    {
                        cases.Add(activation, loss, bias);
                    }
                }
            }

            return cases;
        }
    }

    /// <summary>A network with seeded weights and biases from layers written as "units activation, units activation".</summary>
    public static Network Build(int inputs, string layers)
    {
        NetworkBuilder builder = Network.Input(inputs);
        foreach (string layer in layers.Split(", "))
        {
            string[] parts = layer.Split(' ');
            builder.Dense(int.Parse(parts[0], CultureInfo.InvariantCulture), All[parts[1]]);
        }

        return builder.Build(1).Fill(2);
    }
}
