using FastMlp.Kernels;
using FastMlp.Layers;

namespace FastMlp.Training;

/// <summary>
/// The parameters of a network as one vector, for lengths and products of gradients and directions. A shared bias lies in memory
/// once for each unit, and counts once.
/// </summary>
internal sealed unsafe class ParameterSpace(LayerStack stack)
{
    private readonly List<(nint Begin, nint End, bool IsWeight)> ranges = Ranges(stack);

    /// <summary>Floats that are added up in single precision before the sum goes on in double: their rounding stays near 10^-6 for vectors of any length.</summary>
    private const nint Block = 4096;

    /// <summary>Floats of a vector in memory, padding included.</summary>
    public nint Length => stack.TrainedLength;

    /// <summary>The sum of x y, in an order that the layers fix.</summary>
    public double Dot(float* x, float* y) => Sum(new Products(x, y), weightsOnly: false);

    /// <summary>The sum of w^2: over weights, or over all parameters.</summary>
    public double SquaredLength(float* x, bool weightsOnly) => Sum(new Products(x, x), weightsOnly);

    /// <summary>The sum of |x|.</summary>
    public double SumOfMagnitudes(float* x) => Sum(new Magnitudes(x), weightsOnly: false);

    /// <summary>The largest |x|.</summary>
    public float LargestMagnitude(float* x) => Vectors.LargestMagnitude(x, Length);

    /// <summary>z = a x + b y; z may be x or y.</summary>
    public void Combine(float a, float* x, float b, float* y, float* z) => Vectors.Combine(a, x, b, y, z, Length);

    /// <summary>gradient &lt;- gradient + decay theta, on weights or on all parameters.</summary>
    public void AddDecay(float decay, float* theta, float* gradient, bool weightsOnly)
    {
        foreach (Layer layer in stack.Trained)
        {
            nint begin = layer.WeightOffset;
            nint end = weightsOnly ? layer.BiasOffset : layer.End;
            Vectors.Combine(decay, theta + begin, 1, gradient + begin, gradient + begin, end - begin);
        }
    }

    private double Sum<TTerms>(TTerms terms, bool weightsOnly)
        where TTerms : struct, ITerms
    {
        double sum = 0;
        foreach ((nint begin, nint end, bool isWeight) in ranges)
        {
            sum += isWeight || !weightsOnly ? SumOfRange(terms, begin, end) : 0;
        }

        return sum;
    }

    /// <summary>Where each tensor that is trained lies, layer by layer; a shift goes with the scale before it, and one constant of an activation with another.</summary>
    private static List<(nint Begin, nint End, bool IsWeight)> Ranges(LayerStack stack)
    {
        List<(nint Begin, nint End, bool IsWeight)> ranges = [];
        TensorRole before = default;
        foreach (ParameterTensor tensor in stack.Trained.SelectMany(layer => layer.Tensors).Where(tensor => tensor.IsTrained))
        {
            nint begin = tensor.Offset;
            if ((before, tensor.Role) is (TensorRole.Scale, TensorRole.Shift) or (TensorRole.ActivationConstant, TensorRole.ActivationConstant) && ranges[^1].End == begin)
            {
                begin = ranges[^1].Begin;
                ranges.RemoveAt(ranges.Count - 1);
            }

            ranges.Add((begin, tensor.Offset + tensor.Extent, tensor.Role == TensorRole.Weight));
            before = tensor.Role;
        }

        return ranges;
    }

    private static double SumOfRange<TTerms>(TTerms terms, nint begin, nint end)
        where TTerms : struct, ITerms
    {
        double sum = 0;
        for (nint i = begin; i < end; i += Block)
        {
            sum += terms.Sum(i, Math.Min(Block, end - i));
        }

        return sum;
    }

    /// <summary>What is added up, a block at a time.</summary>
    private interface ITerms
    {
        float Sum(nint start, nint count);
    }

    private readonly struct Products(float* x, float* y) : ITerms
    {
        public float Sum(nint start, nint count) => Reductions.Dot(x + start, y + start, count);
    }

    private readonly struct Magnitudes(float* x) : ITerms
    {
        public float Sum(nint start, nint count) => Vectors.SumOfMagnitudes(x + start, count);
    }
}
