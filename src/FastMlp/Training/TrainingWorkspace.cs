using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>
/// The memory of one forward and backward pass over up to so many rows: one block, sized by arithmetic, carved by offset.
/// Activations of every layer, what it keeps for its backward pass, two deltas in turn, a loss for each row.
/// </summary>
internal sealed unsafe class TrainingWorkspace : IDisposable
{
    private readonly AlignedBuffer buffer;
    private readonly nint[] activations;
    private readonly nint[] preActivations;
    private readonly nint[] deltas;
    private readonly nint partOffset;
    private readonly LayerStack stack;

    public TrainingWorkspace(LayerStack stack, int rows)
    {
        this.stack = stack;
        Rows = rows;
        Layer[] layers = stack.Layers;
        int count = layers.Length;
        activations = new nint[count];
        preActivations = new nint[count];
        deltas = new nint[count];
        nint offset = 0;
        nint widest = 0;
        for (int i = 0; i < count; i++)
        {
            Layer layer = layers[i];
            activations[i] = Take(layer.Stride * rows);
            nint kept = layer.KeptLength(rows);
            preActivations[i] = kept > 0 ? Take(kept) : activations[i];
            widest = Math.Max(widest, i == count - 1 ? 0 : layer.Stride);
        }

        // Hidden deltas take turns in two places, unless one may have to wait for a part that comes from around a block. That of the output has its own, because the loss writes only the
        // columns that there are and the padding must stay 0.
        nint even = Take(widest * rows);
        nint odd = Take(widest * rows);
        for (int i = 0; i < count - 1; i++)
        {
            deltas[i] = !stack.IsChain ? Take(layers[i].Stride * rows) : (i & 1) == 0 ? even : odd;
        }

        // The places that take turns are free for parts then.
        partOffset = even;

        deltas[count - 1] = Take(stack.Output.Stride * rows);
        nint valuesOffset = Take((nint)stack.OutputSize * rows);
        nint lossOffset = Take(rows);
        nint weightOffset = Take(rows);
        nint labelOffset = Take(rows);
        buffer = new AlignedBuffer(offset);
        Loss = new(buffer.Pointer + valuesOffset, buffer.Pointer + lossOffset, buffer.Pointer + weightOffset, buffer.Pointer + labelOffset);

        nint Take(nint floats)
        {
            nint start = offset;
            offset += AlignedBuffer.RoundUp(floats);
            return start;
        }
    }

    /// <summary>Rows that fit.</summary>
    public int Rows { get; }

    public LossScratch Loss { get; }

    public MatrixView Activation(int layer, nint rows) => View(activations[layer], layer, rows);

    /// <summary>What a layer keeps for its backward pass, z or other; the place of its activation where that is nothing.</summary>
    public MatrixView PreActivation(int layer, nint rows) => View(preActivations[layer], layer, rows);

    /// <summary>The delta of a layer; that of the layer after the next has the same place.</summary>
    public MatrixView Delta(int layer, nint rows) => View(deltas[layer], layer, rows);

    /// <summary>Scratch for a part of a layer's delta, where the delta is a sum.</summary>
    public MatrixView DeltaPart(int layer, nint rows) => View(partOffset, layer, rows);

    public void Dispose() => buffer.Dispose();

    private MatrixView View(nint offset, int layer, nint rows) =>
        new((nint)(buffer.Pointer + offset), rows, stack.Layers[layer].OutputSize, stack.Layers[layer].Stride, IsPadded: true);
}
