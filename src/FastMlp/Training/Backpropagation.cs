using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Forward, loss, backward: from a batch to its loss and the gradient of every parameter.</summary>
internal sealed unsafe class Backpropagation : IDisposable
{
    private readonly LayerStack stack;
    private readonly Layer[] stages;
    private readonly int threads;
    private TrainingWorkspace? workspace;
    private RowBlocks? blocks;
    private bool isBlocked;

    public Backpropagation(LayerStack stack, LossFunction loss, int threads)
    {
        this.stack = stack;
        stages = stack.Stages;
        Function = loss;
        this.threads = threads;
        Gradients = new AlignedBuffer(stack.ParameterLength);
    }

    /// <summary>The loss of a batch, or of a block.</summary>
    public LossFunction Function { get; }

    /// <summary>The loss of batches that may be so large that they are taken in blocks; null for the passes over such blocks.</summary>
    public Loss? LossOfBlocks { get; init; }

    /// <summary>dL/dtheta, laid out like the parameters.</summary>
    public AlignedBuffer Gradients { get; }

    /// <summary>The seed of what layers draw at random.</summary>
    public int Seed { get; init; }

    /// <summary>The updates done before this pass: with the seed, it fixes what layers draw.</summary>
    public long Step { get; set; }

    /// <summary>The outputs of the last batch, [rows, outputSize].</summary>
    public MatrixView Outputs(nint rows) => isBlocked ? blocks!.Outputs : workspace!.Activation(stages.Length - 1, rows);

    /// <summary>Whether a batch is taken in blocks of rows: then <see cref="Forward"/> leaves the gradients, and nothing is left for <see cref="Backward"/>.</summary>
    public bool IsBlocked(nint rows) => LossOfBlocks is not null && RowBlocks.Suit(stack, rows);

    /// <summary>The loss of the batch. Its delta at the outputs is left for <see cref="Backward"/>.</summary>
    public double Forward(float* parameters, MatrixView x, Targets targets)
    {
        isBlocked = IsBlocked(x.Rows);
        if (isBlocked)
        {
            blocks ??= new RowBlocks(stack, LossOfBlocks!.Value, threads);
            double mean = blocks.Run(parameters, Gradients.Pointer, x, targets);
            Function.Weight = blocks.Weight;
            return mean;
        }

        Reserve((int)x.Rows);
        TrainingPass pass = Pass(parameters);
        int last = stages.Length - 1;
        for (int i = 0; i < last; i++)
        {
            stages[i].ForwardKeeping(in pass, Input(i, x), workspace!.PreActivation(i, x.Rows), workspace.Activation(i, x.Rows));
        }

        return Function.Run(in pass, Input(last, x), workspace!, targets);
    }

    /// <summary>Fills <see cref="Gradients"/> from the batch that went forward last.</summary>
    public void Backward(float* parameters, MatrixView x)
    {
        if (isBlocked)
        {
            return;
        }

        TrainingPass pass = Pass(parameters);
        for (int i = stages.Length - 1; i >= 0; i--)
        {
            if (stages[i] is DenseLayer dense)
            {
                PullDelta(in pass, dense, i, x.Rows);
                dense.Gradient(Gradients.Pointer, Input(i, x), workspace!.Delta(i, x.Rows), threads);
            }
            else
            {
                BackwardBeside(in pass, i, x);
            }
        }
    }

    /// <summary>
    /// The same, with gradient descent on the weights in the store of their gradient: <see cref="Gradients"/> then holds only those of
    /// biases, activation constants and layers that are not dense. Returns -1, or the first layer with a new weight that is not finite.
    /// </summary>
    public int BackwardDescending(float* parameters, MatrixView x, float rate, float decay)
    {
        TrainingPass pass = Pass(parameters);
        int failed = -1;
        for (int i = stages.Length - 1; i >= 0; i--)
        {
            if (stages[i] is DenseLayer dense)
            {
                // Before W changes: the delta below comes from W as it was.
                PullDelta(in pass, dense, i, x.Rows);
                if (!dense.Descend(parameters, Gradients.Pointer, Input(i, x), workspace!.Delta(i, x.Rows), rate, decay, threads))
                {
                    failed = dense.Number;
                }
            }
            else
            {
                BackwardBeside(in pass, i, x);
            }
        }

        return failed;
    }

    /// <summary>The first layer whose activations are not all finite; -1 if all are.</summary>
    public int FirstLayerNotFinite(nint rows)
    {
        if (isBlocked)
        {
            return blocks!.FirstLayerNotFinite;
        }

        for (int i = 0; i < stages.Length; i++)
        {
            MatrixView a = workspace!.Activation(i, rows);
            for (nint row = 0; row < rows; row++)
            {
                if (!Reductions.AllFinite(a.Pointer + (row * a.Stride), a.Columns))
                {
                    return stages[i].Number;
                }
            }
        }

        return -1;
    }

    public void Dispose()
    {
        workspace?.Dispose();
        blocks?.Dispose();
        Gradients.Dispose();
    }

    private TrainingPass Pass(float* parameters) => new(parameters, Gradients.Pointer, Seed, Step, threads);

    private MatrixView Input(int stage, MatrixView x) => stages[stage].Source < 0 ? x : workspace!.Activation(stages[stage].Source, x.Rows);

    /// <summary>The delta of the layer below a dense one, if it is needed: a product with the derivative in its store.</summary>
    private void PullDelta(in TrainingPass pass, DenseLayer layer, int stage, nint rows)
    {
        int below = layer.Source;
        if (!stack.NeedsDelta(below))
        {
            return;
        }

        layer.TransposeWeight(pass.Parameters, workspace!.TransposedWeight, threads);
        stages[below].PullDelta(
            pass.Parameters,
            pass.Gradients,
            workspace.Delta(stage, rows),
            workspace.TransposedWeight,
            workspace.PreActivation(below, rows),
            workspace.Activation(below, rows),
            workspace.Delta(below, rows),
            threads);
    }

    /// <summary>Gradients and the delta below of a layer that is not dense.</summary>
    private void BackwardBeside(in TrainingPass pass, int stage, MatrixView x)
    {
        Layer layer = stages[stage];
        int below = layer.Source;
        MatrixView input = Input(stage, x);
        MatrixView z = workspace!.PreActivation(stage, x.Rows);
        MatrixView delta = workspace.Delta(stage, x.Rows);
        layer.ParameterGradient(in pass, input, z, delta);
        if (stack.NeedsDelta(below))
        {
            MatrixView deltaBelow = workspace.Delta(below, x.Rows);
            layer.InputDelta(in pass, input, z, workspace.Activation(stage, x.Rows), delta, deltaBelow);
            stages[below].ApplyDerivative(pass.Parameters, pass.Gradients, workspace.PreActivation(below, x.Rows), input, deltaBelow);
        }
    }

    private void Reserve(int rows)
    {
        if (workspace is null || workspace.Rows < rows)
        {
            workspace?.Dispose();
            workspace = new TrainingWorkspace(stack, rows);
        }
    }
}
