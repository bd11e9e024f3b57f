namespace FastMlp.Interop.PyTorch;

/// <summary>The activations of torch.nn by the names of their modules.</summary>
internal static class TorchActivation
{
    /// <param name="type">As <c>torch.nn</c> names the class.</param>
    /// <param name="number">An attribute of the module, or a value where it has none.</param>
    /// <param name="approximate">Of GELU: null, "none" or "tanh".</param>
    /// <returns>null where it is none that the library has.</returns>
    public static Activation? Of(string type, Func<string, float, float> number, string? approximate) => type switch
    {
        "Identity" => Activation.Identity,
        "ReLU" => Activation.Relu,
        "Tanh" => Activation.Tanh,
        "Sigmoid" => Activation.Sigmoid,
        "Softmax" => Activation.Softmax,
        "LeakyReLU" => Activation.LeakyRelu(number("negative_slope", 0.01f)),
        "ELU" => Activation.Elu(number("alpha", 1)),
        "SELU" => Activation.Selu,
        "SiLU" => Activation.Silu,
        "GELU" when approximate is null or "none" => Activation.Gelu,
        "Softplus" when number("beta", 1) == 1 => Activation.Softplus,
        _ => null,
    };
}
