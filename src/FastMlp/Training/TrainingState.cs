using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training.Optimizers;

namespace FastMlp.Training;

/// <summary>Everything that training a network needs beside its parameters, and the one step that all loops are made of.</summary>
internal sealed unsafe class TrainingState : IDisposable
{
    private readonly LayerStack stack;
    private readonly AlignedBuffer parameters;
    private readonly OptimizerState optimizer;
    private readonly int threads;

    public TrainingState(LayerStack stack, AlignedBuffer parameters, Loss? loss, Optimizer optimizer, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        this.stack = stack;
        this.parameters = parameters;
        this.threads = threads == 0 ? Environment.ProcessorCount : threads;
        Loss = loss ?? LossFunction.DefaultFor(stack.Output.Spec.Activation);
        Backpropagation = new Backpropagation(stack, LossFunction.Create(Loss, stack), this.threads);
        this.optimizer = OptimizerState.Create(optimizer, stack);
        LearningRate = optimizer.LearningRate;
    }

    public Loss Loss { get; }

    public Backpropagation Backpropagation { get; }

    public float LearningRate { get; set; }

    public long StepCount => optimizer.StepCount;

    /// <summary>Forward, backward, update; the loss before the update.</summary>
    /// <param name="x">The batch.</param>
    /// <param name="targets">What it should give.</param>
    /// <param name="epoch">For messages: the epoch, 0 outside of a loop over epochs.</param>
    /// <param name="batch">For messages: the batch in the epoch, or the step.</param>
    public float Step(MatrixView x, Targets targets, int epoch, int batch)
    {
        float loss = ComputeGradients(x, targets, epoch, batch);
        ApplyGradients(epoch, batch);
        return loss;
    }

    /// <summary>Forward and backward. The data are finite: a <see cref="Dataset"/> has checked its own, a <see cref="Trainer"/> those of its caller.</summary>
    public float ComputeGradients(MatrixView x, Targets targets, int epoch, int batch)
    {
        float loss = Backpropagation.Forward(parameters.Pointer, x, targets);
        if (!float.IsFinite(loss))
        {
            throw Diverged(x, loss, epoch, batch);
        }

        Backpropagation.Backward(parameters.Pointer, x);
        return loss;
    }

    public void ApplyGradients(int epoch, int batch)
    {
        int failed = optimizer.Step(parameters.Pointer, Backpropagation.Gradients.Pointer, LearningRate, threads);
        if (failed >= 0)
        {
            throw new TrainingDivergedException(
                $"Training diverged{Place(epoch, batch)}: the update of layer {failed} is not finite; the learning rate of {LearningRate} is too high. All parameters keep their last finite values.",
                failed,
                epoch,
                batch);
        }
    }

    public void Dispose()
    {
        Backpropagation.Dispose();
        optimizer.Dispose();
    }

    private static string Place(int epoch, int batch) => epoch > 0 ? $" in epoch {epoch}, batch {batch}" : $" at step {batch}";

    /// <summary>The loss of finite data is not finite: where it shows first.</summary>
    private TrainingDivergedException Diverged(MatrixView x, float loss, int epoch, int batch)
    {
        int layer = Backpropagation.FirstLayerNotFinite(x.Rows);
        string where = layer >= 0 ? $"the output of layer {layer} is not finite" : $"the loss is {loss}";
        return new TrainingDivergedException(
            $"Training diverged{Place(epoch, batch)}: {where}; the learning rate of {LearningRate} is probably too high. The parameters are those before this batch.",
            layer,
            epoch,
            batch);
    }
}
