using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>
/// One layer of a network, a = f(x): its specification, its sizes, what it takes, its tensors, the place of its parameters in the network's one block, and
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
        WeightOffset = BiasOffset = End = parameterOffset;
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

    /// <summary>The layers whose outputs it takes; -1 is the network's input.</summary>
    public int[] Sources { get; set; } = [];

    /// <summary>Its number among the layers whose names begin alike; what is drawn at random depends on it.</summary>
    public int Index { get; set; }

    /// <summary>The dense layer that this is, or else the last before it (0 where there is none): what messages name.</summary>
    public int Number { get; set; }

    /// <summary>Where the layer's parameters start in the block, weights first; all offsets are multiples of a cache line.</summary>
    public nint WeightOffset { get; protected init; }

    /// <summary>Where the weights end and what weight decay spares begins.</summary>
    public nint BiasOffset { get; protected init; }

    /// <summary>The first float after this layer's parameters.</summary>
    public nint End { get; protected init; }

    /// <summary>What the layer learns, in the order of the file.</summary>
    public virtual IReadOnlyList<ParameterTensor> Tensors => [];

    /// <summary>Floats of running statistics, which lie behind all parameters of the network and are not trained.</summary>
    public virtual nint StatisticsLength => 0;

    /// <summary>Where the running statistics start in the block.</summary>
    public nint StatisticsOffset { get; set; }

    /// <summary>Trainable numbers.</summary>
    public virtual int ParameterCount => 0;

    /// <summary>Whether the layer is a = x at prediction, so that prediction leaves it out.</summary>
    public virtual bool IsForTraining => false;

    /// <summary>Whether outputs are 0 often, so that a row pays for looking.</summary>
    public virtual bool IsOftenZero => false;

    /// <summary>Floats that the backward pass needs beside x and a, as the forward pass leaves them in z.</summary>
    public virtual nint KeptLength(nint rows) => 0;

    /// <summary>Sets the first values of what it learns; the block holds zeros.</summary>
    /// <param name="block">The parameters.</param>
    /// <param name="seed">What random values are drawn from.</param>
    public virtual void Initialize(float* block, int seed)
    {
    }

    /// <summary>a &lt;- f(x, ...) at prediction, nothing kept.</summary>
    public abstract void Forward(float* parameters, ReadOnlySpan<MatrixView> x, MatrixView a, int threads);

    /// <summary>The same for one row to a, which may be padded.</summary>
    public abstract void ForwardRow(float* parameters, float** x, float* a, bool isPadded);

    /// <summary>a &lt;- f(x, ...) in training; what the backward pass needs is kept in z (where it needs nothing, z is not touched).</summary>
    public abstract void ForwardKeeping(in TrainingPass pass, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a);

    /// <summary>Fills the gradients.</summary>
    public virtual void ParameterGradient(in TrainingPass pass, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView delta)
    {
    }

    /// <summary>deltaOfX &lt;- dL/dx of one input, after <see cref="ParameterGradient"/>.</summary>
    public abstract void InputDelta(in TrainingPass pass, int input, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX);

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
