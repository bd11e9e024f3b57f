using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Forward, loss, backward: from a batch to its loss and the gradient of every parameter.</summary>
internal sealed unsafe class Backpropagation : IDisposable
{
    private readonly LayerStack stack;
    private readonly LossFunction loss;
    private readonly int threads;
    private TrainingWorkspace? workspace;

    public Backpropagation(LayerStack stack, LossFunction loss, int threads)
    {
        this.stack = stack;
        this.loss = loss;
        this.threads = threads;
        Gradients = new AlignedBuffer(stack.ParameterLength);
    }

    /// <summary>dL/dtheta, laid out like the parameters.</summary>
    public AlignedBuffer Gradients { get; }

    /// <summary>The outputs of the last batch, [rows, outputSize].</summary>
    public MatrixView Outputs(nint rows) => workspace!.Activation(stack.Layers.Length - 1, rows);

    /// <summary>The loss of the batch. Its delta at the outputs is left for <see cref="Backward"/>.</summary>
    public double Forward(float* parameters, MatrixView x, Targets targets)
    {
        Reserve((int)x.Rows);
        int last = stack.Layers.Length - 1;
        MatrixView input = x;
        for (int i = 0; i < last; i++)
        {
            MatrixView a = workspace!.Activation(i, x.Rows);
            stack.Layers[i].ForwardKeeping(parameters, input, workspace.PreActivation(i, x.Rows), a, threads);
            input = a;
        }

        return loss.Run(parameters, Gradients.Pointer, input, workspace!, targets, threads);
    }

    /// <summary>Fills <see cref="Gradients"/> from the batch that went forward last.</summary>
    public void Backward(float* parameters, MatrixView x)
    {
        for (int i = stack.Layers.Length - 1; i >= 0; i--)
        {
            PullDelta(parameters, i, x.Rows);
            stack.Layers[i].Gradient(Gradients.Pointer, Input(i, x), workspace!.Delta(i, x.Rows), threads);
        }
    }

    /// <summary>
    /// The same, with gradient descent on the weights in the store of their gradient: <see cref="Gradients"/> then holds only those of
    /// biases and activation constants. Returns -1, or the first layer with a new weight that is not finite.
    /// </summary>
    public int BackwardDescending(float* parameters, MatrixView x, float rate, float decay)
    {
        int failed = -1;
        for (int i = stack.Layers.Length - 1; i >= 0; i--)
        {
            // Before W changes: the delta below comes from W as it was.
            PullDelta(parameters, i, x.Rows);
            if (!stack.Layers[i].Descend(parameters, Gradients.Pointer, Input(i, x), workspace!.Delta(i, x.Rows), rate, decay, threads))
            {
                failed = i;
            }
        }

        return failed;
    }

    /// <summary>The first layer whose activations are not all finite; -1 if all are.</summary>
    public int FirstLayerNotFinite(nint rows)
    {
        for (int i = 0; i < stack.Layers.Length; i++)
        {
            MatrixView a = workspace!.Activation(i, rows);
            for (nint row = 0; row < rows; row++)
            {
                if (!Reductions.AllFinite(a.Pointer + (row * a.Stride), a.Columns))
                {
                    return i;
                }
            }
        }

        return -1;
    }

    public void Dispose()
    {
        workspace?.Dispose();
        Gradients.Dispose();
    }

    private MatrixView Input(int layer, MatrixView x) => layer == 0 ? x : workspace!.Activation(layer - 1, x.Rows);

    /// <summary>The delta of the layer below <paramref name="layer"/>, if there is one.</summary>
    private void PullDelta(float* parameters, int layer, nint rows)
    {
        if (layer == 0)
        {
            return;
        }

        int below = layer - 1;
        stack.Layers[layer].TransposeWeight(parameters, workspace!.TransposedWeight, threads);
        stack.Layers[below].PullDelta(
            parameters,
            Gradients.Pointer,
            workspace.Delta(layer, rows),
            workspace.TransposedWeight,
            workspace.PreActivation(below, rows),
            workspace.Activation(below, rows),
            workspace.Delta(below, rows),
            threads);
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
