using FastMlp.Kernels;
using FastMlp.Layers;

namespace FastMlp.Training;

/// <summary>
/// The parameters of a network as one vector, for lengths and products of gradients and directions. A shared bias lies in memory
/// once for each unit, and counts once.
/// </summary>
internal sealed unsafe class ParameterSpace(LayerStack stack)
{
    /// <summary>Floats that are added up in single precision before the sum goes on in double: their rounding stays near 10^-6 for vectors of any length.</summary>
    private const nint Block = 4096;

    /// <summary>Floats of a vector in memory, padding included.</summary>
    public nint Length => stack.ParameterLength;

    /// <summary>The sum of x y, in an order that the layers fix.</summary>
    public double Dot(float* x, float* y)
    {
        double sum = 0;
        foreach (DenseLayer layer in stack.Layers)
        {
            nint bias = layer.BiasOffset;
            sum += DotOfRange(x, y, layer.WeightOffset, bias);
            sum += layer.Spec.Bias == Bias.Shared ? (double)x[bias] * y[bias] : DotOfRange(x, y, bias, layer.ActivationOffset);
            sum += DotOfRange(x, y, layer.ActivationOffset, layer.End);
        }

        return sum;
    }

    private static double DotOfRange(float* x, float* y, nint begin, nint end)
    {
        double sum = 0;
        for (nint i = begin; i < end; i += Block)
        {
            sum += Reductions.Dot(x + i, y + i, Math.Min(Block, end - i));
        }

        return sum;
    }
}
