using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training.Optimizers;

namespace FastMlp.Training;

/// <summary>Forward, loss, backward: from a batch to its loss and the gradient of every parameter.</summary>
internal sealed unsafe class Backpropagation : IDisposable
{
    private readonly LayerStack stack;
    private readonly Layer[] layers;
    private readonly int threads;
    private readonly nint fewestBlocked;
    private TrainingWorkspace? workspace;
    private BlockedGradient? blocks;
    private bool isBlocked;

    public Backpropagation(LayerStack stack, LossFunction loss, int threads)
    {
        this.stack = stack;
        layers = stack.Layers;
        Function = loss;
        this.threads = threads;
        fewestBlocked = BlockedGradient.FewestRows(stack, loss);
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
    public MatrixView Outputs(nint rows) => isBlocked ? blocks!.Outputs : workspace!.Activation(layers.Length - 1, rows);

    /// <summary>Whether a batch is taken in blocks of rows: then <see cref="Forward"/> leaves the gradients, and nothing is left for <see cref="Backward"/>.</summary>
    public bool IsBlocked(nint rows) => LossOfBlocks is not null && rows >= fewestBlocked;

    /// <summary>The loss of the batch. Its delta at the outputs is left for <see cref="Backward"/>.</summary>
    public double Forward(float* parameters, MatrixView x, Targets targets)
    {
        isBlocked = IsBlocked(x.Rows);
        if (isBlocked)
        {
            blocks ??= new BlockedGradient(stack, LossOfBlocks!.Value, threads);
            double mean = blocks.Compute(parameters, Gradients.Pointer, x, targets, Function.TargetSize);
            Function.Weight = blocks.Weight;
            return mean;
        }

        Reserve((int)x.Rows);
        TrainingPass pass = Pass(parameters);
        int last = layers.Length - 1;
        Span<MatrixView> inputs = stackalloc MatrixView[stack.MostSources];
        for (int i = 0; i < last; i++)
        {
            layers[i].ForwardKeeping(in pass, Inputs(layers[i], x, inputs), workspace!.PreActivation(i, x.Rows), workspace.Activation(i, x.Rows));
        }

        return Function.Run(in pass, Output(layers[last].Sources[0], x), workspace!, targets);
    }

    /// <summary>Fills <see cref="Gradients"/> from the batch that went forward last.</summary>
    public void Backward(float* parameters, MatrixView x)
    {
        if (isBlocked)
        {
            return;
        }

        TrainingPass pass = Pass(parameters);
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            if (layers[i] is DenseLayer dense)
            {
                PullDelta(in pass, dense, i, x.Rows);
                dense.Gradient(Gradients.Pointer, Output(dense.Source, x), workspace!.Delta(i, x.Rows), threads);
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
    public int BackwardDescending(float* parameters, MatrixView x, SgdState sgd, float rate)
    {
        TrainingPass pass = Pass(parameters);
        int failed = -1;
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            if (layers[i] is DenseLayer dense)
            {
                // Before W changes: the delta below comes from W as it was.
                PullDelta(in pass, dense, i, x.Rows);
                MatrixView input = Output(dense.Source, x), delta = workspace!.Delta(i, x.Rows);
                if (dense.TryDescend(parameters, input, delta, rate, threads))
                {
                    dense.BiasGradient(Gradients.Pointer, delta);
                }
                else
                {
                    dense.Gradient(Gradients.Pointer, input, delta, threads);
                    failed = sgd.StepWeights(dense, parameters, Gradients.Pointer, rate) ? failed : dense.Number;
                }
            }
            else
            {
                BackwardBeside(in pass, i, x);
            }
        }

        return failed;
    }

    /// <summary>Moves running averages by the batch that went forward last.</summary>
    public void UpdateStatistics(float* parameters, nint rows)
    {
        if (isBlocked)
        {
            // No layer of such a network keeps statistics.
            return;
        }

        for (int i = 0; i < layers.Length; i++)
        {
            layers[i].UpdateStatistics(parameters, workspace!.PreActivation(i, rows));
        }
    }

    /// <summary>The first layer whose activations are not all finite; -1 if all are.</summary>
    public int FirstLayerNotFinite(nint rows)
    {
        if (isBlocked)
        {
            return blocks!.FirstLayerNotFinite;
        }

        for (int i = 0; i < layers.Length; i++)
        {
            MatrixView a = workspace!.Activation(i, rows);
            for (nint row = 0; row < rows; row++)
            {
                if (!Reductions.AllFinite(a.Pointer + (row * a.Stride), a.Columns))
                {
                    return layers[i].Number;
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

    /// <summary>What a layer puts out; -1 is the batch itself.</summary>
    private MatrixView Output(int layer, MatrixView x) => layer < 0 ? x : workspace!.Activation(layer, x.Rows);

    /// <summary>What a layer takes, written into <paramref name="inputs"/>.</summary>
    private ReadOnlySpan<MatrixView> Inputs(Layer layer, MatrixView x, Span<MatrixView> inputs)
    {
        for (int k = 0; k < layer.Sources.Length; k++)
        {
            inputs[k] = Output(layer.Sources[k], x);
        }

        return inputs[..layer.Sources.Length];
    }

    /// <summary>The delta of the layer below a dense one, if it is needed: a product, with the derivative in its store where it is the whole delta.</summary>
    private void PullDelta(in TrainingPass pass, DenseLayer layer, int index, nint rows)
    {
        int below = layer.Source;
        if (!stack.NeedsDelta(below))
        {
            return;
        }

        MatrixView delta = workspace!.Delta(index, rows);
        if (stack.FirstUse(below) == stack.LastUse(below))
        {
            layers[below].PullDelta(
                pass.Parameters,
                pass.Gradients,
                layer,
                delta,
                workspace.PreActivation(below, rows),
                workspace.Activation(below, rows),
                workspace.Delta(below, rows),
                threads);
            return;
        }

        MatrixView part = Part(index, below, rows);
        layer.InputProduct(pass.Parameters, delta, part, new Store(), threads);
        AddPart(in pass, index, below, part);
    }

    /// <summary>Gradients and deltas below of a layer that is not dense.</summary>
    private void BackwardBeside(in TrainingPass pass, int index, MatrixView x)
    {
        Layer layer = layers[index];
        Span<MatrixView> memory = stackalloc MatrixView[stack.MostSources];
        ReadOnlySpan<MatrixView> inputs = Inputs(layer, x, memory);
        MatrixView z = workspace!.PreActivation(index, x.Rows), a = workspace.Activation(index, x.Rows), delta = workspace.Delta(index, x.Rows);
        layer.ParameterGradient(in pass, inputs, z, delta);
        for (int k = 0; k < inputs.Length; k++)
        {
            int below = layer.Sources[k];
            if (stack.NeedsDelta(below))
            {
                MatrixView part = Part(index, below, x.Rows);
                layer.InputDelta(in pass, k, inputs, z, a, delta, part);
                AddPart(in pass, index, below, part);
            }
        }
    }

    /// <summary>Where a layer puts its part of dL/da of one below: the first part at its place, others beside it.</summary>
    private MatrixView Part(int layer, int below, nint rows) =>
        layer == stack.LastUse(below) ? workspace!.Delta(below, rows) : workspace!.DeltaPart(below, rows);

    /// <summary>Adds a part that stands beside; after the last part, dL/da becomes the delta.</summary>
    private void AddPart(in TrainingPass pass, int layer, int below, MatrixView part)
    {
        MatrixView delta = workspace!.Delta(below, part.Rows);
        if (part != delta)
        {
            Vectors.Combine(1, part.Pointer, 1, delta.Pointer, delta.Pointer, part.Rows * part.Stride);
        }

        if (layer == stack.FirstUse(below))
        {
            layers[below].ApplyDerivative(pass.Parameters, pass.Gradients, workspace.PreActivation(below, part.Rows), workspace.Activation(below, part.Rows), delta);
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
