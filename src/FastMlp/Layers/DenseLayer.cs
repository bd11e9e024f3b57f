using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;
using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>z = x W^T + b, a = g(z).</summary>
/// <remarks>
/// W lies packed in the panels that the forward kernel reads (see <see cref="Packing"/>), for good; b as one value for each
/// unit, also where it is shared (all equal) or absent (all 0), padded to whole panels with zeros.
/// </remarks>
internal abstract unsafe class DenseLayer : SingleInputLayer
{
    protected DenseLayer(int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage)
        : base(inputSize, spec.Units, parameterOffset)
    {
        Spec = spec;
        IsDot = Routes.IsDot(OutputSize);
        PanelWidth = IsDot ? 1 : PanelLayout.PanelWidth(OutputSize);
        nint padded = PanelLayout.Padded(OutputSize);
        format = storage.Format;

        // Narrow panels keep their rounded weights in float32: they are small, and a row of 16-bit pairs would fill half a vector.
        isBFloat16 = format == WeightFormat.BFloat16 && PanelVectors == 2;
        WeightRow = isBFloat16 ? PanelWidth / 2 : PanelWidth;
        KBlock = Routes.KBlock(inputSize);
        WeightLength = AlignedBuffer.RoundUp(IsDot ? inputSize : padded / PanelWidth * WeightRow * inputSize);
        HasRows = storage.MayHaveRows && !IsDot && Routes.IsSearched(inputSize, OutputSize);
        Row = new RowShape(
            inputSize, OutputSize, PanelVectors, PanelLayout.Vectors(padded), inputSize * WeightRow, KBlock, isBFloat16, rowsOffset: HasRows ? WeightLength : 0);
        BiasOffset = WeightOffset + ((HasRows ? 2 : 1) * WeightLength);
        ActivationOffset = BiasOffset + AlignedBuffer.RoundUp(padded);
        End = ActivationOffset + AlignedBuffer.RoundUp(ActivationParameterCount);
    }

    /// <summary>2^126, which no sum of a gradient may pass: twice as much is still a float.</summary>
    private const double MaxSum = 8.5e37;

    /// <summary>2^102: half the distance from the largest float to the next smaller one is 2^103.</summary>
    private const double MaxStep = 5.07e30;

    private readonly WeightFormat format;
    private readonly bool isBFloat16;

    public override DenseSpec Spec { get; }

    public override bool IsOftenZero => Spec.Activation.IsOftenZero;

    /// <summary>Where the biases end in memory, and learnable constants begin.</summary>
    public nint ActivationOffset { get; }

    /// <summary>Whether there is one unit, whose W is a row of weights as it stands (panels of one column) and whose products are <see cref="Dot"/>'s.</summary>
    public bool IsDot { get; }

    /// <summary>
    /// Whether the layer has a forward pass over rows on their side with the bits of the others: one chain over k, weights in float32, g
    /// elementwise. One unit has no panels and another order.
    /// </summary>
    public bool CanGoSideways => IsElementwise && !IsDot && !isBFloat16 && KBlock >= InputSize;

    /// <summary>Whether g looks at one unit of one row alone.</summary>
    public virtual bool IsElementwise => true;

    /// <summary>What the cost of a way through it hangs on.</summary>
    public LayerShape Shape => new(InputSize, OutputSize, Stride, !IsActivationCheap);

    /// <summary>Whether g is part of the product's store, not a pass over the rows with their padding.</summary>
    public abstract bool IsActivationCheap { get; }

    /// <summary>Floats that a row of a panel of W takes: Nr, or half of it where weights are bfloat16.</summary>
    private nint WeightRow { get; }

    /// <summary>Nr of the packed weights.</summary>
    public nint PanelWidth { get; }

    /// <summary>Steps of k in one chain of the forward product.</summary>
    public nint KBlock { get; }

    /// <summary>The forward product for one row.</summary>
    protected readonly RowShape Row;

    /// <summary>Whether W stands once more behind its panels, as <see cref="WeightRows"/> reads it.</summary>
    public bool HasRows { get; }

    /// <summary>Floats that W takes in panels, padding included.</summary>
    public nint WeightLength { get; }

    public int BiasLength => Spec.Bias switch { Bias.PerUnit => OutputSize, Bias.Shared => 1, _ => 0 };

    public int ActivationParameterCount => Spec.Activation.ParameterCount;

    public override IReadOnlyList<ParameterTensor> Tensors
    {
        get
        {
            List<ParameterTensor> tensors = [new($"{Name}.weight", [OutputSize, InputSize], TensorRole.Weight, WeightOffset, BiasOffset - WeightOffset) { PanelWidth = PanelWidth }];
            if (Spec.Bias != Bias.None)
            {
                tensors.Add(new($"{Name}.bias", [BiasLength], TensorRole.Bias, BiasOffset, Spec.Bias == Bias.Shared ? 1 : ActivationOffset - BiasOffset) { Copies = OutputSize / BiasLength });
            }

            tensors.AddRange(Spec.Activation.LearnableNames.Select(
                (name, i) => new ParameterTensor($"{Name}.activation.{name}", [1], TensorRole.ActivationConstant, ActivationOffset + i, i + 1 < ActivationParameterCount ? 1 : End - ActivationOffset - i)));
            return tensors;
        }
    }

    public override int ParameterCount => checked((OutputSize * InputSize) + BiasLength + ActivationParameterCount);

    /// <summary>Whether the backward pass reads z, so that training keeps it.</summary>
    public abstract bool KeepsPreActivation { get; }

    /// <summary>Whether g' is part of the store of the product that makes the delta.</summary>
    public abstract bool FusesDerivative { get; }

    public override nint KeptLength(nint rows) => KeepsPreActivation ? rows * Stride : 0;

    /// <summary>z &lt;- x W^T + b, for outputs whose loss is taken from z.</summary>
    public void ForwardLinear(float* parameters, MatrixView x, MatrixView z, int threads) =>
        Forward(default(IdentityActivation), parameters, x, z, threads);

    /// <summary>The same for one row.</summary>
    public void ForwardLinearRow(float* parameters, float* x, float* z, bool isPadded) =>
        ForwardRow(default(IdentityActivation), parameters, x, z, isPadded);

    /// <summary>a [n, stride] &lt;- g(W x + b), x [k, stride]: rows on their side, a row in each lane.</summary>
    public abstract void ForwardSideways(float* parameters, float* x, float* a, nint stride);

    /// <summary>z &lt;- W x + b, the same for outputs whose loss is taken from z.</summary>
    public void ForwardLinearSideways(float* parameters, float* x, float* z, nint stride) =>
        ForwardSideways(default(IdentityActivation), parameters, x, z, stride);

    /// <summary>The same in training: z is kept where the backward pass needs it (else it is not touched).</summary>
    public abstract void ForwardKeepingSideways(float* parameters, float* x, float* z, float* a, nint stride);

    /// <summary>delta &lt;- this layer's delta from that of the dense layer behind it, rows on their side.</summary>
    public abstract void PullDeltaSideways(float* parameters, float* gradients, DenseLayer next, float* deltaNext, float* z, float* a, float* delta, nint stride);

    /// <summary>dX &lt;- epilogue(W^T delta), rows on their side.</summary>
    public void InputProductSideways<TEpilogue>(float* parameters, float* delta, float* dX, nint stride, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue =>
        Sideways.InputProduct(delta, parameters + WeightOffset, PanelWidth, dX, InputSize, OutputSize, stride, epilogue);

    /// <summary>dW and db from the sums that <see cref="SidewaysGradient"/> keeps.</summary>
    public void GradientSideways(float* gradients, float* sums)
    {
        SidewaysGradient.Finish(sums, InputSize, OutputSize, gradients + WeightOffset, PanelWidth, gradients + BiasOffset);
        ShareBias(gradients + BiasOffset);
    }

    /// <summary>dW &lt;- delta^T x and db &lt;- the sum of delta's rows (of all its elements where b is shared), into <paramref name="gradients"/>.</summary>
    public void Gradient(float* gradients, MatrixView x, MatrixView delta, int threads)
    {
        WeightGradient(gradients + WeightOffset, x, delta, new Store(), threads);
        BiasGradient(gradients, delta);
    }

    /// <summary>
    /// W &lt;- W - rate delta^T x without dW in between; false, with nothing done, where a new weight might not be finite.
    /// Needs a batch of one block of k (<see cref="FitsOneBlock"/>).
    /// </summary>
    public bool TryDescend(float* parameters, MatrixView x, MatrixView delta, float rate, int threads)
    {
        bool isSafe = StaysWithin(x, delta, rate);
        if (isSafe)
        {
            WeightGradient(parameters + WeightOffset, x, delta, new Descend(rate), threads);
        }

        return isSafe;
    }

    /// <summary>Whether no weight can leave the range of a float by such a step, so that none need be looked at as it is stored.</summary>
    /// <remarks>
    /// An element of dW, and every partial sum of it, is at most |x| |delta| (Cauchy and Schwarz; the norms of the whole matrices). Where rate
    /// times that is below half the distance between the largest floats, a finite weight stays finite.
    /// A NaN or an infinity makes its norm one, and the answer no. A square that underflows is of a value below 3e-23, whose products with
    /// anything of a finite norm add up to less than 1 over a block of k: hence the 1. The rounding of the norms is far within the other half.
    /// Looking at the new weights themselves would cost each tile some 15 cycles.
    /// </remarks>
    private static bool StaysWithin(MatrixView x, MatrixView delta, float rate)
    {
        double bound = Math.Sqrt((double)SquaredNorm(x) * SquaredNorm(delta));
        return bound <= MaxSum && rate >= 0 && rate * Math.Max(bound, 1) <= MaxStep;
    }

    /// <summary>The sum of all squares; padding that may be read is taken along.</summary>
    private static float SquaredNorm(MatrixView m)
    {
        if (m.IsPadded || m.Stride == m.Columns)
        {
            return Reductions.SumOfSquares(m.Pointer, ((m.Rows - 1) * m.Stride) + m.Columns);
        }

        float sum = 0;
        for (nint row = 0; row < m.Rows; row++)
        {
            float* x = m.Pointer + (row * m.Stride);
            sum += Reductions.SumOfSquares(x, m.Columns);
        }

        return sum;
    }

    /// <summary>Whether dW over so many rows is finished in one pass over C.</summary>
    public static bool FitsOneBlock(nint rows) => Routes.KBlock(rows) >= rows;

    /// <summary>db alone.</summary>
    public void BiasGradient(float* gradients, MatrixView delta)
    {
        if (Spec.Bias == Bias.None)
        {
            return;
        }

        float* bias = gradients + BiasOffset;
        Reductions.SumRows(delta.Pointer, (int)delta.Rows, OutputSize, delta.Stride, bias);
        ShareBias(bias);
    }

    /// <summary>From the gradient of each unit's bias to those of the biases that there are.</summary>
    private void ShareBias(float* bias)
    {
        if (Spec.Bias != Bias.PerUnit)
        {
            new Span<float>(bias, OutputSize).Fill(Spec.Bias == Bias.Shared ? Reductions.Sum(bias, OutputSize) : 0);
        }
    }

    /// <summary>C &lt;- epilogue(delta^T x), C laid out like W.</summary>
    private void WeightGradient<TEpilogue>(float* c, MatrixView x, MatrixView delta, TEpilogue epilogue, int threads)
        where TEpilogue : unmanaged, IEpilogue
    {
        if (IsDot)
        {
            Dot.Gradient(epilogue, x.Pointer, delta.Pointer, c, x.Rows, InputSize, x.Stride, delta.Stride);
            return;
        }

        GemmArguments arguments = new()
        {
            M = InputSize,
            N = OutputSize,
            K = delta.Rows,
            A = x.Pointer,
            ARowStride = 1,
            AColumnStride = x.Stride,
            B = delta.Pointer,
            BPanelStride = PanelWidth,
            BRowStride = delta.Stride,
            C = c,
            CRowStride = PanelWidth,
            CPanelStride = InputSize * PanelWidth,
            PanelVectors = PanelVectors,
            KBlock = Routes.KBlock(delta.Rows),
        };
        Gemm.Multiply(in arguments, epilogue, threads);
    }

    /// <summary>dX &lt;- epilogue(delta W), dX laid out like the output of the layer that x comes from.</summary>
    public void InputProduct<TEpilogue>(float* parameters, MatrixView delta, MatrixView dX, TEpilogue epilogue, int threads)
        where TEpilogue : unmanaged, IEpilogue
    {
        GemmArguments arguments = new()
        {
            M = delta.Rows,
            N = InputSize,
            K = OutputSize,
            A = delta.Pointer,
            ARowStride = delta.Stride,
            AColumnStride = 1,
            B = parameters + WeightOffset,
            BPanelStride = InputSize * PanelWidth,
            BRowStride = PanelWidth,
            BForm = PanelForm.Transposed,
            C = dX.Pointer,
            CRowStride = dX.Stride,
            CPanelStride = PanelLayout.PanelWidth(InputSize),
            PanelVectors = PanelLayout.PanelVectors(InputSize),
            KBlock = Routes.KBlock(OutputSize),
        };
        Gemm.Multiply(in arguments, epilogue, threads);
    }

    public void SetWeight(float* block, float* weight) => Packing.Pack(weight, OutputSize, InputSize, PanelWidth, block + WeightOffset);

    /// <summary>W from the seed, constants of the activation as they were given, b = 0.</summary>
    public override void Initialize(float* block, int seed)
    {
        using SpanOwner<float> weight = SpanOwner<float>.Allocate(OutputSize * InputSize, AllocationMode.Clear);
        Initialization.Fill(weight.Span, Spec.Initializer, InputSize, OutputSize, seed, Index);
        fixed (float* source = weight.Span)
        {
            SetWeight(block, source);
        }

        for (int i = 0; i < ActivationParameterCount; i++)
        {
            block[ActivationOffset + i] = Spec.Activation.Constants[i];
        }
    }

    public override void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta) => Gradient(pass.Gradients, x, delta, pass.Threads);

    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        InputProduct(pass.Parameters, delta, deltaOfX, new Store(), pass.Threads);

    public override void Convert(Layer source, float* from, float* to)
    {
        nint length = source.BiasOffset - source.WeightOffset;
        float* weight = from + source.WeightOffset;
        if (format == WeightFormat.Float32)
        {
            Buffer.MemoryCopy(weight, to + WeightOffset, WeightLength * sizeof(float), WeightLength * sizeof(float));
        }
        else if (isBFloat16)
        {
            BFloat16.Pack(weight, length / PanelWidth, PanelWidth / 2, to + WeightOffset);
        }
        else
        {
            BFloat16.Round(weight, length, to + WeightOffset);
        }

        if (HasRows)
        {
            float* panels = to + WeightOffset;
            WeightRows.Copy(panels, InputSize, WeightRow, Row.RowStride, panels + Row.RowsOffset);
        }

        base.Convert(source, from, to);
    }

    /// <summary>a &lt;- g(x W^T + b), g in the store of the product.</summary>
    protected void Forward<TActivation>(TActivation g, float* parameters, MatrixView x, MatrixView a, int threads)
        where TActivation : unmanaged, IActivation
    {
        if (IsDot)
        {
            ForwardDot(g, parameters, x, a);
            return;
        }

        GemmArguments arguments = new()
        {
            M = x.Rows,
            N = OutputSize,
            K = InputSize,
            A = x.Pointer,
            ARowStride = x.Stride,
            AColumnStride = 1,
            B = parameters + WeightOffset,
            BPanelStride = InputSize * WeightRow,
            BRowStride = WeightRow,
            BForm = isBFloat16 ? PanelForm.BFloat16 : PanelForm.Panels,
            C = a.Pointer,
            CRowStride = a.Stride,
            CPanelStride = PanelWidth,
            PanelVectors = PanelVectors,
            KBlock = KBlock,
        };
        Gemm.Multiply(in arguments, new BiasActivate<TActivation>(g, parameters + BiasOffset), threads);
    }

    /// <summary>The same of one unit.</summary>
    protected void ForwardDot<TActivation>(TActivation g, float* parameters, MatrixView x, MatrixView a)
        where TActivation : unmanaged, IActivation =>
        Dot.Forward(g, x.Pointer, parameters + WeightOffset, parameters[BiasOffset], a.Pointer, x.Rows, InputSize, x.Stride, a.Stride);

    /// <summary>a &lt;- g(W x + b) over rows on their side.</summary>
    protected void ForwardSideways<TActivation>(TActivation g, float* parameters, float* x, float* a, nint stride)
        where TActivation : unmanaged, IActivation =>
        Sideways.Forward(g, x, parameters + WeightOffset, PanelWidth, parameters + BiasOffset, a, InputSize, OutputSize, stride);

    /// <summary>The same for one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void ForwardRow<TActivation>(TActivation g, float* parameters, float* x, float* a, bool isPadded)
        where TActivation : unmanaged, IActivation
    {
        if (IsDot)
        {
            Dot.Forward(g, x, parameters + WeightOffset, parameters[BiasOffset], a, 1, InputSize, InputSize, 1);
            return;
        }

        RowProduct.Multiply(in Row, x, parameters + WeightOffset, a, isPadded, new BiasActivate<TActivation>(g, parameters + BiasOffset));
    }
}
