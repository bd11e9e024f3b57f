using System.Globalization;
using FastMlp.Tests.Reference;

namespace FastMlp.Tests.Support;

/// <summary>Every activation and loss by a name that a test's title can show.</summary>
internal static class Catalogue
{
    /// <summary>Every activation, with constants that are not its defaults.</summary>
    public static IReadOnlyDictionary<string, Activation> All { get; } = new Dictionary<string, Activation>(Enum.GetValues<ActivationKind>().Select(Sample))
    {
        ["ScaledSigmoidLearnt"] = Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true),
    };

    /// <summary>All that can be trained by gradients, that is all but the step.</summary>
    public static IReadOnlyDictionary<string, Activation> Trainable { get; } = All.Where(entry => entry.Key != "Step").ToDictionary();

    public static IReadOnlyDictionary<string, Loss> Losses { get; } = new Dictionary<string, Loss>
    {
        ["Quadratic"] = Loss.Quadratic,
        ["MeanSquaredError"] = Loss.MeanSquaredError,
        ["CrossEntropy"] = Loss.CrossEntropy,
        ["BinaryCrossEntropy"] = Loss.BinaryCrossEntropy,
    };

    /// <summary>The others, and what can be added to the first ones; for three outputs, or six.</summary>
    public static IReadOnlyDictionary<string, Loss> FurtherLosses { get; } = new Dictionary<string, Loss>(ReferenceLoss.Cases)
    {
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

    public static IReadOnlyDictionary<string, Optimizer> Optimizers => ReferenceOptimizer.Cases;

    /// <summary>What <see cref="TrainerOptions"/> can do to gradients and weights, each alone and all together.</summary>
    public static IReadOnlyDictionary<string, TrainerOptions> Limits { get; } = new Dictionary<string, TrainerOptions>
    {
        ["ClipValue"] = new() { ClipValue = 0.02f },
        ["ClipNorm"] = new() { ClipNorm = 0.1f },
        ["L1"] = new() { L1 = 0.03f },
        ["MaxNorm"] = new() { MaxNorm = 0.9f },
        ["All"] = new() { ClipValue = 0.03f, ClipNorm = 0.2f, L1 = 0.01f, MaxNorm = 0.9f },
    };

    private static KeyValuePair<string, Activation> Sample(ActivationKind kind) => new(kind.ToString(), kind switch
    {
        ActivationKind.LeakyRelu => Activation.LeakyRelu(0.1f),
        ActivationKind.Elu => Activation.Elu(1.3f),
        ActivationKind.ScaledSigmoid => Activation.ScaledSigmoid(1.2f, 0.8f),
        _ => Activation.TryParse(kind.ToString(), out Activation g) ? g : throw new InvalidOperationException($"{kind} has no spelling in Activation."),
    });

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
