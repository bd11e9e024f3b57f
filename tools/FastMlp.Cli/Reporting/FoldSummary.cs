using System.Text.Json;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Reporting;

/// <summary>What <c>fastmlp train --folds</c> says at its end.</summary>
internal static class FoldSummary
{
    public static void Write(CommandConsole console, FoldedRun run)
    {
        TrainingData first = run.First;
        Facts facts = new();
        facts.Add("data", $"{run.Data.Name}: {Text.Count(first.InputSize, "feature")}, {TrainingSummary.Learnt(first)}; rows: {Text.Count(run.Data.Rows)} in {run.Data.Count} folds, the first with {Text.Count(first.TrainRows)} train, {Text.Count(first.ValidationRows)} validation, {Text.Count(first.TestRows)} test");
        facts.Add("options", run.Plan.Options);
        if (run.Search is not null)
        {
            facts.Add("chosen", $"by each fold for itself; by the first: {run.Search.Text}");
        }

        facts.Add("time", Text.Time(run.Time));
        facts.WriteTo(console);
        for (int fold = 0; fold < run.Folds.Count; fold++)
        {
            ScoreReport.WriteFigures(console.Output, run.Folds[fold].Score, $"fold {fold + 1} ");
        }

        ScoreReport.WriteFigures(console.Output, run.Mean, "mean ");
        ScoreReport.WriteFigures(console.Output, run.StandardDeviation, "standard deviation of ");
    }

    public static void Write(Utf8JsonWriter json, FoldedRun run)
    {
        TrainingData first = run.First;
        json.WriteString("command", "train");
        json.WriteStartObject("data");
        json.WriteString("name", run.Data.Name);
        json.WriteString("task", first.Classifies ? "classification" : "regression");
        json.WriteNumber(first.Classifies ? "classes" : "targets", first.TargetSize);
        json.WriteNumber("rows", run.Data.Rows);
        json.WriteEndObject();
        json.WriteStartObject("training");
        json.WriteString("options", run.Plan.Options);
        json.WriteNumber("seconds", run.Time.TotalSeconds);
        json.WriteEndObject();
        json.WriteStartArray("folds");
        foreach (FoldResult fold in run.Folds)
        {
            json.WriteStartObject();
            json.WriteNumber("features", fold.Data.InputSize);
            json.WriteNumber("trainRows", fold.Data.TrainRows);
            json.WriteNumber("validationRows", fold.Data.ValidationRows);
            json.WriteNumber("epochs", fold.Report.Epochs.Count);
            json.WriteNumber("bestEpoch", fold.Report.BestEpoch);
            json.WriteString("stopReason", fold.Report.StopReason.ToString());
            ScoreReport.WriteFigures(json, fold.Score);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("mean");
        ScoreReport.WriteScores(json, run.Mean);
        json.WriteEndObject();
        json.WriteStartObject("standardDeviation");
        ScoreReport.WriteScores(json, run.StandardDeviation);
        json.WriteEndObject();
    }
}
