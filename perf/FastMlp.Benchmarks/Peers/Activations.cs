using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace FastMlp.Benchmarks.Peers;

/// <summary>The activations of the tables, for the peers that bring none: the best that .NET's own vectors give.</summary>
internal static class Activations
{
    public static void Apply(Activation activation, Span<float> row)
    {
        if (activation == Activation.Relu)
        {
            TensorPrimitives.Max(row, 0, row);
        }
        else if (activation == Activation.Tanh)
        {
            TensorPrimitives.Tanh(row, row);
        }
        else if (activation == Activation.Softmax)
        {
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.Exp(row, row);
            TensorPrimitives.Divide(row, TensorPrimitives.Sum<float>(row), row);
        }
        else if (activation != Activation.Identity)
        {
            throw new NotSupportedException($"{activation} is in no table.");
        }
    }

    /// <summary>delta = 0 where a = 0.</summary>
    public static void ReluGradient(Span<float> delta, ReadOnlySpan<float> a)
    {
        Span<Vector<float>> deltas = MemoryMarshal.Cast<float, Vector<float>>(delta);
        ReadOnlySpan<Vector<float>> values = MemoryMarshal.Cast<float, Vector<float>>(a);
        for (int i = 0; i < deltas.Length; i++)
        {
            deltas[i] = Vector.ConditionalSelect(Vector.GreaterThan(values[i], Vector<float>.Zero), deltas[i], Vector<float>.Zero);
        }

        for (int i = deltas.Length * Vector<float>.Count; i < delta.Length; i++)
        {
            delta[i] = a[i] > 0 ? delta[i] : 0;
        }
    }
}
