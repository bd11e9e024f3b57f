namespace FastMlp;

/// <summary>What the builder and the model file know of one layer; a network is a list of these.</summary>
internal abstract record LayerSpec
{
    /// <summary>Features that come out where <paramref name="inputSize"/> go in.</summary>
    public virtual int OutputSize(int inputSize) => inputSize;
}

/// <summary>a = m x / (1 - rate) in training, m 0 with probability <paramref name="Rate"/>, else 1; a = x at prediction.</summary>
internal sealed record DropoutSpec(float Rate) : LayerSpec;
