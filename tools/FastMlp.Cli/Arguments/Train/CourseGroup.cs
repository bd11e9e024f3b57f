using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>How long training goes on, in which batches, and on how many threads.</summary>
internal sealed class CourseGroup : TrainGroup
{
    public CourseGroup()
        : base("Course")
    {
        Batch.Offers("full");
        Watch.Offers([.. Metric.All.Select(metric => metric.Name)]);
    }

    public Option<int?> Epochs { get; } = Arguments.Options.Integer("--epochs", "Passes over the training rows [default: chosen by the data, at most 250,000 / training rows, from 20 to 1,000]", least: 1);

    public Option<bool> Quick { get; } = new("--quick")
    {
        Description = "Train at once with fixed defaults, instead of choosing depth, weight decay and epochs by a short search on the training rows where none of --epochs, --early-stop, --max-duration, --watch, --schedule, --warm-up and --optimizer is given",
    };

    public Option<Named<TimeSpan>?> SearchTime { get; } = Arguments.Options.Value("--search-time", "TIME",
        $"End that search after this long, {Duration.Known}; what it chooses may then differ from machine to machine [default: no limit, as long as about two trainings]", Duration.Known,
        (string text, out Named<TimeSpan> value) => Duration.TryParse(text, out value));

    public Option<Named<TimeSpan>?> MaxDuration { get; } = Arguments.Options.Value("--max-duration", "TIME",
        $"Stop when training has taken this long, {Duration.Known}, if --epochs are not done sooner, and keep the best epoch", Duration.Known,
        (string text, out Named<TimeSpan> value) => Duration.TryParse(text, out value));

    public Option<int?> Batch { get; } = Arguments.Options.Number("--batch", "N",
        "Rows in a mini-batch, or full [default: 32; of irprop and lbfgs full]", "a whole number of at least 1, nor 'full'", (string text, out int value) =>
        {
            value = FitOptions.FullBatch;
            return text == "full" || Arguments.Options.Integer(text, 1, out value);
        });

    public Option<int?> Accumulate { get; } = Arguments.Options.Integer("--accumulate",
        "Mini-batches whose gradients are added up before an update: the step of a batch N times as large, in the memory of one [default: 1]", least: 1);

    public Option<int?> EarlyStop { get; } = Arguments.Options.Integer("--early-stop",
        "Stop after N epochs of which none is a new best by --watch, and keep the best; 0 is never [default: a fifth of the epochs, at least 10; 0 with --epochs]", least: 0);

    public Option<float?> MinDelta { get; } = Arguments.Options.AtLeast0("--min-delta",
        "By how much an epoch must be better than the best before it for --early-stop to count anew [default: 0]");

    public Option<Metric?> Watch { get; } = Arguments.Options.Value("--watch", "METRIC",
        $"What tells which epoch is the best, of the validation rows: {MetricNames} [default: loss]", $"one of {MetricNames}",
        (string text, out Metric value) => (value = Metric.Find(text)!) is not null);

    public Option<int?> Seed { get; } = Arguments.Options.Integer("--seed", "Seed of the split, the first weights and the order of rows [default: 1]", int.MinValue);

    public Option<int?> Threads { get; } = Arguments.Options.Integer("--threads", "Threads; 0 is all cores. The result is the same for any number [default: 0]", least: 0);

    public override IReadOnlyList<Option> Options => [Epochs, Quick, SearchTime, MaxDuration, Batch, Accumulate, EarlyStop, MinDelta, Watch, Seed, Threads];

    private static string MetricNames => string.Join(", ", Metric.All);

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Epochs = parsed.GetValue(Epochs),
        MaxDuration = parsed.GetValue(MaxDuration),
        BatchSize = parsed.GetValue(Batch),
        Accumulate = parsed.GetValue(Accumulate) ?? settings.Accumulate,
        Quick = parsed.GetValue(Quick),
        SearchTime = parsed.GetValue(SearchTime),
        EarlyStop = parsed.GetValue(EarlyStop),
        MinDelta = parsed.GetValue(MinDelta) ?? 0,
        Watch = parsed.GetValue(Watch),
        Seed = parsed.GetValue(Seed) ?? settings.Seed,
        Threads = parsed.GetValue(Threads) ?? settings.Threads,
    };
}
