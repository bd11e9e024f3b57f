using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Training;

/// <summary>
/// Forward, loss and backward of a narrow network over rows on their side, a row in each lane: every block of rows is turned, goes
/// through all layers and back while it is in cache, and adds to the sums of all gradients.
/// </summary>
/// <remarks>
/// Outputs are turned back for the loss, which is taken row by row as everywhere, and its delta is turned again. The gradients are sums
/// over the rows, each times its weight; who runs the pass divides by the sum of the weights.
/// </remarks>
internal sealed unsafe class SidewaysPass : BlockPass
{
    private readonly LayerStack stack;
    private readonly DenseLayer[] layers;
    private readonly LossFunction loss;
    private readonly nint block;
    private readonly AlignedBuffer buffer;
    private readonly float* x;
    private readonly nint[] z;
    private readonly nint[] a;
    private readonly nint[] sums;
    private readonly float* even;
    private readonly float* odd;
    private readonly float* delta;
    private readonly nint sumsBegin;
    private readonly nint sumsLength;
    private readonly LossScratch scratch;

    public SidewaysPass(LayerStack stack, LossFunction loss)
    {
        this.stack = stack;
        this.loss = loss;
        layers = stack.Dense;
        block = BlockRows(stack);
        nint offset = 0;
        nint turned = Take(Room(stack.InputSize));
        nint widest = 0;
        z = new nint[layers.Length];
        a = new nint[layers.Length];
        sums = new nint[layers.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            nint room = Room(layers[i].OutputSize);
            a[i] = Take(room);
            z[i] = layers[i].KeepsPreActivation ? Take(room) : a[i];
            widest = Math.Max(widest, room);
        }

        nint evenBegin = Take(widest), oddBegin = Take(widest);
        nint outputs = stack.OutputSize * block;
        nint deltaBegin = Take(outputs), values = Take(outputs), rowLoss = Take(block), rowWeights = Take(block), labels = Take(block);
        sumsBegin = offset;
        for (int i = 0; i < layers.Length; i++)
        {
            sums[i] = Take(SidewaysGradient.Length(layers[i].InputSize, layers[i].OutputSize));
        }

        sumsLength = offset - sumsBegin;
        buffer = new AlignedBuffer(offset);
        x = buffer.Pointer + turned;
        even = buffer.Pointer + evenBegin;
        odd = buffer.Pointer + oddBegin;
        delta = buffer.Pointer + deltaBegin;
        scratch = new LossScratch(buffer.Pointer + values, buffer.Pointer + rowLoss, buffer.Pointer + rowWeights, buffer.Pointer + labels);

        nint Take(nint floats)
        {
            nint start = offset;
            offset += AlignedBuffer.RoundUp(floats);
            return start;
        }

        // Turning goes by whole blocks of columns.
        nint Room(nint columns) => ((columns + Columns.Block - 1) & -Columns.Block) * Stride(block);
    }

    /// <summary>Rows from which on a network gains by going on its side in training; <see cref="nint.MaxValue"/> if it never does, or cannot.</summary>
    public static nint FewestRows(LayerStack stack, LossFunction loss)
    {
        if (stack.Layers.Length != stack.Dense.Length || stack.WidestColumns > Routes.MaxSidewaysColumns)
        {
            return nint.MaxValue;
        }

        LayerShape[] shapes = new LayerShape[stack.Dense.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            DenseLayer layer = stack.Dense[i];
            bool isLinear = layer == stack.Output && loss.TakesLogits;
            if (layer.ActivationParameterCount > 0 || !(layer.IsElementwise || isLinear))
            {
                return nint.MaxValue;
            }

            shapes[i] = layer.Shape;
        }

        return Routes.FewestSidewaysRows(shapes, Isa.Width, isTraining: true, loss.TakesLogits);
    }

    /// <summary>Rows in a block.</summary>
    public static nint BlockRows(LayerStack stack)
    {
        nint floats = stack.InputSize;
        foreach (DenseLayer layer in stack.Dense)
        {
            // Activation and delta, and what is kept for the derivative.
            floats += (layer.KeepsPreActivation ? 3 : 2) * layer.OutputSize;
        }

        return Routes.SidewaysBlockRows(floats);
    }


    public override double SumGradients(float* parameters, float* gradients, MatrixView rows, Targets targets, MatrixView outputs)
    {
        new Span<float>(buffer.Pointer + sumsBegin, (int)sumsLength).Clear();
        Weight = 0;
        FirstLayerNotFinite = -1;
        double sum = 0;
        for (nint row = 0; row < rows.Rows; row += block)
        {
            nint left = rows.Rows - row;
            nint count = Math.Min(left, block);
            nint stride = Stride(count);
            Sideways.Load(rows.Pointer + (row * rows.Stride), rows.Stride, count, stack.InputSize, x, stride, left);
            Forward(parameters, stride);
            double part = Loss(parameters, gradients, targets.Slice(row, loss.TargetSize), outputs.Slice(row, count), left, stride);
            sum += part;
            if (!double.IsFinite(part) && FirstLayerNotFinite < 0)
            {
                FirstLayerNotFinite = NotFinite(stride);
            }

            Backward(parameters, gradients, stride);
        }

        for (int i = 0; i < layers.Length; i++)
        {
            layers[i].GradientSideways(gradients, buffer.Pointer + sums[i]);
        }

        return sum;
    }

    public override void Dispose() => buffer.Dispose();

    private void Forward(float* parameters, nint stride)
    {
        float* input = x;
        for (int i = 0; i < layers.Length; i++)
        {
            float* output = buffer.Pointer + a[i];
            if (i == layers.Length - 1 && loss.TakesLogits)
            {
                layers[i].ForwardLinearSideways(parameters, input, output, stride);
            }
            else
            {
                layers[i].ForwardKeepingSideways(parameters, input, buffer.Pointer + z[i], output, stride);
            }

            input = output;
        }
    }

    /// <summary>The loss of a block, its outputs, and the output layer's delta.</summary>
    private double Loss(float* parameters, float* gradients, Targets targets, MatrixView outputs, nint left, nint stride)
    {
        int last = layers.Length - 1;
        int n = stack.OutputSize;
        Sideways.Store(buffer.Pointer + a[last], stride, outputs.Rows, n, outputs.Pointer, n, left);
        double sum = loss.EvaluateSum(outputs, MatrixView.Dense(delta, outputs.Rows, n), targets, scratch);
        Weight += loss.Weight;
        float* turned = Delta(last);
        Sideways.Load(delta, n, outputs.Rows, n, turned, stride, outputs.Rows);
        if (loss.LeavesDerivative)
        {
            layers[last].ApplyDerivative(parameters, gradients, Side(z[last], n, stride), Side(a[last], n, stride), new((nint)turned, n, stride, stride, IsPadded: true));
        }

        return sum;
    }

    private void Backward(float* parameters, float* gradients, nint stride)
    {
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            float* d = Delta(i);
            SidewaysGradient.Add(d, i == 0 ? x : buffer.Pointer + a[i - 1], buffer.Pointer + sums[i], layers[i].InputSize, layers[i].OutputSize, stride);
            if (i > 0)
            {
                layers[i - 1].PullDeltaSideways(parameters, gradients, layers[i], d, buffer.Pointer + z[i - 1], buffer.Pointer + a[i - 1], Delta(i - 1), stride);
            }
        }
    }

    private static nint Stride(nint rows) => PanelLayout.Vectors(rows) * Isa.Width;

    private int NotFinite(nint stride)
    {
        for (int i = 0; i < layers.Length; i++)
        {
            if (!Reductions.AllFinite(buffer.Pointer + a[i], layers[i].OutputSize * stride))
            {
                return i;
            }
        }

        return -1;
    }

    private float* Delta(int layer) => (layer & 1) == 0 ? even : odd;

    private MatrixView Side(nint offset, nint n, nint stride) => new((nint)(buffer.Pointer + offset), n, stride, stride, IsPadded: true);
}
