using FastMlp.Tests.Reference;

namespace FastMlp.Tests.Support;

/// <summary>
/// A small network with parameters, a batch and targets, on which a loss and its gradients are well conditioned:
/// no z lies near a kink, and outputs stay inside the domain of the loss. Made without the engine.
/// </summary>
internal sealed class Sample
{
    // Rounding moves z by some 1e-6 here, a central difference by 1e-5.
    private const double KinkMargin = 1e-3;

    private Sample(int[] sizes, Activation activation, Loss loss, Bias bias, int rows, int seed, float gain)
    {
        Sizes = sizes;
        Activation = activation;
        Loss = loss;
        Bias = bias;
        Rows = rows;
        NeedsPositiveOutputs = loss.Kind is LossKind.CrossEntropy or LossKind.BinaryCrossEntropy or LossKind.Poisson
            && activation != Activation.Softmax && activation != Activation.Sigmoid && !AreLogits;
        Weights = new float[sizes.Length - 1][];
        Biases = new float[sizes.Length - 1][];
        for (int l = 0; l < Weights.Length; l++)
        {
            int inputs = sizes[l];
            int units = sizes[l + 1];
            int biases = bias switch { Bias.PerUnit => units, Bias.Shared => 1, _ => 0 };
            float limit = NeedsPositiveOutputs ? (l == Weights.Length - 1 ? gain : 1) * 1.5f / inputs : 1.5f / MathF.Sqrt(inputs);
            Weights[l] = Numbers.Uniform(seed + (10 * l), units * inputs, NeedsPositiveOutputs ? limit / 5 : -limit, limit);
            Biases[l] = NeedsPositiveOutputs ? Numbers.Uniform(seed + (10 * l) + 1, biases, 0, 0.05f) : Numbers.Uniform(seed + (10 * l) + 1, biases, -0.3f, 0.3f);
        }

        X = Numbers.Uniform(seed + 100, rows * sizes[0], NeedsPositiveOutputs ? 0.5f : -1);
        Labels = Numbers.Labels(seed + 101, rows, sizes[^1]);
        TargetSize = sizes[^1] / (loss.Levels?.Count ?? 1);
        bool isNegative = loss.Kind is not (LossKind.BinaryCrossEntropy or LossKind.Poisson or LossKind.LogPoisson);
        Targets = loss.Kind == LossKind.CrossEntropy ? Numbers.Distributions(seed + 102, rows, sizes[^1])
            : Numbers.Uniform(seed + 102, rows * TargetSize, isNegative ? -1 : 0);
        RowWeights = Numbers.Uniform(seed + 103, rows, 0.1f, 3);
    }

    public int[] Sizes { get; }

    public Activation Activation { get; }

    public Loss Loss { get; }

    public Bias Bias { get; }

    public int Rows { get; }

    /// <summary>W of each layer, [out, in].</summary>
    public float[][] Weights { get; }

    public float[][] Biases { get; }

    public float[] X { get; }

    public float[] Targets { get; }

    public int TargetSize { get; }

    public int[] Labels { get; }

    /// <summary>A weight for each row.</summary>
    public float[] RowWeights { get; }

    public double[][] XRows => ReferenceBridge.ToRows(X, Sizes[0]);

    public double[][] TargetRows => ReferenceBridge.ToRows(Targets, TargetSize);

    public double[][] LabelRows => ReferenceBridge.ToOneHotRows(Labels, Sizes[^1]);

    /// <summary>The longest sum on the way from the input to a gradient: its rounding errors grow no faster than this times epsilon.</summary>
    public int Terms => Sizes.Sum() + Rows;

    private bool NeedsPositiveOutputs { get; }

    /// <summary>Whether the loss takes the outputs for logits; the reference then ends with the activation itself.</summary>
    private bool AreLogits => Activation == Activation.Identity && Loss.Kind is (LossKind.CrossEntropy or LossKind.BinaryCrossEntropy);

    /// <summary>The same activation in every layer; the first seed from <paramref name="seed"/> on that is well conditioned.</summary>
    public static Sample Create(int[] sizes, Activation activation, Loss loss, Bias bias, int rows, int seed = 1)
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            // The gain of the last layer, where outputs have to be probabilities: softplus starts at 0.69, SiLU shrinks.
            foreach (float gain in new[] { 1, 0.3f, 0.05f, 2, 4 })
            {
                Sample sample = new(sizes, activation, loss, bias, rows, seed + (1000 * attempt), gain);
                if (sample.IsWellConditioned())
                {
                    return sample;
                }
            }
        }

        throw new InvalidOperationException($"No well-conditioned sample for {activation}, {loss}, {bias}.");
    }

    public ReferenceNetwork BuildReference()
    {
        ReferenceLayer[] layers = new ReferenceLayer[Weights.Length];
        for (int l = 0; l < layers.Length; l++)
        {
            Activation own = AreLogits && l == layers.Length - 1 ? (Loss.Kind == LossKind.CrossEntropy ? Activation.Softmax : Activation.Sigmoid) : Activation;
            layers[l] = new ReferenceLayer(Sizes[l], Sizes[l + 1], Biases[l].Length, ReferenceBridge.From(own))
            {
                Weight = ReferenceBridge.ToDouble(Weights[l]),
                Bias = ReferenceBridge.ToDouble(Biases[l]),
            };
        }

        return new ReferenceNetwork(layers);
    }

    public Network BuildNetwork()
    {
        NetworkBuilder builder = Network.Input(Sizes[0]);
        foreach (int units in Sizes.AsSpan(1))
        {
            builder.Dense(units, Activation, Bias);
        }

        Network network = builder.Build(seed: 1);
        for (int l = 0; l < Weights.Length; l++)
        {
            network.Tensors[$"layers.{l}.weight"].CopyFrom(Weights[l]);
            network.Tensors.Find($"layers.{l}.bias")?.CopyFrom(Biases[l]);
        }

        return network;
    }

    private bool IsWellConditioned()
    {
        ReferenceNetwork network = BuildReference();
        return network.DistanceToKink(XRows) > KinkMargin
            && (!NeedsPositiveOutputs || network.Predict(XRows).All(row => row.Min() > 0.15 && row.Max() < 0.85));
    }
}
