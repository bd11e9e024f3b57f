namespace FastMlp.Interop.Chains;

/// <summary>A layer of another framework, in the form that all readers hand over.</summary>
/// <param name="Name">As the file has it; messages name it.</param>
internal abstract record Link(string Name);

/// <summary>z = x W^T + b, W [out, in].</summary>
internal sealed record LinearLink(string Name, int Inputs, int Outputs, float[] Weight, float[]? Bias) : Link(Name);

/// <summary>a = g(x); a learnt slope of a PReLU stands in g.</summary>
internal sealed record ActivationLink(string Name, Activation G) : Link(Name)
{
    /// <exception cref="ModelFormatException">The slope is not finite.</exception>
    public static ActivationLink PRelu(string name, float slope) => float.IsFinite(slope)
        ? new ActivationLink(name, Activation.PRelu(slope))
        : throw new ModelFormatException($"'{name}' (PReLU) has the slope {slope}; a finite number was expected.");
}

/// <summary>a = scale (x - mean) / sqrt(variance + epsilon) + shift, each [features].</summary>
internal sealed record BatchNormLink(string Name, float[] Scale, float[] Shift, float[] Mean, float[] Variance, float Epsilon, float Momentum) : Link(Name);

/// <summary>The same with statistics of the row.</summary>
internal sealed record LayerNormLink(string Name, float[] Scale, float[] Shift, float Epsilon) : Link(Name);

/// <summary>a = (x - offset) factor, each [features]: a normalization with constants.</summary>
internal sealed record AffineLink(string Name, double[] Offset, double[] Factor) : Link(Name);

/// <summary>Nothing at prediction.</summary>
internal sealed record DropoutLink(string Name, float Rate) : Link(Name);

/// <summary>a = F(x) + x, or F(x) + x V^T with a projection.</summary>
internal sealed record ResidualLink(string Name, IReadOnlyList<Link> Body, LinearLink? Projection) : Link(Name);
