using System.Diagnostics;
using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// A search in earnest: asynchronous successive halving (Li et al., 2020) under a random or a model-based sampler. A free worker promotes a trial that is
/// among the best of its rung, or begins a new one; it never waits for a rung to fill.
/// </summary>
/// <remarks>
/// Who is free when is reckoned, not measured: eight workers, each as long at its work as that has parameters, rows and epochs. Threads only carry it out.
/// So the same seed and data give the same trials and the same best on any number of cores, and after any interruption too, as long as
/// <see cref="TunerOptions.MaxDuration"/> does not end it.
/// </remarks>
public sealed class Tuner
{
    /// <summary>Workers of the reckoning.</summary>
    private const int Workers = 8;

    private readonly Dataset train;
    private readonly Dataset validation;
    private readonly Func<TrialSettings, Candidate> make;
    private readonly TunerOptions options;
    private readonly int[] rungs;

    /// <summary>A search whose trials are trained on some rows and scored on others.</summary>
    /// <param name="train">Rows to train on, as the networks take them.</param>
    /// <param name="validation">Rows that decide; their scores are too good to report, for the best of many was chosen by them.</param>
    /// <param name="options">How to search.</param>
    /// <param name="make">The network and the options of a trial; by default <see cref="TrialSettings.For"/>. Validation rows, length and threads are the search's.</param>
    /// <exception cref="ArgumentException">The rows do not fit each other, or an option is out of range.</exception>
    public Tuner(Dataset train, Dataset validation, TunerOptions? options = null, Func<TrialSettings, Candidate>? make = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        this.options = options ?? new TunerOptions();
        this.options.Check();
        if (train.Rows == 0 || validation.Rows == 0 || train.InputSize != validation.InputSize || train.TargetSize != validation.TargetSize || train.IsClassification != validation.IsClassification)
        {
            throw new ArgumentException($"Training rows ({train.Rows} of {train.InputSize} features and {train.TargetSize} targets) and validation rows ({validation.Rows} of {validation.InputSize} and {validation.TargetSize}) must be some of one kind.", nameof(validation));
        }

        this.train = train;
        this.validation = validation;
        this.make = make ?? (settings => settings.For(train, this.options.Seed));
        List<int> lengths = [];
        for (long epochs = this.options.FirstEpochs; epochs < this.options.Epochs; epochs *= this.options.Reduction)
        {
            lengths.Add((int)epochs);
        }

        rungs = [.. lengths, this.options.Epochs];
    }

    /// <summary>Searches, or goes on from the journal.</summary>
    /// <param name="cancellationToken">Ends the search with what it has.</param>
    /// <exception cref="ArgumentException">The journal is of another search.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled before the first rung was done.</exception>
    public TuneReport Run(CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        using TrialJournal journal = new(options.Journal, Search());
        using SemaphoreSlim cores = new(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        Schedule schedule = new(this, new TrialSampler(options));
        PriorityQueue<Job, (double Finish, int Trial)> running = new();
        double now = 0;
        int replayed = 0;
        try
        {
            while (true)
            {
                while (running.Count < Workers && !cancellationToken.IsCancellationRequested && (schedule.Trials.Count == 0 || !IsUp(start)) && schedule.Next() is { } job)
                {
                    job.Result = journal.Find(job.Trial.Number, job.Rung) is { } found ? Task.FromResult<(int, double)?>(found) : Task.Run(() => Train(job, journal, cores, cancellationToken), CancellationToken.None);
                    replayed += job.Result.IsCompletedSuccessfully && journal.Find(job.Trial.Number, job.Rung) is not null ? 1 : 0;
                    running.Enqueue(job, (now + job.Cost, job.Trial.Number));
                }

                if (!running.TryDequeue(out Job? first, out (double Finish, int Trial) key))
                {
                    break;
                }

                now = key.Finish;
                if (first.Result.GetAwaiter().GetResult() is { } result)
                {
                    schedule.Done(first, result.BestEpoch, result.Score);
                    options.Progress?.Invoke(first.Trial.Report!);
                }
            }

            TrialReport[] reports = [.. schedule.Trials.Select(trial => trial.Report).OfType<TrialReport>()];
            TrialReport best = schedule.Trials.Where(trial => trial.Report is not null).MinBy(trial => trial.Rank)?.Report ?? throw new OperationCanceledException(cancellationToken);
            return new TuneReport(reports, best, replayed, schedule.IsOver, Stopwatch.GetElapsedTime(start));
        }
        finally
        {
            // Nothing may outlive the call: after a fault the others are waited for.
            foreach ((Job job, _) in running.UnorderedItems)
            {
                job.Result.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
            }

            foreach (Trial trial in schedule.Trials)
            {
                trial.Dispose();
            }
        }
    }

    private bool IsUp(long start) => options.MaxDuration > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) >= options.MaxDuration;

    /// <summary>What decides the result, and so which journal can be gone on from; more trials may be asked for than before.</summary>
    private string Search() => string.Create(CultureInfo.InvariantCulture,
        $"train {train.Fingerprint} validation {validation.Fingerprint} epochs {string.Join('/', rungs)} reduction {options.Reduction} sampling {options.Sampling} seed {options.Seed} trials {options.Trials}");

    /// <summary>Trains a trial to the end of a rung; null where it was interrupted.</summary>
    private (int BestEpoch, double Score)? Train(Job job, TrialJournal journal, SemaphoreSlim cores, CancellationToken cancellationToken)
    {
        cores.Wait(CancellationToken.None);
        try
        {
            (int BestEpoch, double Score)? result = cancellationToken.IsCancellationRequested ? null : job.Trial.TrainTo(train, validation, rungs[job.Rung], cancellationToken);
            if (result is { } done)
            {
                journal.Add(new TrialReport(job.Trial.Number, job.Trial.Settings, job.Rung, rungs[job.Rung], done.BestEpoch, done.Score));
            }

            return result;
        }
        finally
        {
            cores.Release();
        }
    }

    /// <summary>Which work comes next. It knows only what was done by the time of the reckoning.</summary>
    private sealed class Schedule
    {
        private readonly Tuner tuner;
        private readonly TrialSampler sampler;
        private readonly List<Trial>[] done;
        private readonly HashSet<Trial>[] promoted;

        public Schedule(Tuner tuner, TrialSampler sampler)
        {
            this.tuner = tuner;
            this.sampler = sampler;
            done = [.. tuner.rungs.Select(_ => new List<Trial>())];
            promoted = [.. tuner.rungs.Select(_ => new HashSet<Trial>())];
        }

        public List<Trial> Trials { get; } = [];

        /// <summary>Whether every trial was tried and no more can be promoted.</summary>
        public bool IsOver => Trials.Count == tuner.options.Trials && Trials.All(trial => trial.Report is not null) && Promotion() is null;

        public Job? Next()
        {
            if (Promotion() is (Trial trial, int rung))
            {
                promoted[rung].Add(trial);
                return new Job(trial, rung + 1, Cost(trial, rung + 1));
            }

            if (Trials.Count == tuner.options.Trials)
            {
                return null;
            }

            double[] point = sampler.Draw(Trials.Count, [.. done.Select((trials, at) => (IReadOnlyList<(double[], double)>)[.. trials.Select(one => (one.Point, one.RankAt(at)))])]);
            TrialSettings settings = TrialSettings.At(point);
            Trial begun = new(Trials.Count, point, settings, tuner.make(settings));
            Trials.Add(begun);
            return new Job(begun, 0, Cost(begun, 0));
        }

        public void Done(Job job, int bestEpoch, double score)
        {
            job.Trial.Take(new TrialReport(job.Trial.Number, job.Trial.Settings, job.Rung, tuner.rungs[job.Rung], bestEpoch, score));
            done[job.Rung].Add(job.Trial);
        }

        /// <summary>A trial among the best of its rung, the highest rung first, that has not gone on yet.</summary>
        private (Trial Trial, int Rung)? Promotion()
        {
            for (int rung = done.Length - 2; rung >= 0; rung--)
            {
                int at = rung;
                Trial? next = done[rung].OrderBy(trial => trial.RankAt(at)).ThenBy(trial => trial.Number).Take(done[rung].Count / tuner.options.Reduction)
                    .FirstOrDefault(trial => !promoted[at].Contains(trial) && double.IsFinite(trial.RankAt(at)));
                if (next is not null)
                {
                    return (next, rung);
                }
            }

            return null;
        }

        private double Cost(Trial trial, int rung)
        {
            int epochs = tuner.rungs[rung] - (rung == 0 ? 0 : tuner.rungs[rung - 1]);
            return (double)epochs * tuner.train.Rows * (trial.ParameterCount + 1000);
        }
    }

    private sealed class Job(Trial trial, int rung, double cost)
    {
        public Trial Trial { get; } = trial;

        public int Rung { get; } = rung;

        public double Cost { get; } = cost;

        public Task<(int BestEpoch, double Score)?> Result { get; set; } = null!;
    }

    /// <summary>Settings on their way up the rungs. Between them network and optimizer are kept, so that a promotion trains only what is new.</summary>
    private sealed class Trial : IDisposable
    {
        private readonly Candidate candidate;
        private readonly FitOptions fit;
        private readonly List<double> ranks = [];
        private readonly List<float> watched = [];
        private readonly Network network;
        private Trainer? trainer;

        public Trial(int number, double[] point, TrialSettings settings, Candidate candidate)
        {
            Number = number;
            Point = point;
            Settings = settings;
            this.candidate = candidate;
            fit = candidate.Options with { Threads = 1, RestoreBest = false, EarlyStoppingPatience = 0, MaxDuration = TimeSpan.Zero, Schedule = null, Callbacks = [], Progress = null, Checkpoint = null, Resume = null };
            network = candidate.Build();
        }

        public int Number { get; }

        public double[] Point { get; }

        public TrialSettings Settings { get; }

        public int ParameterCount => network.ParameterCount;

        public TrialReport? Report { get; private set; }

        /// <summary>The best score of all rungs as a number of which less is better.</summary>
        public double Rank => ranks.Min();

        /// <summary>The same after a rung.</summary>
        public double RankAt(int rung) => ranks[rung];

        public void Take(TrialReport report)
        {
            Report = report;
            ranks.Add(double.IsNaN(report.Score) ? double.PositiveInfinity : fit.Watch.IsHigherBetter ? -report.Score : report.Score);
        }

        public (int BestEpoch, double Score)? TrainTo(Dataset train, Dataset validation, int epochs, CancellationToken cancellationToken)
        {
            trainer ??= new Trainer(network, fit.ForTrainer());
            try
            {
                FitReport report = trainer.Fit(train, fit with { Validation = validation, Epochs = epochs - watched.Count }, cancellationToken);
                watched.AddRange(report.Epochs.Select(epoch => epoch.Watched ?? float.NaN));
            }
            catch (TrainingDivergedException)
            {
                return (0, double.NaN);
            }

            if (watched.Count < epochs)
            {
                return null;
            }

            int best = -1;
            for (int epoch = 0; epoch < watched.Count; epoch++)
            {
                bool isBetter = best < 0 || (fit.Watch.IsHigherBetter ? watched[epoch] > watched[best] : watched[epoch] < watched[best]);
                best = float.IsFinite(watched[epoch]) && isBetter ? epoch : best;
            }

            return best < 0 ? (0, double.NaN) : (best + 1, watched[best]);
        }

        public void Dispose()
        {
            trainer?.Dispose();
            network.Dispose();
        }
    }
}
