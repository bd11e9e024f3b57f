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
    private readonly int[] firstUses;
    private readonly int[] lastUses;
    private readonly PredictionPlan plan;

    // Of the plan, but one step nearer: a prediction of one row takes some 50 ns.
    private readonly Layer[] steps;
    private readonly int slots;

    // Whether batches go through all layers on their side.
    private readonly bool goesSideways;

    public LayerStack(int inputSize, ReadOnlySpan<LayerSpec> specs, WeightFormat? frozen = null)
    {
        InputSize = inputSize;
        Specs = specs.ToArray();
        Stages = [.. StageList.Of(inputSize, specs, frozen)];
        Layers = [.. Stages.OfType<DenseLayer>()];
        Norms = [.. Stages.OfType<NormLayer>()];
        Trained = [.. Stages.Where(stage => stage.End > stage.WeightOffset)];
        Output = Stages[^1] as DenseLayer ?? throw new ArgumentException("The last layer must be dense.", nameof(specs));
        IsChain = !Stages.Any(stage => stage is SumLayer);
        firstTrained = Array.IndexOf(Stages, Trained[0]);
        (firstUses, lastUses) = Uses();
        plan = new PredictionPlan(Stages);
        steps = plan.Steps;
        slots = plan.Slots;
        TrainedLength = Output.End;
        ParameterLength = Norms.Length == 0 ? TrainedLength : Norms[^1].StatisticsEnd;
        nint inputWidth = inputSize;
        nint widestPass = 0;
        long count = 0;
        foreach (Layer layer in steps)
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
        WidestColumns = (Math.Max(inputSize, steps.Max(step => step.OutputSize)) + Columns.Block - 1) & -Columns.Block;
        goesSideways = IsChain && WidestColumns <= Routes.MaxSidewaysColumns && steps.All(step => step is DenseLayer { CanGoSideways: true })
            && Routes.FewestSidewaysRows([.. steps.Select(step => ((DenseLayer)step).Shape)], PanelLayout.Lanes, isTraining: false, endsLinear: false) < nint.MaxValue;
        RowBlock = Routes.NetworkRowBlock(widestPass);
    }

    public int InputSize { get; }

    public int OutputSize => Output.OutputSize;

    /// <summary>What the stack was made from.</summary>
    public LayerSpec[] Specs { get; }

    /// <summary>All layers in order of computation.</summary>
    public Layer[] Stages { get; }

    /// <summary>The dense ones among them: the layers that indices of the public face count.</summary>
    public DenseLayer[] Layers { get; }

    /// <summary>The normalizations among them.</summary>
    public NormLayer[] Norms { get; }

    /// <summary>Those that have parameters.</summary>
    public Layer[] Trained { get; }

    /// <summary>All tensors in the order of the file: those of dense layers, then of the others.</summary>
    public IReadOnlyList<ParameterTensor> Tensors => field ??=
        [.. Stages.OfType<DenseLayer>().SelectMany(layer => layer.Tensors), .. Stages.Where(layer => layer is not DenseLayer).SelectMany(layer => layer.Tensors)];

    /// <summary>The last layer.</summary>
    public DenseLayer Output { get; }

    /// <summary>Whether each stage takes the one before it, and nothing else.</summary>
    public bool IsChain { get; }

    /// <summary>Floats in the parameter block, padding and running statistics included.</summary>
    public nint ParameterLength { get; }

    /// <summary>Floats up to the statistics, which no optimizer touches.</summary>
    public nint TrainedLength { get; }

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

    /// <summary>Whether the delta of a stage leads to any gradient: whether something that is trained lies there or below.</summary>
    public bool NeedsDelta(int stage) => stage >= firstTrained;

    /// <summary>The first stage that takes this one's output: the last in the backward pass.</summary>
    public int FirstUse(int stage) => firstUses[stage];

    /// <summary>The last stage that takes this one's output: the first in the backward pass.</summary>
    public int LastUse(int stage) => lastUses[stage];

    /// <summary>The same layers to predict only, with weights in a format.</summary>
    public LayerStack Frozen(WeightFormat format) => new(InputSize, Specs, format);

    /// <summary>A block of this stack's with the parameters of <paramref name="source"/>, the same layers in float32.</summary>
    public AlignedBuffer Convert(LayerStack source, AlignedBuffer parameters)
    {
        AlignedBuffer converted = new(ParameterLength);
        for (int i = 0; i < Stages.Length; i++)
        {
            Stages[i].Convert(source.Stages[i], parameters.Pointer, converted.Pointer);
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

        nint block = Routes.IsOneProduct(steps.Length, Output.IsActivationCheap, NeedsPadding) ? x.Rows : RowBlock;
        nint slot = Math.Min(x.Rows, block) * widest;
        for (nint row = 0; row < x.Rows; row += block)
        {
            nint count = Math.Min(block, x.Rows - row);
            MatrixView input = x.Slice(row, count);
            for (int i = 0; i < steps.Length; i++)
            {
                Layer layer = steps[i];
                bool isLast = i == steps.Length - 1;
                MatrixView output = isLast && !NeedsPadding ? y.Slice(row, count) : Value(i, count, workspace, slot);
                if (!IsChain)
                {
                    input = plan.Source(i) < 0 ? x.Slice(row, count) : Value(plan.Source(i), count, workspace, slot);
                }

                if (isLast && linearOutput)
                {
                    Output.ForwardLinear(parameters, input, output, threads: 1);
                }
                else if (layer is SumLayer)
                {
                    SumLayer.Forward(input, plan.Skip(i) < 0 ? x.Slice(row, count) : Value(plan.Skip(i), count, workspace, slot), output, threads: 1);
                }
                else
                {
                    layer.Forward(parameters, input, output, threads: 1);
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
            for (int i = 0; i < steps.Length; i++)
            {
                if (linearOutput && i == steps.Length - 1)
                {
                    Output.ForwardLinearSideways(parameters, input, output, stride);
                }
                else
                {
                    ((DenseLayer)steps[i]).ForwardSideways(parameters, input, output, stride);
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

        Layer[] layers = steps;
        int last = layers.Length - 1;
        float* even = workspace, odd = workspace + widest;
        for (int i = 0; i < last; i++)
        {
            layers[i].ForwardRow(parameters, x, even, isPadded: true);
            x = even;
            even = odd;
            odd = x;
        }

        layers[last].ForwardRow(parameters, x, y, isPadded: false);
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
        int last = steps.Length - 1;
        for (int i = 0; i < last; i++)
        {
            float* a = Row(i, x, workspace);
            if (steps[i] is SumLayer sum)
            {
                int n = sum.OutputSize;
                SumLayer.Forward(
                    MatrixView.Dense(Row(plan.Source(i), x, workspace), 1, n), MatrixView.Dense(Row(plan.Skip(i), x, workspace), 1, n), MatrixView.Dense(a, 1, n), threads: 1);
            }
            else
            {
                steps[i].ForwardRow(parameters, Row(plan.Source(i), x, workspace), a, isPadded: true);
            }
        }

        steps[last].ForwardRow(parameters, Row(plan.Source(last), x, workspace), y, isPadded: false);
    }

    private float* Row(int step, float* x, float* workspace) => step < 0 ? x : workspace + (plan.Slot(step) * widest);

    private MatrixView Value(int step, nint rows, float* workspace, nint slot) =>
        new((nint)(workspace + (plan.Slot(step) * slot)), rows, steps[step].OutputSize, steps[step].Stride, IsPadded: true);

    /// <summary>The first and last stage that take each stage's output.</summary>
    private (int[] First, int[] Last) Uses()
    {
        int[] first = new int[Stages.Length];
        int[] last = new int[Stages.Length];
        for (int i = Stages.Length - 1; i >= 0; i--)
        {
            Use(Stages[i].Source, i);
            Use(Stages[i] is SumLayer sum ? sum.Skip : -1, i);
        }

        return (first, last);

        void Use(int source, int stage)
        {
            if (source >= 0)
            {
                first[source] = stage;
                last[source] = Math.Max(last[source], stage);
            }
        }
    }

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
