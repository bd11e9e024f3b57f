using System.Diagnostics.CodeAnalysis;
using FastMlp.Layers;

namespace FastMlp.Training;

/// <summary>Whether data fit a network; the messages name both sizes.</summary>
internal static class Shapes
{
    /// <summary>Where the largest weight of rows may lie: its product with a gradient, and the quotient, stay far within float32.</summary>
    private const float SmallestWeight = 1e-18f;

    /// <inheritdoc cref="SmallestWeight"/>
    private const float LargestWeight = 1e18f;

    public static void Check(LayerStack stack, LossFunction loss, Dataset data, string name)
    {
        if (data.InputSize != stack.InputSize)
        {
            throw new ArgumentException($"The data have {data.InputSize} features; the network takes {stack.InputSize}.", name);
        }

        bool isBinary = data.IsClassification && data.TargetSize <= 2 && stack.OutputSize == 1;
        if (data.IsClassification && loss.OutputsPerTarget > 1)
        {
            throw new ArgumentException("A quantile loss compares values; these targets are class labels.", name);
        }

        if (data.TargetSize != loss.TargetSize && !isBinary)
        {
            string what = data.IsClassification ? "classes" : "targets";
            string each = loss.OutputsPerTarget > 1 ? $", {loss.OutputsPerTarget} for each target" : "";
            throw new ArgumentException($"The data have {data.TargetSize} {what}; the network has {stack.OutputSize} outputs{each}.", name);
        }

        loss.CheckTargets(data.Targets, name);
    }

    /// <summary>Rows in a span of whole rows.</summary>
    public static int Rows(int length, int size, string what, string name)
    {
        int rows = length / size;
        if (rows * size != length)
        {
            RefusePartOfRow(length, size, what, name);
        }

        return rows;
    }

    // On its own, so that a call that is in order does not clear the locals of the message first.
    [DoesNotReturn]
    private static void RefusePartOfRow(int length, int size, string what, string name) =>
        throw new ArgumentException($"{length} values are not a whole number of rows of {size} {what}.", name);

    /// <summary>Values that the outputs of whole rows take in one array.</summary>
    public static int Outputs(int length, int inputSize, int outputSize, string name)
    {
        int rows = Rows(length, inputSize, "features", name);
        long outputs = (long)rows * outputSize;
        return outputs <= Array.MaxLength
            ? (int)outputs
            : throw new ArgumentException($"{rows} rows of {outputSize} outputs are {outputs} values, more than one array holds ({Array.MaxLength}): predict them in parts.", name);
    }

    /// <summary>Weights of rows are finite, at least 0, not all 0, and of a size that float32 gradients can be multiplied by.</summary>
    public static void CheckWeights(ReadOnlySpan<float> weights, string name)
    {
        float largest = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] >= 0) || !float.IsFinite(weights[i]))
            {
                throw new ArgumentException($"The weight of row {i} is {weights[i]}; weights are finite numbers of at least 0.", name);
            }

            largest = Math.Max(largest, weights[i]);
        }

        if (largest == 0 && !weights.IsEmpty)
        {
            throw new ArgumentException("All weights are 0: no row would count.", name);
        }

        if (largest is > 0 and (< SmallestWeight or > LargestWeight))
        {
            throw new ArgumentException(
                $"The largest weight is {largest}; it must lie between {SmallestWeight} and {LargestWeight}. Only the ratios of weights matter: divide them all by their mean.", name);
        }
    }

    /// <summary>Labels must name an output (or be 0 or 1 for a single one).</summary>
    public static void CheckLabels(ReadOnlySpan<int> labels, int outputs, string name)
    {
        int classes = outputs == 1 ? 2 : outputs;
        int bad = labels.IndexOfAnyExceptInRange(0, classes - 1);
        if (bad >= 0)
        {
            throw new ArgumentException($"The label of row {bad} is {labels[bad]}; classes run from 0 to {classes - 1}.", name);
        }
    }
}
