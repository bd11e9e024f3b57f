using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Schedules;
using FastMlp.Training;
using FastMlp.Training.Batches;

namespace FastMlp;

/// <summary>
/// Trains a network step by step, for those who write their own loop. After the first step of a batch size (or a larger one)
/// nothing is allocated. One trainer belongs to one thread at a time: a call that finds another one under way is refused.
/// </summary>
public sealed unsafe class Trainer : IDisposable
{
    private readonly Network network;
    private readonly TrainingState state;
    private readonly TrainerOptions options;
    private Checkpoints? checkpoints;
    private readonly BatchBuffer batch;
    private int epochs;
    private int isInUse;
    private volatile bool isDisposed;
    private bool hasGradients;
    private bool isAccumulating;

    /// <summary>Creates the gradients, the optimizer state and, at the first batch, the workspace for a network.</summary>
    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss.</exception>
    public Trainer(Network network, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        network.CheckNotDisposed();
        this.network = network;
        this.options = options;
        state = new TrainingState(network.Stack, network.Parameters, options.Loss, options.Optimizer, options.Limits, options.Seed, options.Threads)
        {
            Schedule = Follow(options),
        };
        batch = new BatchBuffer(state.Threads);
    }

    /// <summary>Updates done so far.</summary>
    public long StepCount => state.StepCount;

    /// <summary>Whether <see cref="Lbfgs"/> found its gradient flat, or nothing lower along it, at the last step; always false for other optimizers.</summary>
    public bool HasConverged => state.HasConverged;

    /// <summary>The learning rate of the next update; starts at the optimizer's, or is that of the schedule and then not to be set.</summary>
    public float LearningRate
    {
        get => state.LearningRate;
        set => state.SetRate(value);
    }

    /// <summary>
    /// dL/dtheta of every tensor that is trained, as last computed or accumulated, by its name: <c>Gradients["layers.0.weight"]</c>. Reading one needs
    /// <c>ComputeGradients</c> or <c>AccumulateGradients</c> before it, for <c>Step</c> may use gradients up as it makes them.
    /// </summary>
    public TensorList<ReadOnlyTensor> Gradients => field ??= new(network.Stack.Tensors.Where(place => place.IsTrained).Select(place => new Gradient(this, place)));

    /// <summary>Gives the loss of an epoch to a schedule that depends on losses; other schedules ignore it.</summary>
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
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => Run(x, targets, [], Work.Update);

    /// <summary>The same from class labels [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a label names no output, or a value is NaN or infinite.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => Run(x, labels, [], Work.Update);

    /// <summary>A step on weighted rows: the loss is sum of s l / sum of s, with the weights s [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a value is not finite, or the weights are negative or all 0.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        Run(x, targets, Required(weights), Work.Update);

    /// <summary>The same from class labels [rows].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, a label names no output, a value is not finite, or the weights are negative or all 0.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights) =>
        Run(x, labels, Required(weights), Work.Update);

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
        using Turn turn = TakeTurn();
        ArgumentNullException.ThrowIfNull(data);
        if (rows.IsEmpty)
        {
            throw new ArgumentException("A batch needs at least one row.", nameof(rows));
        }

        Shapes.Check(network.Stack, state.LossFunction, data, nameof(data));
        Batch chosen = batch.Gather(data, rows);
        return Run(chosen.X, chosen.Targets, Work.Update);
    }

    /// <summary>Forward and backward pass without an update; returns the loss.</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => Run(x, targets, [], Work.Compute);

    /// <summary>The same from class labels [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => Run(x, labels, [], Work.Compute);

    /// <summary>The same with weights [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        Run(x, targets, Required(weights), Work.Compute);

    /// <summary>The same from class labels [rows].</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights) =>
        Run(x, labels, Required(weights), Work.Compute);

    /// <summary>
    /// Forward and backward pass whose gradient is added to those of the calls before it, each by the weight of its rows, until
    /// <see cref="ApplyGradients"/>: the same as one batch of all their rows, in the memory of one. Returns the loss of this batch.
    /// </summary>
    public float AccumulateGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => Run(x, targets, [], Work.Accumulate);

    /// <summary>The same from class labels [rows].</summary>
    public float AccumulateGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => Run(x, labels, [], Work.Accumulate);

    /// <summary>The same with weights [rows].</summary>
    public float AccumulateGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights) =>
        Run(x, targets, Required(weights), Work.Accumulate);

    /// <summary>The same from class labels [rows].</summary>
    public float AccumulateGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights) =>
        Run(x, labels, Required(weights), Work.Accumulate);

    /// <summary>
    /// Goes on training with rows as they come: one pass over them in their order, an update for each batch. Everything is kept from call
    /// to call, the state of the optimizer included, so any division of the rows into calls of whole batches gives the same network.
    /// Allocates nothing in steady state.
    /// </summary>
    /// <param name="data">The new rows.</param>
    /// <param name="batchSize">Rows in a batch, the last of the call may be short: 1 learns row by row.</param>
    /// <returns>The mean loss of the rows, each before its update; 0 of none.</returns>
    /// <exception cref="ArgumentException">The rows do not fit the network.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public float PartialFit(Dataset data, int batchSize = 32)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using Turn turn = TakeTurn();
        Shapes.Check(network.Stack, state.LossFunction, data, nameof(data));
        isAccumulating = hasGradients = false;
        double sum = 0;
        double weight = 0;
        int rows;
        for (int first = 0; first < data.Rows; first += rows)
        {
            rows = Math.Min(batchSize, data.Rows - first);
            Batch next = batch.Copy(data, first, rows);
            float loss = state.Step(next.X, next.Targets, epoch: 0, Next());
            sum += loss * state.LossFunction.Weight;
            weight += state.LossFunction.Weight;
        }

        return weight > 0 ? (float)(sum / weight) : 0;
    }

    /// <summary>
    /// Epochs over rows in memory with all that <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> can do, by this trainer's optimizer, whose state goes on from
    /// what came before and is kept. The order of rows goes on too: n calls of one epoch are one call of n.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">How. What decides an update must be as in this trainer's options: <see cref="FitOptions.ForTrainer"/> makes them. The schedule is the trainer's.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">The data do not fit the network, the options contradict each other or those of the trainer, or ask for checkpoints (<see cref="Save"/> writes them).</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public FitReport Fit(Dataset data, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        using Turn turn = TakeTurn();
        Begin(options);
        return Counted(FitRun.Execute(network, state, data, options, follows: false, epochs, cancellationToken));
    }

    /// <summary>The same over a stream.</summary>
    /// <param name="stream">The batches; epochs are counted from the trainer's first.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">A batch does not fit the network, or the options are not for this.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite; parameters keep their last finite values.</exception>
    public FitReport Fit(StreamedDataset stream, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using Turn turn = TakeTurn();
        Begin(options);
        return Counted(FitRun.Execute(network, state, stream, options, follows: false, epochs, cancellationToken));
    }

    /// <summary>
    /// Writes a checkpoint: the network, the state of the optimizer and the schedule, and how many updates were done. It is one file in the folder,
    /// written under a temporary name, flushed to the disk and renamed. Gradients that were not applied are not part of it.
    /// </summary>
    /// <param name="folder">The folder of the run; it is made if it is missing.</param>
    /// <param name="keep">How many of the latest checkpoints stay.</param>
    /// <exception cref="IOException">The checkpoint cannot be written, or the folder is another run's.</exception>
    public void Save(string folder, int keep = 3)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        using Turn turn = TakeTurn();
        (RunState run, float[][] states) = state.Capture(RunFacts.Of(options, state.Loss));
        Checkpoints to = In(folder);
        to.Prepare(resumes: true);
        to.Save(keep, network, new Snapshot(run with { Epochs = epochs }, state.Parameters.Span.ToArray(), Best: null, states));
    }

    /// <summary>Goes on from the newest whole checkpoint of a folder: the network gets its parameters, the trainer its state, and further steps give the bits that they would have given.</summary>
    /// <param name="folder">Where a trainer of the same options saved.</param>
    /// <returns>Which checkpoint it was, and why newer ones could not be used.</returns>
    /// <exception cref="ArgumentException">The network or the options are not those of the checkpoint.</exception>
    /// <exception cref="ModelFormatException">There are checkpoints, but none can be read.</exception>
    /// <exception cref="IOException">The folder is missing, or holds no checkpoint.</exception>
    public ResumePoint Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        using Turn turn = TakeTurn();
        if (In(folder).Load() is not { } found)
        {
            throw new FileNotFoundException($"There is no checkpoint in '{folder}'.");
        }

        Snapshot snapshot = Checkpoints.Take(network, found.Contents);
        if (snapshot.Run.Fit is not null)
        {
            throw new ArgumentException($"{found.Path} was written by Fit: go on from it with FitOptions.Resume.", nameof(folder));
        }

        Checkpoints.CheckSame(snapshot.Run.Options, RunFacts.Of(options, state.Loss), []);
        state.Restore(snapshot);
        epochs = snapshot.Run.Epochs;
        isAccumulating = hasGradients = false;
        return new ResumePoint(found.Path, 0, 0, found.Skipped);
    }

    /// <summary>Updates the parameters from the gradients last computed.</summary>
    /// <exception cref="InvalidOperationException">No gradients have been computed, or the optimizer is <see cref="Lbfgs"/>, which needs <c>Step</c>.</exception>
    public void ApplyGradients()
    {
        using Turn turn = TakeTurn();
        CheckHasGradients();
        isAccumulating = false;
        state.ApplyGradients(epoch: 0, Next());
    }

    /// <summary>Frees the trainer's memory, at the end of a call that is under way; the network stays.</summary>
    public void Dispose()
    {
        isDisposed = true;
        if (Interlocked.CompareExchange(ref isInUse, 1, 0) == 0)
        {
            Free();
            Volatile.Write(ref isInUse, 0);
        }
    }

    private void Begin(FitOptions fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        if (fit.Checkpoint is not null || fit.Resume is not null)
        {
            throw new ArgumentException("A trainer keeps its state over several fits, which the checkpoints of one do not hold: use Save and Load.", nameof(fit));
        }

        if (fit.Schedule is not null)
        {
            throw new ArgumentException("The schedule of a trainer runs over all of its steps: set it in TrainerOptions.", nameof(fit));
        }

        TrainerOptions asked = fit.ForTrainer() with { Schedule = options.Schedule, TotalSteps = options.TotalSteps, StepsPerEpoch = options.StepsPerEpoch };
        Dictionary<string, string> own = RunFacts.Of(options, state.Loss);
        foreach ((string name, string value) in RunFacts.Of(asked, asked.Loss ?? state.Loss))
        {
            if (own[name] != value)
            {
                throw new ArgumentException($"The {name} of the trainer is {own[name]}, and the options ask for {value}: one trainer has one.", nameof(fit));
            }
        }

        isAccumulating = hasGradients = false;
        state.ForgetAccumulated();
    }

    private FitReport Counted(FitReport report)
    {
        epochs += report.Epochs.Count;
        return report;
    }

    /// <summary>The folder, with what is known of it from the last call.</summary>
    private Checkpoints In(string folder) =>
        checkpoints = checkpoints is not null && checkpoints.Folder == Path.GetFullPath(folder) ? checkpoints : new Checkpoints(folder);

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

    private float Run(ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights, Work work)
    {
        using Turn turn = TakeTurn();
        int rows = CheckRows(x, weights);
        int size = state.LossFunction.TargetSize;
        if (targets.Length != (long)rows * size)
        {
            throw new ArgumentException($"{rows} rows of {size} targets are {(long)rows * size} values, not {targets.Length}.", nameof(targets));
        }

        CheckFinite(targets, size, "target", nameof(targets));
        state.LossFunction.CheckTargets(targets, nameof(targets));
        fixed (float* from = x, to = targets, counts = weights)
        {
            return Run(from, rows, new Targets(to, null, counts), work);
        }
    }

    private float Run(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights, Work work)
    {
        using Turn turn = TakeTurn();
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
                return Run(from, rows, new Targets(null, to, counts), work);
            }
        }
    }

    /// <summary>Weights that were given; none at all stand for equal ones only inside.</summary>
    private static ReadOnlySpan<float> Required(ReadOnlySpan<float> weights) => weights.IsEmpty
        ? throw new ArgumentException("There are no weights: leave them out where all rows count alike.", nameof(weights))
        : weights;

    private float Run(float* x, int rows, Targets targets, Work work) => Run(MatrixView.Dense(x, rows, network.InputSize), targets, work);

    private float Run(MatrixView x, Targets targets, Work work)
    {
        // A step may use up the gradients as it makes them: only the others leave some behind.
        hasGradients = false;
        if (!isAccumulating || work != Work.Accumulate)
        {
            state.ForgetAccumulated();
        }

        isAccumulating = false;
        float loss;
        switch (work)
        {
            case Work.Update:
                loss = state.Step(x, targets, epoch: 0, Next());
                break;
            case Work.Compute:
                loss = state.ComputeGradients(x, targets, epoch: 0, Next());
                break;
            default:
                loss = state.Forward(x, targets, epoch: 0, Next());
                state.Accumulate(x);
                isAccumulating = true;
                break;
        }

        hasGradients = work != Work.Update;

        return loss;
    }

    private int Next() => (int)Math.Min(StepCount + 1, int.MaxValue);

    private int CheckRows(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
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
    private void CheckFinite(ReadOnlySpan<float> values, int rowSize, string what, string name)
    {
        bool finite;
        fixed (float* from = values)
        {
            finite = Reductions.AllFinite(from, values.Length, state.Threads);
        }

        for (int i = 0; i < values.Length && !finite; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"The {what} at row {i / rowSize}, column {i % rowSize} of the batch is {values[i]}; all values must be finite numbers.", name);
            }
        }
    }

    /// <summary>Lets this call in, unless another one is: two would share a workspace that either may replace, which native memory does not forgive.</summary>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its network is disposed.</exception>
    private Turn TakeTurn()
    {
        if (Interlocked.CompareExchange(ref isInUse, 1, 0) != 0)
        {
            throw new InvalidOperationException("Another call of this trainer is under way: a trainer belongs to one thread at a time. Give each thread a trainer of its own.");
        }

        if (isDisposed || network.IsDisposed)
        {
            EndTurn();
            ObjectDisposedException.ThrowIf(isDisposed, this);
            network.CheckNotDisposed();
        }

        return new Turn(this);
    }

    private void EndTurn()
    {
        // Disposed meanwhile: what that call could not free.
        if (isDisposed)
        {
            Free();
        }

        Volatile.Write(ref isInUse, 0);
    }

    private void Free()
    {
        batch.Dispose();
        state.Dispose();
    }

    private void ReadGradient(ParameterTensor tensor, Span<float> values)
    {
        using Turn turn = TakeTurn();
        CheckHasGradients();
        tensor.Read(state.Backpropagation.Gradients.Pointer, values);
    }

    private void CheckHasGradients()
    {
        if (!hasGradients)
        {
            throw new InvalidOperationException("There are no gradients: call ComputeGradients first (Step may use them up as it makes them).");
        }

        if (isAccumulating)
        {
            state.MeanOfAccumulated();
        }
    }

    /// <summary>The gradient of a parameter.</summary>
    private sealed class Gradient(Trainer trainer, ParameterTensor place) : ReadOnlyTensor(place)
    {
        private protected override void Read(Span<float> destination) => trainer.ReadGradient(Place, destination);
    }

    /// <summary>A call that has the trainer to itself until its end, to which it keeps the trainer alive.</summary>
    private readonly ref struct Turn(Trainer trainer)
    {
        public void Dispose() => trainer.EndTurn();
    }

    /// <summary>What is done with the gradient of a batch.</summary>
    private enum Work
    {
        Update,
        Compute,
        Accumulate,
    }
}
