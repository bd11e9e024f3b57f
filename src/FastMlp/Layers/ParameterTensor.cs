using FastMlp.Kernels;

namespace FastMlp.Layers;

/// <summary>A tensor of a layer: its name in the file, shape and role, and where its values lie in a block that is laid out like the parameters.</summary>
/// <param name="Name">The whole name: <c>layers.0.weight</c>.</param>
/// <param name="Shape">Sizes of its axes.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Offset">The first float in the block.</param>
/// <param name="Extent">Floats in the block that count once, padding with zeros included.</param>
internal sealed unsafe record ParameterTensor(string Name, int[] Shape, TensorRole Role, nint Offset, nint Extent)
{
    /// <summary>Width of the panels that a matrix is packed in (see <see cref="Packing"/>); 0 for values that lie one after the other.</summary>
    public nint PanelWidth { get; init; }

    /// <summary>How often a shared value lies in memory, once for each unit.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Values; computed when asked for, for the shape may be that of a file with impossible sizes.</summary>
    public int Length => Shape.Length == 1 ? Shape[0] : checked(Shape[0] * Shape[1]);

    /// <summary>Whether training changes it by its gradient.</summary>
    public bool IsTrained => Role is not (TensorRole.RunningMean or TensorRole.RunningVariance);

    /// <summary>What its values may be, for messages.</summary>
    public string Allowed => Role == TensorRole.RunningVariance ? "a variance, a finite number of at least 0" : "a finite number";

    /// <summary>The index of the first value that it cannot have; -1 if there is none.</summary>
    public int FirstNotAllowed(ReadOnlySpan<float> values) =>
        values.IndexOfAnyExceptInRange(Role == TensorRole.RunningVariance ? 0 : float.MinValue, float.MaxValue);

    /// <summary>Copies the values out of a block.</summary>
    public void Read(float* block, Span<float> values)
    {
        if (PanelWidth == 0)
        {
            new Span<float>(block + Offset, Length).CopyTo(values);
            return;
        }

        fixed (float* to = values)
        {
            Packing.Unpack(block + Offset, Shape[0], Shape[1], PanelWidth, to);
        }
    }

    /// <summary>Copies the values into a block.</summary>
    public void Write(float* block, ReadOnlySpan<float> values)
    {
        if (PanelWidth == 0)
        {
            for (int copy = 0; copy < Copies; copy++)
            {
                values.CopyTo(new Span<float>(block + Offset + (copy * Length), Length));
            }

            return;
        }

        fixed (float* from = values)
        {
            Packing.Pack(from, Shape[0], Shape[1], PanelWidth, block + Offset);
        }
    }
}
