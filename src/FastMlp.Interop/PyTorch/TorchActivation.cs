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
        "LeakyReLU" => Activation.LeakyRelu(number("negative_slope", 0.01f)),
        "ELU" => Activation.Elu(number("alpha", 1)),
        "GELU" when approximate is not (null or "none") => null,
        "Softplus" when number("beta", 1) != 1 => null,
        _ => Named(type),
    };

    /// <summary>An activation without constants by PyTorch's name, which is FastMlp's but for case and underscores.</summary>
    public static Activation? Named(string name) =>
        name is not ("Linear" or "linear" or "step") && Activation.TryParse(name, out Activation g) && g.Constants.Count == 0 ? g : null;
}
