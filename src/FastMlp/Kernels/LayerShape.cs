namespace FastMlp.Kernels;

/// <summary>A dense layer of k inputs and n units, as the cost of a way through it is reckoned.</summary>
/// <param name="K">Inputs.</param>
/// <param name="N">Units.</param>
/// <param name="HasExponential">Whether its activation goes over the rows once more, padding included.</param>
internal readonly record struct LayerShape(nint K, nint N, bool HasExponential);
