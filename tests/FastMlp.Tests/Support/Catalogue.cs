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
    };

    public static TheoryData<string> TrainableNames => [.. Trainable.Keys];

    public static TheoryData<string> AllNames => [.. All.Keys];

    public static TheoryData<string> LossNames => [.. Losses.Keys];

    public static TheoryData<string> OptimizerNames => [.. Optimizers.Keys];

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
