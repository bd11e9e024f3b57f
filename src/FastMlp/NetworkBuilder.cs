namespace FastMlp;

/// <summary>Describes a network layer by layer; <see cref="Build"/> makes it. Start with <see cref="Network.Input"/>.</summary>
public sealed class NetworkBuilder
{
    private readonly int inputSize;
    private readonly bool isBody;
    private readonly List<LayerSpec> layers = [];
    private bool isLastDrawnByDefault;

    internal NetworkBuilder(int inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        this.inputSize = inputSize;
    }

    /// <summary>The body of a residual block, whose input size the layers around it decide.</summary>
    private NetworkBuilder() => isBody = true;

    /// <summary>Adds a dense layer: z = x W^T + b, a = g(z), W of shape [units, inputs].</summary>
    /// <param name="units">Outputs of the layer; at least 1.</param>
    /// <param name="activation">g; identity by default.</param>
    /// <param name="bias">How b is shared.</param>
    /// <param name="initializer">
    /// How W is drawn; by default He for the ReLU family, LeCun for SELU, Glorot for the others, but LeCun (uniform) in place of Glorot in the last layer:
    /// from inputs of unit scale its z, what softmax or a loss sees first, has unit scale too, whatever the widths.
    /// </param>
    public NetworkBuilder Dense(int units, Activation activation = default, Bias bias = Bias.PerUnit, Initializer? initializer = null)
    {
        Add(new DenseSpec(units, activation, bias, initializer ?? DenseSpec.DefaultInitializer(activation)));
        isLastDrawnByDefault = initializer is null;
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
    public NetworkBuilder Dropout(float rate) => Add(new DropoutSpec(rate));

    /// <summary>
    /// Adds batch normalization (Ioffe and Szegedy, 2015) of each feature: a = gamma (x - mean) / sqrt(variance + epsilon) + beta, gamma and beta
    /// trained from 1 and 0. In training mean and variance are those of the batch; a prediction uses their running averages.
    /// </summary>
    /// <param name="momentum">running &lt;- running + momentum (batch - running) after each training pass, the batch's variance over rows - 1; from 0 to 1.</param>
    /// <param name="epsilon">Keeps the root from 0; above 0.</param>
    /// <remarks>
    /// <see cref="Network.Freeze"/> folds it into a dense layer beside it, so that it costs a <see cref="Predictor"/> nothing: one before it without an
    /// activation, or one behind it. An activation behind it is <see cref="Activate"/>. A batch of one row becomes beta and moves no average.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">A constant is out of its range.</exception>
    public NetworkBuilder BatchNorm(float momentum = 0.1f, float epsilon = 1e-5f) => Add(new BatchNormSpec(momentum, epsilon));

    /// <summary>
    /// Adds layer normalization (Ba, Kiros and Hinton, 2016) of each row: a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those
    /// of the row's features, gamma and beta trained from 1 and 0. The same in training and at prediction.
    /// </summary>
    /// <param name="epsilon">Keeps the root from 0; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not a positive, finite number.</exception>
    public NetworkBuilder LayerNorm(float epsilon = 1e-5f) => Add(new LayerNormSpec(epsilon));

    /// <summary>Adds a = g(x), an activation on its own: behind a normalization or a residual block. Behind a dense layer it is the same as that layer's own.</summary>
    /// <param name="activation">g: any that is elementwise and has no learnable constants.</param>
    /// <exception cref="ArgumentException"><paramref name="activation"/> is softmax or learnable; those belong to a dense layer.</exception>
    public NetworkBuilder Activate(Activation activation) => Add(new ActivationSpec(activation));

    /// <summary>
    /// Adds a residual block (He et al., 2016): a = F(x) + x, F the layers that <paramref name="body"/> adds; a = F(x) + x V^T where F changes the number of
    /// features, V a dense layer without bias and activation, counted behind those of the body.
    /// </summary>
    /// <param name="body">Adds the layers of F to the builder that it gets: <c>b => b.Dense(64, Activation.Relu).Dense(64)</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="body"/> adds nothing.</exception>
    public NetworkBuilder Residual(Action<NetworkBuilder> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        NetworkBuilder inner = new();
        body(inner);
        return Add(new ResidualSpec(inner.layers.ToArray()));
    }

    /// <summary>Adds a layer that is described already: one of <see cref="Network.Specification"/>, or one with other settings.</summary>
    /// <param name="layer">Any layer that a method of this builder adds.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or the layer stands only inside a residual block.</exception>
    public NetworkBuilder Add(LayerSpec layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        layer.Check();
        layers.Add(layer);
        isLastDrawnByDefault = false;
        return this;
    }

    /// <summary>Makes the network with its first weights drawn from <paramref name="seed"/>.</summary>
    /// <exception cref="InvalidOperationException">No layer was added, or the last one is not dense.</exception>
    public Network Build(int seed = 0)
    {
        if (isBody)
        {
            throw new InvalidOperationException("The body of a residual block is no network: call Build on the builder around it.");
        }

        if (layers.Count == 0)
        {
            throw new InvalidOperationException("A network needs at least one layer: call Dense before Build.");
        }

        if (layers[^1] is not DenseSpec output)
        {
            throw new InvalidOperationException("A network ends with a dense layer, for its activation and the loss belong together: call Dense last.");
        }

        DenseSpec head = isLastDrawnByDefault && output.Initializer == Initializer.GlorotUniform ? output with { Initializer = Initializer.LecunUniform } : output;
        Network network = new(inputSize, [.. layers.SkipLast(1), head]);
        network.Initialize(seed);
        return network;
    }
}
