using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;
using FastMlp.Training.Schedules;

namespace FastMlp;

/// <summary>
/// Trains a network step by step, for those who write their own loop. After the first step of a batch size (or a larger one)
/// nothing is allocated. One trainer belongs to one thread at a time.
/// </summary>
public sealed unsafe class Trainer : IDisposable
{
    private readonly Network network;
    private readonly TrainingState state;
    private BatchRows? gathered;
    private bool disposed;
    private bool hasGradients;

    /// <summary>Creates the gradients, the optimizer state and, at the first batch, the workspace for a network.</summary>
    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss.</exception>
    public Trainer(Network network, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        network.CheckNotDisposed();
        this.network = network;
        state = new TrainingState(network.Stack, network.Parameters, options.Loss, options.Optimizer, options.Limits, options.Seed, options.Threads)
        {
            Schedule = Follow(options),
        };
    }

    /// <summary>Updates done so far.</summary>
    public long StepCount => state.StepCount;

    /// <summary>Whether <see cref="Lbfgs"/> found its gradient flat, or nothing lower along it, at the last step; always false for other optimizers.</summary>
    public bool HasConverged => state.HasConverged;

    /// <summary>The learning rate of the next update; starts at the optimizer's, or is that of the schedule and then not to be set.</summary>
    public float LearningRate
    {
        get => state.LearningRate;
        set
        {
            if (state.Schedule is not null)
            {
                throw new InvalidOperationException("The schedule sets the learning rate; make the trainer without one to set it yourself.");
            }

            state.LearningRate = value > 0 && float.IsFinite(value)
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, "A learning rate is a positive, finite number.");
        }
    }

    /// <summary>Tells a schedule that watches losses how an epoch ended; others do not mind.</summary>
    /// <param name="loss">The loss to watch: that of the validation rows, or the mean over the training rows.</param>
    /// <exception cref="InvalidOperationException">There is no schedule.</exception>
    public void EndEpoch(float loss)
    {
        if (state.Schedule is null)
        {
            throw new InvalidOperationException("There is no schedule that could watch a loss: set TrainerOptions.Schedule.");
        }

        state.Schedule.Observe(loss, null, StepCount);
    }

    /// <summary>One forward pass, backward pass and update on x [rows, inputSize] and targets [rows, outputSize]; returns the loss before the update.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a value is NaN or infinite.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => Run(x, targets, [], updates: true);

    /// <summary>The same from class labels [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a label names no output, or a value is NaN or infinite.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => Run(x, labels, [], updates: true);

    /// <summary>A step on rows that count differently: the loss is sum of s l / sum of s, s the weights [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a value is not finite, or the weights are negative or all 0.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        Run(x, targets, Required(weights), updates: true);

    /// <summary>The same from class labels [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a label names no output, a value is not finite, or the weights are negative or all 0.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights) =>
        Run(x, labels, Required(weights), updates: true);

    /// <summary>
    /// A step on chosen rows of a data set, with their weights if it has some: the rows are copied together on the trainer's
    /// threads, and nothing is checked that the data set has checked. Batches of one data set after the other allocate nothing.
    /// </summary>
    /// <param name="data">The rows to choose from; features and targets of the network's sizes.</param>
    /// <param name="rows">Their numbers, in the order of the batch.</param>
    /// <exception cref="ArgumentException">The data do not fit the network, there is no row, or a number names none.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(Dataset data, ReadOnlySpan<int> rows)
    {
        CheckUsable();
        ArgumentNullException.ThrowIfNull(data);
        if (rows.IsEmpty)
        {
            throw new ArgumentException("A batch needs at least one row.", nameof(rows));
        }

        foreach (int row in rows)
        {
            if ((uint)row >= (uint)data.Rows)
            {
                throw new ArgumentException($"There is no row {row}: the data have {data.Rows} rows, from 0 on.", nameof(rows));
            }
        }

        if (gathered is null || !gathered.IsFrom(data) || gathered.Capacity < rows.Length)
        {
            Shapes.Check(network.Stack, state.LossFunction, data, nameof(data));
            gathered?.Dispose();
            gathered = new BatchRows(data, rows.Length, state.Threads);
        }

        return Run(gathered.Gather(rows, out Targets targets), targets, updates: true);
    }

    /// <summary>Forward and backward pass without an update; returns the loss.</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => Run(x, targets, [], updates: false);

    /// <summary>The same from class labels [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => Run(x, labels, [], updates: false);

    /// <summary>The same on rows that count differently, by weights [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        Run(x, targets, Required(weights), updates: false);

    /// <summary>The same from class labels [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights) =>
        Run(x, labels, Required(weights), updates: false);

    /// <summary>Copies dL/dW of a layer, [units, inputs], as last computed.</summary>
    public void GetWeightGradient(int layer, Span<float> destination)
    {
        LayerInfo info = CheckGradient(layer);
        CheckLength(destination.Length, info.OutputSize * info.InputSize, nameof(destination));
        fixed (float* to = destination)
        {
            network.Stack.Layers[layer].GetWeight(state.Backpropagation.Gradients.Pointer, to);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Copies dL/db of a layer: [units], [1] where it is shared, [0] where there is none.</summary>
    public void GetBiasGradient(int layer, Span<float> destination)
    {
        CheckLength(destination.Length, CheckGradient(layer).BiasLength, nameof(destination));
        network.Stack.Layers[layer].GetBias(state.Backpropagation.Gradients.Pointer, destination);
        GC.KeepAlive(this);
    }

    /// <summary>Copies the gradient of the learnable constants of a layer's activation.</summary>
    public void GetActivationGradient(int layer, Span<float> destination)
    {
        CheckLength(destination.Length, CheckGradient(layer).ActivationParameterCount, nameof(destination));
        network.Stack.Layers[layer].ActivationParameters(state.Backpropagation.Gradients.Pointer).CopyTo(destination);
        GC.KeepAlive(this);
    }

    /// <summary>Copies dL/dgamma of a normalization, [features].</summary>
    public void GetNormScaleGradient(int norm, Span<float> destination) => CopyGradient(Norm(norm).Scale(state.Backpropagation.Gradients.Pointer), destination);

    /// <summary>Copies dL/dbeta of a normalization, [features].</summary>
    public void GetNormShiftGradient(int norm, Span<float> destination) => CopyGradient(Norm(norm).Shift(state.Backpropagation.Gradients.Pointer), destination);

    /// <summary>Updates the parameters from the gradients last computed.</summary>
    /// <exception cref="InvalidOperationException">No gradients have been computed, or the optimizer is <see cref="Lbfgs"/>, which needs <c>Step</c>.</exception>
    public void ApplyGradients()
    {
        CheckUsable();
        CheckHasGradients();
        state.ApplyGradients(epoch: 0, Next());
        GC.KeepAlive(this);
    }

    /// <summary>Frees the trainer's memory; the network stays.</summary>
    public void Dispose()
    {
        disposed = true;
        gathered?.Dispose();
        state.Dispose();
    }

    private static ScheduleRun? Follow(TrainerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.TotalSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StepsPerEpoch, 1);
        if (options.Schedule is { NeedsTotalSteps: true } && options.TotalSteps == 0)
        {
            throw new ArgumentException($"{options.Schedule} needs the length of the run: set TotalSteps.", nameof(options));
        }

        return options.Schedule is null
            ? null
            : new ScheduleRun(options.Schedule, options.Optimizer.LearningRate, new SchedulePosition(0, options.TotalSteps, options.StepsPerEpoch));
    }

    private float Run(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights, bool updates)
    {
        int rows = CheckRows(x, weights);
        int size = state.LossFunction.TargetSize;
        if (targets.Length != (long)rows * size)
        {
            throw new ArgumentException($"{rows} rows of {size} targets are {(long)rows * size} values, not {targets.Length}.", nameof(targets));
        }

        CheckFinite(targets, size, "target", nameof(targets));
        fixed (float* from = x, to = targets, counts = weights)
        {
            return Run(from, rows, new Targets(to, null, counts), updates);
        }
    }

    private float Run(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights, bool updates)
    {
        int rows = CheckRows(x, weights);
        if (state.LossFunction.OutputsPerTarget > 1)
        {
            throw new ArgumentException($"{state.Loss} compares values; class labels have none.", nameof(labels));
        }

        if (labels.Length != rows)
        {
            throw new ArgumentException($"{rows} rows need {rows} labels, not {labels.Length}.", nameof(labels));
        }

        Shapes.CheckLabels(labels, network.OutputSize, nameof(labels));
        fixed (float* from = x, counts = weights)
        {
            fixed (int* to = labels)
            {
                return Run(from, rows, new Targets(null, to, counts), updates);
            }
        }
    }

    /// <summary>Weights that were given; none at all stand for equal ones only inside.</summary>
    private static ReadOnlySpan<float> Required(ReadOnlySpan<float> weights) => weights.IsEmpty
        ? throw new ArgumentException("There are no weights: leave them out where all rows count alike.", nameof(weights))
        : weights;

    private float Run(float* x, int rows, Targets targets, bool updates) => Run(MatrixView.Dense(x, rows, network.InputSize), targets, updates);

    private float Run(MatrixView x, Targets targets, bool updates)
    {
        // A step may use up the gradients as it makes them: only ComputeGradients leaves some behind.
        hasGradients = false;
        float loss = updates ? state.Step(x, targets, epoch: 0, Next()) : state.ComputeGradients(x, targets, epoch: 0, Next());
        hasGradients = !updates;

        // The memory of a training pass is native: the trainer must live until the pass is done with it.
        GC.KeepAlive(this);
        return loss;
    }

    private int Next() => (int)Math.Min(StepCount + 1, int.MaxValue);

    private int CheckRows(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        CheckUsable();
        int rows = Shapes.Rows(x.Length, network.InputSize, "features", nameof(x));
        if (rows == 0)
        {
            throw new ArgumentException("A batch needs at least one row.", nameof(x));
        }

        CheckFinite(x, network.InputSize, "input", nameof(x));
        if (!weights.IsEmpty)
        {
            if (weights.Length != rows)
            {
                throw new ArgumentException($"{rows} rows need {rows} weights, not {weights.Length}.", nameof(weights));
            }

            Shapes.CheckWeights(weights, nameof(weights));
        }

        return rows;
    }

    /// <summary>One pass in vectors; only a value that is not finite costs more, to say where it is.</summary>
    private static void CheckFinite(ReadOnlySpan<float> values, int rowSize, string what, string name)
    {
        bool finite;
        fixed (float* from = values)
        {
            finite = Reductions.AllFinite(from, values.Length);
        }

        for (int i = 0; i < values.Length && !finite; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"The {what} at row {i / rowSize}, column {i % rowSize} of the batch is {values[i]}; all values must be finite numbers.", name);
            }
        }
    }

    private void CheckUsable()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        network.CheckNotDisposed();
    }

    private LayerInfo CheckGradient(int layer)
    {
        CheckUsable();
        CheckHasGradients();
        return network.GetLayer(layer);
    }

    private NormLayer Norm(int norm)
    {
        CheckUsable();
        CheckHasGradients();
        ArgumentOutOfRangeException.ThrowIfNegative(norm);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(norm, network.NormCount);
        return network.Stack.Norms[norm];
    }

    private void CopyGradient(ReadOnlySpan<float> gradient, Span<float> destination)
    {
        CheckLength(destination.Length, gradient.Length, nameof(destination));
        gradient.CopyTo(destination);
        GC.KeepAlive(this);
    }

    private void CheckHasGradients()
    {
        if (!hasGradients)
        {
            throw new InvalidOperationException("There are no gradients: call ComputeGradients first (Step may use them up as it makes them).");
        }
    }

    private static void CheckLength(int length, int wanted, string name)
    {
        if (length != wanted)
        {
            throw new ArgumentException($"The gradient has {wanted} values, not {length}.", name);
        }
    }
}
