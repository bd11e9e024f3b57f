namespace FastMlp;

/// <summary>A dense layer as seen from outside.</summary>
/// <param name="InputSize">Inputs.</param>
/// <param name="OutputSize">Units.</param>
/// <param name="Activation">g, with its first constants.</param>
/// <param name="Bias">How b is shared.</param>
/// <param name="ParameterCount">Trainable numbers of the layer.</param>
public readonly record struct LayerInfo(int InputSize, int OutputSize, Activation Activation, Bias Bias, int ParameterCount)
{
    /// <summary>Values in b: the units, 1 or 0.</summary>
    public int BiasLength => Bias switch { Bias.PerUnit => OutputSize, Bias.Shared => 1, _ => 0 };

    /// <summary>Learnable constants of the activation.</summary>
    public int ActivationParameterCount => Activation.ParameterCount;
}
