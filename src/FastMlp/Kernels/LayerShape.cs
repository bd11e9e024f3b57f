namespace FastMlp.Kernels;

/// <summary>A dense layer of k inputs and n units, as the cost of a way through it is reckoned.</summary>
/// <param name="K">Inputs.</param>
/// <param name="N">Units.</param>
/// <param name="Stride">Floats from row to row of its output: over all of them an activation of its own pass goes.</param>
/// <param name="HasExponential">Whether its activation goes over the rows once more.</param>
internal readonly record struct LayerShape(nint K, nint N, nint Stride, bool HasExponential);
