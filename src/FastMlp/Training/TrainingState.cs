using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Optimizers;
using FastMlp.Schedules;

namespace FastMlp.Training;

/// <summary>Everything that training a network needs beside its parameters, and the two halves of a step, forward and update, that all loops are made of.</summary>
internal sealed unsafe class TrainingState : IDisposable
{
    private readonly LayerStack stack;
    private readonly AlignedBuffer parameters;
    private readonly OptimizerState? optimizer;
    private readonly LbfgsState? lbfgs;
    private readonly UpdateLimits limits;
    private readonly float initialRate;
    private double lastLoss;
    private AlignedBuffer? accumulated;
    private double accumulatedWeight;

    // Batches that wait for an update: far above any count of steps, so that dropout draws anew for each of them.
    private int waiting;

    public TrainingState(LayerStack stack, AlignedBuffer parameters, Loss? loss, Optimizer optimizer, UpdateLimits limits, int seed, int threads)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        this.stack = stack;
        this.parameters = parameters;
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        Loss = loss ?? LossFunction.DefaultFor(stack.Output.Spec.Activation);
        LossFunction = LossFunction.Create(Loss, stack);
        Backpropagation = new Backpropagation(stack, LossFunction, Threads) { Seed = seed, LossOfBlocks = Loss };
        this.limits = limits;
        this.optimizer = optimizer.CreateState(stack, limits);
        lbfgs = optimizer is Lbfgs search ? new LbfgsState(search, stack, limits) : null;

        LearningRate = initialRate = optimizer.LearningRate;
    }

    /// <summary>Threads to use; at least 1.</summary>
    public int Threads { get; }

    /// <summary>What is trained: the network's block, held to the end of training even if the network is disposed before.</summary>
    public AlignedBuffer Parameters => parameters;

    public Loss Loss { get; }

    public LossFunction LossFunction { get; }

    public Backpropagation Backpropagation { get; }

    /// <summary>Which of the shares that make one update the next pass is for: layers draw anew for each.</summary>
    public int Draw { get; set; }

    /// <summary>The schedule of the run; null where the rate is set from outside.</summary>
    public ScheduleRun? Schedule { get; set; }

    /// <summary>The rate of the next update.</summary>
    public float LearningRate
    {
        get => Schedule?.RateAfter(StepCount) ?? field;
        private set;
    }

    public long StepCount => lbfgs?.StepCount ?? optimizer!.StepCount;

    /// <summary>Whether every step from now on has the same batch: a search then goes on from what it evaluated last.</summary>
    public bool IsBatchFixed
    {
        get;
        set
        {
            field = value;
            lbfgs?.Forget();
        }
    }

    /// <summary>Whether a search has come to its end: further steps change nothing.</summary>
    public bool HasConverged => lbfgs is { HasConverged: true };

    /// <summary>Sets the rate from outside.</summary>
    /// <exception cref="InvalidOperationException">A schedule sets it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is not a positive, finite number.</exception>
    public void SetRate(float value)
    {
        if (Schedule is not null)
        {
            throw new InvalidOperationException("The schedule sets the learning rate: leave it out to set the rate yourself.");
        }

        LearningRate = value > 0 && float.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A learning rate is a positive, finite number.");
    }

    /// <summary>Forward, backward, update; the loss before the update.</summary>
    /// <param name="x">The batch.</param>
    /// <param name="targets">What it should give.</param>
    /// <param name="epoch">For messages: the epoch, 0 outside of a loop over epochs.</param>
    /// <param name="batch">For messages: the batch in the epoch, or the step.</param>
    public float Step(MatrixView x, Targets targets, int epoch, int batch)
    {
        float loss = Forward(x, targets, epoch, batch);
        Update(x, targets, epoch, batch);
        return loss;
    }

    /// <summary>The first half of a step: the loss, and the outputs that <see cref="Backpropagation"/> then has.</summary>
    public float Forward(MatrixView x, Targets targets, int epoch, int batch)
    {
        if (!IsBatchFixed || lbfgs is null || !lbfgs.IsEvaluated(parameters.Pointer))
        {
            Backpropagation.Step = StepCount + ((long)(waiting + Draw) << 40);
            lastLoss = Backpropagation.Forward(parameters.Pointer, x, targets);
        }

        float loss = (float)lastLoss;
        return float.IsFinite(loss) ? loss : throw Diverged(x, loss, epoch, batch);
    }

    /// <summary>The second half: backward and update, for the batch that went forward last.</summary>
    public void Update(MatrixView x, Targets targets, int epoch, int batch)
    {
        if (lbfgs is not null)
        {
            if (!IsBatchFixed)
            {
                lbfgs.Forget();
            }

            lastLoss = lbfgs.Step(Backpropagation, parameters.Pointer, x, targets, lastLoss, LearningRate);
            Backpropagation.UpdateStatistics(parameters.Pointer, x.Rows);
            return;
        }

        float rate = LearningRate;
        int failed;
        if (optimizer is SgdState { WeightDecay: 0 } sgd && !limits.ShapeGradients && DenseLayer.FitsOneBlock(x.Rows) && !Backpropagation.IsBlocked(x.Rows))
        {
            int weights = Backpropagation.BackwardDescending(parameters.Pointer, x, sgd, rate);
            int beside = sgd.StepBesideWeights(parameters.Pointer, Backpropagation.Gradients.Pointer, rate);
            failed = weights < 0 || (beside >= 0 && beside < weights) ? beside : weights;
        }
        else
        {
            Backpropagation.Backward(parameters.Pointer, x);
            failed = optimizer!.Step(parameters.Pointer, Backpropagation.Gradients.Pointer, rate, Threads);
        }

        Backpropagation.UpdateStatistics(parameters.Pointer, x.Rows);
        Finish(failed, epoch, batch);
    }

    /// <summary>Forward and backward. The data are finite: a <see cref="Dataset"/> has checked its own, a <see cref="Trainer"/> those of its caller.</summary>
    public float ComputeGradients(MatrixView x, Targets targets, int epoch, int batch)
    {
        float loss = Forward(x, targets, epoch, batch);
        Backpropagation.Backward(parameters.Pointer, x);
        Backpropagation.UpdateStatistics(parameters.Pointer, x.Rows);
        return loss;
    }

    /// <summary>Backward for the batch that went forward last, its gradient added to those that wait for an update; each counts by its batch's weight.</summary>
    public void Accumulate(MatrixView x)
    {
        accumulated ??= new AlignedBuffer(stack.ParameterLength);
        double weight = LossFunction.Weight;
        Backpropagation.Backward(parameters.Pointer, x);
        Backpropagation.UpdateStatistics(parameters.Pointer, x.Rows);
        float* gradient = Backpropagation.Gradients.Pointer;
        bool isFirst = accumulatedWeight == 0;
        Vectors.Combine((float)weight, gradient, isFirst ? 0 : 1, isFirst ? gradient : accumulated.Pointer, accumulated.Pointer, stack.ParameterLength);
        accumulatedWeight += weight;
        waiting++;
    }

    /// <summary>The gradient becomes the mean of what waits; batches that all weigh 0 have the gradient 0.</summary>
    public void MeanOfAccumulated()
    {
        float share = accumulatedWeight > 0 ? (float)(1 / accumulatedWeight) : 0;
        float* gradient = Backpropagation.Gradients.Pointer;
        Vectors.Combine(share, accumulated!.Pointer, 0, accumulated.Pointer, gradient, stack.ParameterLength);
    }

    /// <summary>Nothing waits any more.</summary>
    public void ForgetAccumulated()
    {
        accumulatedWeight = 0;
        waiting = 0;
    }

    /// <summary>Everything that the next step takes over, beside the parameters.</summary>
    public (RunState Run, float[][] States) Capture(IReadOnlyDictionary<string, string> options)
    {
        List<float[]> blocks = [];
        LbfgsMemory? memory = lbfgs?.Capture(blocks);
        ReadOnlySpan<float> states = optimizer is null ? default : optimizer.States;
        for (; !states.IsEmpty; states = states[(int)stack.ParameterLength..])
        {
            blocks.Add(states[..(int)stack.ParameterLength].ToArray());
        }

        RunState run = new()
        {
            Format = RunState.CurrentFormat,
            Steps = StepCount,
            LearningRate = Schedule is null ? LearningRate : initialRate,
            Schedule = Schedule?.State,
            Lbfgs = memory,
            StateBlocks = blocks.Count,
            Options = options,
            Writer = RunFacts.Writer(),
        };
        return (run, [.. blocks]);
    }

    /// <summary>Goes on from there, with the parameters set.</summary>
    /// <exception cref="ArgumentException">The state is not that of this optimizer.</exception>
    public void Restore(Snapshot snapshot)
    {
        int length = (int)stack.ParameterLength;
        int blocks = optimizer is null ? snapshot.States.Length : optimizer.States.Length / length;
        if ((lbfgs is null) != (snapshot.Run.Lbfgs is null) || snapshot.States.Length != blocks || (Schedule is null) != (snapshot.Run.Schedule is null))
        {
            throw new ArgumentException($"The checkpoint has {snapshot.States.Length} blocks of state, which is not what this optimizer and schedule keep.", nameof(snapshot));
        }

        lbfgs?.GoOnAfter(snapshot.Run.Steps, snapshot.Run.Lbfgs!, snapshot.States);
        optimizer?.GoOnAfter(snapshot.Run.Steps);
        for (int k = 0; k < blocks && optimizer is not null; k++)
        {
            snapshot.States[k].CopyTo(optimizer.States[(k * length)..]);
        }

        LearningRate = snapshot.Run.LearningRate;
        if (Schedule is not null)
        {
            Schedule.State = snapshot.Run.Schedule!.Value;
        }

        snapshot.Parameters.CopyTo(parameters.Span);
        ForgetAccumulated();
    }

    /// <exception cref="InvalidOperationException">The optimizer needs more than gradients.</exception>
    public void ApplyGradients(int epoch, int batch)
    {
        if (optimizer is null)
        {
            throw new InvalidOperationException("L-BFGS evaluates the loss along its way, so it cannot work from gradients alone: call Step with the whole batch.");
        }

        int failed = optimizer.Step(parameters.Pointer, Backpropagation.Gradients.Pointer, LearningRate, Threads);
        Finish(failed, epoch, batch);
    }

    public void Dispose()
    {
        Backpropagation.Dispose();
        accumulated?.Dispose();
        optimizer?.Dispose();
        lbfgs?.Dispose();
    }

    /// <summary>What follows every update: a report if it failed, then the limit of the weights.</summary>
    private void Finish(int failedLayer, int epoch, int batch)
    {
        if (failedLayer >= 0)
        {
            throw new TrainingDivergedException(
                $"Training diverged{Place(epoch, batch)}: the update of layer {failedLayer} is not finite; the learning rate of {LearningRate} is too high. All parameters keep their last finite values.",
                failedLayer,
                epoch,
                batch);
        }

        if (limits.MaxNorm > 0)
        {
            foreach (DenseLayer layer in stack.Dense)
            {
                nint panels = PanelLayout.Panels(layer.OutputSize);
                MaxNorm.Limit(parameters.Pointer + layer.WeightOffset, panels, layer.InputSize, layer.PanelWidth, limits.MaxNorm);
            }
        }
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
