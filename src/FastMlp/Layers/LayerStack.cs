using System.Runtime.InteropServices;
using FastMlp.Kernels;
using FastMlp.Memory;
using FastMlp.Threading;

namespace FastMlp.Layers;

/// <summary>The layers of a network in order, the size of their one parameter block, and the forward pass for prediction.</summary>
internal sealed unsafe class LayerStack
{
    private readonly nint widest;
    private readonly int firstTrained;
    private readonly Graph graph;

    // Of the graph, but one step nearer: a prediction of one row takes some 50 ns. A chain's layers all take one output.
    private readonly Layer[] layers;
    private readonly SingleInputLayer[] chain;
    private readonly int slots;

    // Whether batches go through all layers on their side.
    private readonly bool goesSideways;

    public LayerStack(int inputSize, ReadOnlySpan<LayerSpec> specs, WeightFormat? frozen = null)
    {
        Specs = specs.ToArray();
        graph = new Graph(inputSize, Specs, frozen);
        Dense = [.. Layers.OfType<DenseLayer>()];
        Trained = [.. Layers.Where(layer => layer.End > layer.WeightOffset)];
        Output = Layers[^1] as DenseLayer ?? throw new ArgumentException("The last layer must be dense.", nameof(specs));
        IsChain = graph.IsChain;
        firstTrained = Array.IndexOf(Layers, Trained[0]);
        layers = graph.Prediction;
        chain = IsChain ? Array.ConvertAll(layers, layer => (SingleInputLayer)layer) : [];
        slots = graph.SlotCount;
        nint inputWidth = inputSize;
        nint widestPass = 0;
        long count = 0;
        foreach (Layer layer in layers)
        {
            widest = Math.Max(widest, layer.Stride);
            widestPass = Math.Max(widestPass, inputWidth + layer.Stride);
            inputWidth = layer.Stride;
            long weights = (long)layer.InputSize * layer.OutputSize;
            if (layer is DenseLayer && weights > int.MaxValue - layer.OutputSize - 2)
            {
                throw new ArgumentException($"A dense layer of {layer.OutputSize} units with {layer.InputSize} inputs has {weights} weights; a network holds at most {int.MaxValue} parameters.", nameof(specs));
            }

            count += layer.ParameterCount;
        }

        // Memory is addressed by spans, whose lengths are int.
        if (Math.Max(count, ParameterLength) > int.MaxValue)
        {
            throw new ArgumentException($"The layers have {count} parameters, {ParameterLength} with padding; a network holds at most {int.MaxValue}.", nameof(specs));
        }

        ParameterCount = (int)count;

        NeedsPadding = Routes.PadsOutputs(OutputSize, PanelLayout.Lanes);
        WidestColumns = (Math.Max(inputSize, layers.Max(layer => layer.OutputSize)) + Columns.Block - 1) & -Columns.Block;
        goesSideways = IsChain && WidestColumns <= Routes.MaxSidewaysColumns && layers.All(layer => layer is DenseLayer { CanGoSideways: true })
            && Routes.FewestSidewaysRows([.. layers.Select(layer => ((DenseLayer)layer).Shape)], PanelLayout.Lanes, isTraining: false, endsLinear: false) < nint.MaxValue;
        RowBlock = Routes.NetworkRowBlock(widestPass);
    }

    public int InputSize => graph.InputSize;

    public int OutputSize => Output.OutputSize;

    /// <summary>What the stack was made from.</summary>
    public LayerSpec[] Specs { get; }

    /// <summary>All layers in order of computation.</summary>
    public Layer[] Layers => graph.Layers;

    /// <summary>The dense ones among them.</summary>
    public DenseLayer[] Dense { get; }

    /// <summary>Those that have parameters.</summary>
    public Layer[] Trained { get; }

    /// <summary>All tensors in the order of the file.</summary>
    public IReadOnlyList<ParameterTensor> Tensors => graph.Tensors;

    /// <summary>The last layer.</summary>
    public DenseLayer Output { get; }

    /// <summary>Whether each layer takes the one before it, and nothing else.</summary>
    public bool IsChain { get; }

    /// <summary>Floats in the parameter block, padding and running statistics included.</summary>
    public nint ParameterLength => graph.ParameterLength;

    /// <summary>Floats up to the statistics, which no optimizer touches.</summary>
    public nint TrainedLength => graph.TrainedLength;

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount { get; }

    /// <summary>The columns that the widest of x and the layers takes on its side.</summary>
    public nint WidestColumns { get; }

    /// <summary>Rows that are carried through all layers before the next rows start.</summary>
    public nint RowBlock { get; }

    /// <summary>Whether rows of outputs end inside a vector: they are made with padding and copied, which costs less than stores of part of a vector.</summary>
    private bool NeedsPadding { get; }

    /// <summary>Floats of scratch that a forward pass needs for so many rows.</summary>
    public nint WorkspaceLength(nint rows)
    {
        nint upright = slots * Math.Min(rows, RowBlock) * widest;
        return GoesSideways(rows) ? Math.Max(upright, AlignedBuffer.AlignmentFloats + (2 * WidestColumns * Sideways.Stride(rows))) : upright;
    }

    /// <summary>The same for any number of rows.</summary>
    public nint MaxWorkspaceLength => WorkspaceLength(Math.Max(RowBlock, Routes.SidewaysRows));

    /// <summary>Whether the delta of a layer leads to any gradient: whether something that is trained lies there or below.</summary>
    public bool NeedsDelta(int layer) => layer >= firstTrained;

    /// <inheritdoc cref="Graph.MostSources"/>
    public int MostSources => graph.MostSources;

    /// <inheritdoc cref="Graph.FirstUse"/>
    public int FirstUse(int layer) => graph.FirstUse(layer);

    /// <inheritdoc cref="Graph.LastUse"/>
    public int LastUse(int layer) => graph.LastUse(layer);

    /// <summary>The same layers to predict only, with weights in a format.</summary>
    public LayerStack Frozen(WeightFormat format) => new(InputSize, Specs, format);

    /// <summary>A block of this stack's with the parameters of <paramref name="source"/>, the same layers in float32.</summary>
    public AlignedBuffer Convert(LayerStack source, AlignedBuffer parameters)
    {
        AlignedBuffer converted = new(ParameterLength);
        for (int i = 0; i < Layers.Length; i++)
        {
            Layers[i].Convert(source.Layers[i], parameters.Pointer, converted.Pointer);
        }

        GC.KeepAlive(parameters);
        return converted;
    }

    /// <summary>
    /// y [rows, outputSize] &lt;- the network of x [rows, inputSize]; block by block of rows on this thread. Linear outputs are
    /// z of the last layer, for losses that are taken from z.
    /// </summary>
    public void Forward(float* parameters, MatrixView x, MatrixView y, float* workspace, bool linearOutput = false)
    {
        if (GoesSideways(x.Rows))
        {
            ForwardSideways(parameters, x, y, workspace, linearOutput);
            return;
        }

        nint block = Routes.IsOneProduct(layers.Length, Output.IsActivationCheap, NeedsPadding) ? x.Rows : RowBlock;
        nint slot = Math.Min(x.Rows, block) * widest;
        Span<MatrixView> inputs = stackalloc MatrixView[graph.MostSources];
        for (nint row = 0; row < x.Rows; row += block)
        {
            nint count = Math.Min(block, x.Rows - row);
            MatrixView rows = x.Slice(row, count);
            MatrixView input = rows;
            for (int i = 0; i < layers.Length; i++)
            {
                bool isLast = i == layers.Length - 1;
                MatrixView output = isLast && !NeedsPadding ? y.Slice(row, count) : Value(i, count, workspace, slot);
                int[] sources = graph.PredictionSources[i];
                for (int k = 0; k < sources.Length; k++)
                {
                    inputs[k] = IsChain ? input : sources[k] < 0 ? rows : Value(sources[k], count, workspace, slot);
                }

                if (isLast && linearOutput)
                {
                    Output.ForwardLinear(parameters, inputs[0], output, threads: 1);
                }
                else
                {
                    layers[i].Forward(parameters, inputs[..sources.Length], output, threads: 1);
                }

                input = output;
            }

            if (NeedsPadding)
            {
                Rows.Copy(input.Pointer, input.Stride, y.Pointer + (row * y.Stride), y.Stride, count, OutputSize);
            }
        }
    }

    /// <summary>Whether so many rows are turned on their side: in one vector of rows, multiply-adds wait for one another (30-48-3 took up to a third longer).</summary>
    public bool GoesSideways(nint rows) => goesSideways && PanelLayout.Vectors(rows) > 1;

    /// <summary>The forward pass over rows on their side: each block is turned, carried through all layers and turned back.</summary>
    private void ForwardSideways(float* parameters, MatrixView x, MatrixView y, float* workspace, bool linearOutput)
    {
        // Scratch on the stack begins anywhere; a vector across two cache lines costs twice.
        float* first = (float*)(((nint)workspace + AlignedBuffer.Alignment - 1) & -AlignedBuffer.Alignment);
        float* second = first + (WidestColumns * Sideways.Stride(x.Rows));
        for (nint row = 0; row < x.Rows; row += Routes.SidewaysRows)
        {
            nint left = x.Rows - row;
            nint count = Math.Min(left, Routes.SidewaysRows);
            nint stride = Sideways.Stride(count);
            float* input = first, output = second;
            Sideways.Load(x.Pointer + (row * x.Stride), x.Stride, count, InputSize, input, stride, left);
            for (int i = 0; i < layers.Length; i++)
            {
                if (linearOutput && i == layers.Length - 1)
                {
                    Output.ForwardLinearSideways(parameters, input, output, stride);
                }
                else
                {
                    ((DenseLayer)layers[i]).ForwardSideways(parameters, input, output, stride);
                }

                float* next = output;
                output = input;
                input = next;
            }

            Sideways.Store(input, stride, count, OutputSize, y.Pointer + (row * y.Stride), y.Stride, left);
        }
    }

    /// <summary>The same for one row.</summary>
    public void ForwardRow(float* parameters, float* x, float* y, float* workspace)
    {
        if (!IsChain)
        {
            ForwardRowOfGraph(parameters, x, y, workspace);
            return;
        }

        SingleInputLayer[] row = chain;
        int last = row.Length - 1;
        float* output = workspace, other = workspace + widest;
        for (int i = 0; i < last; i++)
        {
            row[i].ForwardRow(parameters, x, output, isPadded: true);
            x = output;
            output = other;
            other = x;
        }

        row[last].ForwardRow(parameters, x, y, isPadded: false);
    }

    /// <summary>The same on up to <paramref name="threads"/> threads, each with its own part of the workspace: threads times <see cref="WorkspaceLength"/>.</summary>
    public void Forward(float* parameters, MatrixView x, MatrixView y, float* workspace, int threads, bool linearOutput)
    {
        using GCHandle<LayerStack> self = new(this);
        threads = Math.Min(threads, Shares.MostParts);
        nint unit = Routes.RowsAtATime(x.Rows, RowBlock, threads);
        nint units = (x.Rows + unit - 1) / unit;
        long* memory = stackalloc long[Shares.Length(threads)];
        ParallelForward whole = new()
        {
            Stack = self,
            Parameters = parameters,
            X = x,
            Y = y,
            Workspace = workspace,
            LinearOutput = linearOutput,
            Unit = unit,
            Shares = new Shares(memory, threads, units, units / (Routes.SharesOfThread * threads)),
        };
        WorkerPool.Shared.ForkJoin(threads, &ForwardPart, &whole);
    }

    /// <summary>One row where outputs are used more than once.</summary>
    private void ForwardRowOfGraph(float* parameters, float* x, float* y, float* workspace)
    {
        float** inputs = stackalloc float*[graph.MostSources];
        for (int i = 0; i < layers.Length; i++)
        {
            int[] sources = graph.PredictionSources[i];
            for (int k = 0; k < sources.Length; k++)
            {
                inputs[k] = sources[k] < 0 ? x : workspace + (graph.PredictionSlots[sources[k]] * widest);
            }

            bool isLast = i == layers.Length - 1;
            layers[i].ForwardRow(parameters, inputs, isLast ? y : workspace + (graph.PredictionSlots[i] * widest), isPadded: !isLast);
        }
    }

    private MatrixView Value(int layer, nint rows, float* workspace, nint slot) =>
        new((nint)(workspace + (graph.PredictionSlots[layer] * slot)), rows, layers[layer].OutputSize, layers[layer].Stride, IsPadded: true);

    private static void ForwardPart(void* context, int part, int parts)
    {
        ParallelForward* whole = (ParallelForward*)context;
        LayerStack stack = whole->Stack.Target;
        float* workspace = whole->Workspace + (part * stack.WorkspaceLength(whole->X.Rows));
        while (whole->Shares.Take(part, out nint first, out nint last))
        {
            nint begin = first * whole->Unit;
            nint rows = Math.Min(last * whole->Unit, whole->X.Rows) - begin;
            stack.Forward(whole->Parameters, whole->X.Slice(begin, rows), whole->Y.Slice(begin, rows), workspace, whole->LinearOutput);
        }
    }

    private struct ParallelForward
    {
        public GCHandle<LayerStack> Stack;
        public float* Parameters;
        public MatrixView X;
        public MatrixView Y;
        public float* Workspace;
        public bool LinearOutput;
        public nint Unit;
        public Shares Shares;
    }
}
