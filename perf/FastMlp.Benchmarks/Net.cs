namespace FastMlp.Benchmarks;

/// <summary>A network as tables write it, 784-128-10, with its activations.</summary>
/// <param name="Sizes">Inputs, then the units of each layer.</param>
/// <param name="Hidden">Of all layers but the last.</param>
/// <param name="Output">Of the last.</param>
internal sealed record Net(int[] Sizes, Activation Hidden, Activation Output)
{
    public int Layers => Sizes.Length - 1;

    public int Inputs => Sizes[0];

    public int Outputs => Sizes[^1];

    public string Name => string.Join('-', Sizes);

    /// <summary>A classifier: ReLU, then softmax. One output is a regression.</summary>
    public static Net Relu(params int[] sizes) => new(sizes, Activation.Relu, sizes[^1] > 1 ? Activation.Softmax : Activation.Identity);

    public static Net Tanh(params int[] sizes) => new(sizes, Activation.Tanh, Activation.Tanh);

    /// <summary>One layer without activation: a matrix product.</summary>
    public static Net Layer(int inputs, int units) => new([inputs, units], Activation.Identity, Activation.Identity);

    /// <summary>From a name; 4-16-3 is the one with tanh.</summary>
    public static Net Parse(string name) => name == "4-16-3" ? Tanh(4, 16, 3) : Relu([.. name.Split('-').Select(int.Parse)]);

    public Network Build()
    {
        NetworkBuilder builder = Network.Input(Inputs);
        for (int layer = 1; layer <= Layers; layer++)
        {
            builder.Dense(Sizes[layer], layer == Layers ? Output : Hidden);
        }

        return builder.Build(seed: 1);
    }

    /// <summary>Dense values on [-1, 1): no zeros that a kernel might skip.</summary>
    public static float[] Values(int count, int seed = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    public int[] Labels(int rows) => [.. Enumerable.Range(0, rows).Select(row => row * 7 % Outputs)];
}
