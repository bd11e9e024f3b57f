using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Cli.Sources;
using FastMlp.Cli.Training;
using FastMlp.Measuring;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>What a report says of a training run, and of a stored model that is scored.</summary>
internal static class RunReport
{
    public static ReportSubject Of(TrainingRun run)
    {
        (Dataset rows, string name) = run.Data.RowsToShow();
        Facts facts = TrainingSummary.Describe(run);
        facts.Add("scaling", run.Data.Scaling.ToString().ToLowerInvariant());
        facts.Add("seed", run.Network.Seed.ToString(CultureInfo.InvariantCulture));
        facts.Add("model", run.ModelPath);
        AddEnvironment(facts);
        return new ReportSubject
        {
            Title = run.Data.Name,
            Network = run.Network,
            Preprocessing = run.Data.Preprocessing,
            ClassNames = run.Data.Preprocessing.ClassNames,
            Training = run.Report,
            Rows = rows,
            RowsName = name,
            Score = run.Score ?? Score.Of(run.Network, run.Data.Preprocessing, rows),
            Baselines = run.Baselines,
            ImageWidth = run.Data.ImageWidth,
            Facts = facts.Lines,
        };
    }

    public static ReportSubject Of(StoredModel model, DataSource source, Dataset scaled, Score score, bool onlyHeldOut)
    {
        Facts facts = new();
        facts.Add("model", model.Path);
        facts.Add("data", $"{source.Name}: {Text.Count(score.Rows, "row")}{(onlyHeldOut ? " that training held out" : "")}");
        if (model.Provenance is { } provenance)
        {
            facts.Add("trained on", $"{provenance.Data}: {Text.Count(provenance.TrainRows)} of {Text.Count(provenance.Rows, "row")}");
            facts.Add("options", provenance.Options);
        }

        AddEnvironment(facts);
        return new ReportSubject
        {
            Title = $"{Path.GetFileName(model.Path)} on {source.Name}",
            Network = model.Network,
            Preprocessing = model.Preprocessing,
            ClassNames = model.ClassNames,
            Rows = scaled,
            RowsName = $"{(score.Rows > scaled.Rows ? "first " : "")}{(onlyHeldOut ? "test " : "")}rows",
            Score = score,
            ImageWidth = source.ImageWidth(scaled.InputSize),
            Facts = facts.Lines,
        };
    }

    private static void AddEnvironment(Facts facts)
    {
        facts.Add("written", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        facts.Add("fastmlp", InfoCommand.Version);
        facts.Add("processor", $"{Processor.Name}, {Text.Count(Environment.ProcessorCount, "core")}");
        facts.Add("instruction set", $"{InstructionSet.Name}, {InstructionSet.VectorWidth} floats");
        facts.Add("system", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
    }
}
