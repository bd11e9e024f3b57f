namespace FastMlp;

/// <summary>Describes a network layer by layer; <see cref="Build"/> makes it. Start with <see cref="Network.Input"/>.</summary>
public sealed class NetworkBuilder
{
    private readonly int inputSize;
    private readonly List<DenseSpec> layers = [];

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

    /// <summary>Makes the network with its first weights drawn from <paramref name="seed"/>.</summary>
    /// <exception cref="InvalidOperationException">No layer was added.</exception>
    public Network Build(int seed = 0)
    {
        if (layers.Count == 0)
        {
            throw new InvalidOperationException("A network needs at least one layer: call Dense before Build.");
        }

        Network network = new(inputSize, [.. layers]);
        network.Initialize(seed);
        return network;
    }
}
