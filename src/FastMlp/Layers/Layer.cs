using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>
/// One step of a network, a = f(x): its sizes, where it takes x from, the place of its parameters in the network's one block, and
/// its gradients. The parameters themselves are passed in, so one layer serves a network, its snapshots and its trainers.
/// </summary>
/// <remarks>
/// A layer's delta is dL/da; for a layer with an activation dL/dz, so that the derivative can be part of the product that makes
/// it. Columns of a delta between the layer's size and whole panels are 0.
/// </remarks>
internal abstract unsafe class Layer
{
    /// <summary>
    /// Cache lines between rows that the L1 cache would map onto few of its 64 sets: a stride of 8 lines leaves 8 sets, and
    /// the transposed reads of dW evict one another.
    /// </summary>
    private const int BadStrideLines = 8;

    protected Layer(int inputSize, int outputSize, nint parameterOffset)
    {
        InputSize = inputSize;
        OutputSize = outputSize;
        PanelVectors = PanelLayout.PanelVectors(outputSize);
        Stride = StrideOf(PanelLayout.Padded(outputSize));
        WeightOffset = BiasOffset = BiasEnd = ActivationOffset = End = parameterOffset;
    }

    /// <summary>What it computes.</summary>
    public abstract LayerSpec Spec { get; }

    /// <summary>What its tensors' names begin with: <c>layers.0</c>.</summary>
    public string Name { get; set; } = "";

    public int InputSize { get; }

    public int OutputSize { get; }

    /// <summary>Vectors in a row of a panel of this layer's width.</summary>
    public int PanelVectors { get; }

    /// <summary>Floats between rows of this layer's activations and deltas in a workspace.</summary>
    public nint Stride { get; }

    /// <summary>The stage whose output is x; -1 is the network's input.</summary>
    public int Source { get; set; } = -1;

    /// <summary>The dense layer that this is, or else the last before it (0 where there is none): what messages name.</summary>
    public int Number { get; set; }

    /// <summary>Where the layer's parameters start in the block, weights first; all offsets are multiples of a cache line.</summary>
    public nint WeightOffset { get; protected init; }

    /// <summary>Where the weights end and what weight decay spares begins.</summary>
    public nint BiasOffset { get; protected init; }

    /// <summary>Where the biases that count end: behind the first where all are one.</summary>
    public nint BiasEnd { get; protected init; }

    /// <summary>Where the biases end in memory, and further constants begin.</summary>
    public nint ActivationOffset { get; protected init; }

    /// <summary>The first float after this layer's parameters.</summary>
    public nint End { get; protected init; }

    /// <summary>What the layer learns, in the order of the file.</summary>
    public virtual IReadOnlyList<ParameterTensor> Tensors => [];

    /// <summary>The stages whose outputs it takes.</summary>
    public virtual IReadOnlyList<int> Sources => [Source];

    /// <summary>Trainable numbers.</summary>
    public virtual int ParameterCount => 0;

    /// <summary>Whether the layer is a = x at prediction, so that prediction leaves it out.</summary>
    public virtual bool IsForTraining => false;

    /// <summary>Floats that the backward pass needs beside x and a, as the forward pass leaves them in z.</summary>
    public virtual nint KeptLength(nint rows) => 0;

    /// <summary>a &lt;- f(x) at prediction, nothing kept.</summary>
    public abstract void Forward(float* parameters, MatrixView x, MatrixView a, int threads);

    /// <summary>The same for one row from x to a, which may be padded.</summary>
    public abstract void ForwardRow(float* parameters, float* x, float* a, bool isPadded);

    /// <summary>a &lt;- f(x) in training; what the backward pass needs is kept in z (where it needs nothing, z is not touched).</summary>
    public abstract void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a);

    /// <summary>delta &lt;- dL/dz from dL/da, in place, where there is an activation; adds to the gradient of its learnable constants.</summary>
    public virtual void ApplyDerivative(float* parameters, float* gradients, MatrixView z, MatrixView a, MatrixView delta)
    {
    }

    /// <summary>delta &lt;- this layer's delta from that of the dense layer behind it.</summary>
    public virtual void PullDelta(
        float* parameters, float* gradients, DenseLayer next, MatrixView deltaNext, MatrixView z, MatrixView a, MatrixView delta, int threads)
    {
        next.InputProduct(parameters, deltaNext, delta, new Store(), threads);
        ApplyDerivative(parameters, gradients, z, a, delta);
    }

    /// <summary>deltaOfX &lt;- dL/dx of a layer that is not dense (<see cref="PullDelta"/> is that of one that is), after <see cref="ParameterGradient"/>.</summary>
    public virtual void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        throw new NotSupportedException("A dense layer's delta is pulled by the layer below.");

    /// <summary>Fills the gradients of a layer that is not dense.</summary>
    public virtual void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta)
    {
    }

    /// <summary>Moves running averages by what the forward pass of a batch kept in z.</summary>
    public virtual void UpdateStatistics(float* parameters, MatrixView z)
    {
    }

    /// <summary>Copies the parameters of the same layer in float32 into a block where this layer has its own place and format.</summary>
    public virtual void Convert(Layer source, float* from, float* to) =>
        Buffer.MemoryCopy(from + source.BiasOffset, to + BiasOffset, (End - BiasOffset) * sizeof(float), (End - BiasOffset) * sizeof(float));

    private static nint StrideOf(nint padded)
    {
        nint lines = AlignedBuffer.RoundUp(padded) / AlignedBuffer.AlignmentFloats;
        return (lines % BadStrideLines == 0 ? lines + 1 : lines) * AlignedBuffer.AlignmentFloats;
    }
}
