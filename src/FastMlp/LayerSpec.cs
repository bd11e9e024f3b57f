namespace FastMlp;

/// <summary>What the builder and the model file know of one layer; a network is a list of these.</summary>
internal abstract record LayerSpec
{
    /// <summary>Features that come out where <paramref name="inputSize"/> go in.</summary>
    public virtual int OutputSize(int inputSize) => inputSize;
}

/// <summary>a = m x / (1 - rate) in training, m 0 with probability <paramref name="Rate"/>, else 1; a = x at prediction.</summary>
internal sealed record DropoutSpec(float Rate) : LayerSpec;

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those of a column.</summary>
internal sealed record BatchNormSpec(float Momentum, float Epsilon) : LayerSpec;

/// <summary>The same with the mean and variance of a row.</summary>
internal sealed record LayerNormSpec(float Epsilon) : LayerSpec;

/// <summary>a = g(x).</summary>
internal sealed record ActivationSpec(Activation Activation) : LayerSpec;

/// <summary>a = F(x) + x, or F(x) + V x where the sizes differ, F the layers of the body.</summary>
internal sealed record ResidualSpec(LayerSpec[] Body) : LayerSpec
{
    public override int OutputSize(int inputSize) => Body.Aggregate(inputSize, (size, layer) => layer.OutputSize(size));

    public bool Equals(ResidualSpec? other) => other is not null && Body.AsSpan().SequenceEqual(other.Body);

    public override int GetHashCode() => Body.Aggregate(Body.Length, HashCode.Combine);
}
