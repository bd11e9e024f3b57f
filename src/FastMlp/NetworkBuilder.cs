namespace FastMlp;

/// <summary>Describes a network layer by layer; <see cref="Build"/> makes it. Start with <see cref="Network.Input"/>.</summary>
public sealed class NetworkBuilder
{
    private readonly int inputSize;
    private readonly List<LayerSpec> layers = [];

    internal NetworkBuilder(int inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        this.inputSize = inputSize;
    }

    /// <summary>Adds a dense layer: z = x W^T + b, a = g(z), W of shape [units, inputs].</summary>
    /// <param name="units">Outputs of the layer; at least 1.</param>
    /// <param name="activation">g; identity by default.</param>
    /// <param name="bias">How b is shared.</param>
    /// <param name="initializer">How W is drawn; by default He for the ReLU family, LeCun for SELU, Glorot for the others.</param>
    public NetworkBuilder Dense(int units, Activation activation = default, Bias bias = Bias.PerUnit, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        layers.Add(new DenseSpec(units, activation, bias, initializer ?? DenseSpec.DefaultInitializer(activation)));
        return this;
    }

    /// <summary>
    /// Adds inverted dropout (Srivastava et al., 2014) of what comes before, the network's input if nothing does: in training each value
    /// becomes 0 with this probability, and the others are multiplied by 1 / (1 - rate); a prediction is not changed and pays nothing.
    /// </summary>
    /// <param name="rate">The share that is dropped, from 0 to below 1.</param>
    /// <remarks>
    /// What is dropped is a hash of the training seed, the layer, the number of updates done and the place in the batch: the same for any number of
    /// threads, and the same when gradients are computed twice without an update.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rate"/> is not such a number.</exception>
    public NetworkBuilder Dropout(float rate)
    {
        if (!(rate >= 0) || !(rate < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate of dropout is a share from 0 to below 1.");
        }

        layers.Add(new DropoutSpec(rate));
        return this;
    }

    /// <summary>Makes the network with its first weights drawn from <paramref name="seed"/>.</summary>
    /// <exception cref="InvalidOperationException">No layer was added, or the last one is not dense.</exception>
    public Network Build(int seed = 0)
    {
        if (layers.Count == 0)
        {
            throw new InvalidOperationException("A network needs at least one layer: call Dense before Build.");
        }

        if (layers[^1] is not DenseSpec)
        {
            throw new InvalidOperationException("A network ends with a dense layer, for its activation and the loss belong together: call Dense last.");
        }

        Network network = new(inputSize, [.. layers]);
        network.Initialize(seed);
        return network;
    }
}
