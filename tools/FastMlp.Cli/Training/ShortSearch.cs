using System.Globalization;
using FastMlp.Cli.Arguments;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>
/// The choice of what the user left open: a handful of settings, tried on folds of the training rows by successive halving. Test rows have no say.
/// Few rows give k networks a mean curve, whose best epoch is how long all rows then train; of many rows one part is held out, here and in training.
/// </summary>
internal static class ShortSearch
{
    /// <summary>Below this many rows those held out for validation are missed in training, so the chosen settings are trained on all of them.</summary>
    public const int ManyRows = 5_000;

    /// <summary>Rows that are enough to tell a handful of settings apart.</summary>
    private const int MostRows = 10_000;

    /// <summary>Below this many rows a fold has so few that all four are needed.</summary>
    private const int RowsForAllFolds = 500;

    private const int LeastRows = 12;

    /// <summary>Weight decays to try: hardly any, and what many noisy or small sets want.</summary>
    private static readonly float[] Decays = [1e-3f, 1e-2f];

    /// <summary>Whether training is left to the defaults: who says how long it lasts, or how, is taken at his word.</summary>
    public static bool Applies(TrainSettings settings) =>
        settings is { Quick: false, Stream: false, Optimizer: OptimizerKind.Adam, Epochs: null, EarlyStop: null, MaxDuration: null, Schedule: null, WarmUp: 0, Watch: null };

    /// <summary>Whether of so many rows none are held out for validation, because the search chooses the length of training too.</summary>
    public static bool TakesAll(TrainSettings settings, int rows) => Applies(settings) && settings.Validation is null && rows is >= LeastRows and < ManyRows;

    /// <summary>The settings with the choice filled in; the settings as they are where there is nothing to choose or too little to choose by.</summary>
    /// <param name="settings">What the user asked for.</param>
    /// <param name="data">The data.</param>
    /// <param name="stop">Ends the search; training then begins and ends at once.</param>
    public static (TrainSettings Settings, SearchResult? Result) Choose(TrainSettings settings, TrainingData data, CancellationToken stop)
    {
        if (!Applies(settings) || data.RowsToSearch is not { Rows: >= LeastRows } rows)
        {
            return (settings, null);
        }

        // Without validation rows the search finds the length of training; with them training itself does.
        bool findsLength = data.ValidationRows == 0;
        int trainRows = rows.Rows;
        rows = rows.Rows <= MostRows ? rows : rows.Split((double)MostRows / rows.Rows, settings.Seed, rows.IsClassification).HeldOut;
        TrainSettings[] all = [.. Candidates(settings)];
        int epochs = new TrainingPlan(settings, data).Epochs;
        int first = Math.Max(3, epochs / (findsLength ? 16 : 8));
        HalvingOptions options = new()
        {
            Folds = rows.Rows < RowsForAllFolds ? 4 : 5,
            HeldOutFolds = rows.Rows < RowsForAllFolds ? 0 : findsLength ? 2 : 1,
            FirstEpochs = first,
            Patience = 1.0 / 3,
            Epochs = findsLength ? epochs : Math.Min(epochs, 2 * first),
            Seed = settings.Seed,
            Threads = settings.Threads,
            MaxDuration = settings.SearchTime?.Value ?? TimeSpan.Zero,
        };
        HalvingReport report;
        try
        {
            report = SuccessiveHalving.Run(rows, [.. all.Select(one => Candidate(one, data))], options, stop);
        }
        catch (Exception exception) when (exception is TrainingDivergedException or InvalidOperationException or ArgumentException or OperationCanceledException)
        {
            return (settings, null); // training itself will say so, with what to do about it
        }

        int best = report.Candidates.ToList().IndexOf(report.Best);
        if (report.Best.BestEpoch == 0)
        {
            return (settings, null);
        }

        // As many updates, where the search had only some of the rows.
        int length = (int)Math.Max(1, Math.Round((double)report.Best.BestEpoch * rows.Rows / trainRows));
        TrainSettings chosen = findsLength ? all[best] with { Epochs = length, Validation = 0 } : all[best];
        return (chosen, new SearchResult(report, options, findsLength ? length : null));
    }

    private static IEnumerable<TrainSettings> Candidates(TrainSettings settings)
    {
        bool shapeIsOpen = settings.Layers is null && settings.Residual == 0;
        foreach (int depth in shapeIsOpen ? new[] { 1, 2 } : [0])
        {
            foreach (float decay in settings.WeightDecay is { } given ? [given] : Decays)
            {
                yield return settings with
                {
                    Layers = depth == 0 ? settings.Layers : [.. Enumerable.Repeat(TrainingPlan.DefaultUnits, depth)],
                    WeightDecay = decay,
                };
            }
        }
    }

    private static Candidate Candidate(TrainSettings settings, TrainingData data)
    {
        TrainingPlan plan = new(settings, data);
        string name = string.Create(CultureInfo.InvariantCulture, $"--layers {plan.LayerText} --weight-decay {settings.WeightDecay}");
        return new Candidate(name, () => plan.BuildNetwork(data.InputSize, data.TargetSize), plan.FitOptions(null, null) with { Checkpoint = null, Resume = null });
    }
}

/// <summary>What <see cref="ShortSearch"/> chose, and why.</summary>
/// <param name="Report">How the candidates did.</param>
/// <param name="Options">How they were compared.</param>
/// <param name="Epochs">The length of training that was found; null where training finds it by its validation rows.</param>
internal sealed record SearchResult(HalvingReport Report, HalvingOptions Options, int? Epochs)
{
    /// <summary>In one line.</summary>
    public string Text
    {
        get
        {
            CandidateResult best = Report.Best;
            int heldOut = Options.HeldOutFolds == 0 ? Options.Folds : Options.HeldOutFolds;
            string how = heldOut == 1 ? $"on a {Ordinal(Options.Folds)} of the rows held out" : $"over {heldOut} held-out folds of {Options.Folds}";
            string error = double.IsNaN(best.StandardError) ? "" : $" +- {Reporting.Text.Figure(best.StandardError)}";
            string length = Epochs is { } epochs ? $" --epochs {epochs} on all rows" : "";
            return $"{best.Candidate.Name}{length}: the lowest loss of {Report.Candidates.Count}, {Reporting.Text.Figure(best.Score)}{error} {how} ({Reporting.Text.Time(Report.WallTime)})";
        }
    }

    private static string Ordinal(int parts) => parts == 4 ? "quarter" : "fifth";
}
