using System.Text.Json;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting;

/// <summary>What <c>fastmlp train</c> says at its end.</summary>
internal static class TrainingSummary
{
    public static void Write(CommandConsole console, TrainingRun run)
    {
        Facts facts = Describe(run);
        facts.Add("model", $"{run.ModelPath} ({Text.Size(new FileInfo(run.ModelPath).Length)})");
        if (run.ReportPath is { } page)
        {
            facts.Add("report", $"{page} ({Text.Size(new FileInfo(page).Length)})");
        }

        facts.WriteTo(console);
        if (run.Score is not null)
        {
            ScoreReport.WriteFigures(console.Output, run.Score, "test ");
        }
    }

    /// <summary>The data, the network, the options and the time.</summary>
    public static Facts Describe(TrainingRun run)
    {
        TrainingData data = run.Data;
        FitReport report = run.Report;
        string split = $"{Text.Count(data.TrainRows)} train, {Text.Count(data.ValidationRows)} validation, {Text.Count(data.TestRows)} test";
        Facts facts = new();
        facts.Add("data", $"{data.Name}: {Text.Count(data.InputSize, "feature")}, {Learnt(data)}; rows: {split}");
        facts.Add("network", $"{NetworkText.Of(run.Network)}, {Text.Count(run.Network.ParameterCount, "parameter")}");
        facts.Add("options", run.Plan.Options);
        if (run.Search is not null)
        {
            facts.Add("chosen", run.Search.Text);
        }

        facts.Add("time", $"{Text.Time(report.WallTime)}, {Text.Rate(report.SamplesPerSecond)} samples/s");
        if (Stop(run) is { } stop)
        {
            facts.Add("stopped", stop);
        }

        return facts;
    }

    /// <summary><c>3 classes</c>, <c>1 value to learn</c>.</summary>
    public static string Learnt(TrainingData data) => data.Classifies ? Text.Count(data.TargetSize, "class") : Text.Count(data.TargetSize, "value") + " to learn";

    public static void Write(Utf8JsonWriter json, TrainingRun run)
    {
        TrainingData data = run.Data;
        json.WriteString("command", "train");
        json.WriteStartObject("data");
        json.WriteString("name", data.Name);
        json.WriteString("task", data.Classifies ? "classification" : "regression");
        json.WriteNumber("features", data.InputSize);
        json.WriteNumber(data.Classifies ? "classes" : "targets", data.TargetSize);
        json.WriteNumber("rows", data.Rows);
        json.WriteNumber("trainRows", data.TrainRows);
        json.WriteNumber("validationRows", data.ValidationRows);
        json.WriteNumber("testRows", data.TestRows);
        WhatWasRead.Write(json, data.Preprocessing);
        json.WriteEndObject();
        json.WriteStartObject("network");
        json.WriteString("layers", NetworkText.Of(run.Network));
        json.WriteNumber("parameters", run.Network.ParameterCount);
        json.WriteEndObject();
        json.WriteStartObject("training");
        json.WriteString("options", run.Plan.Options);
        WriteSearch(json, run.Search);
        json.WriteNumber("epochs", run.Report.Epochs.Count);
        json.WriteNumber("bestEpoch", run.Report.KeptEpoch);
        json.WriteNumber("keptEpoch", run.Report.KeptEpoch);
        json.WriteString("stopReason", run.Report.StopReason.ToString());
        json.WriteNumber("seconds", run.Report.WallTime.TotalSeconds);
        Figure(json, "samplesPerSecond", run.Report.SamplesPerSecond);
        if (run.Report.Epochs is [.., EpochReport last])
        {
            Figure(json, "trainLoss", last.TrainLoss);
            if (last.ValidationLoss is { } loss)
            {
                Figure(json, "validationLoss", loss);
            }
        }

        json.WriteEndObject();
        json.WriteString("model", run.ModelPath);
        if (run.ReportPath is { } page)
        {
            json.WriteString("report", page);
        }

        if (run.Score is not null)
        {
            json.WriteStartObject("test");
            ScoreReport.WriteFigures(json, run.Score);
            json.WriteEndObject();
        }
    }

    private static void WriteSearch(Utf8JsonWriter json, SearchResult? search)
    {
        if (search is null)
        {
            return;
        }

        json.WriteStartObject("chosen");
        json.WriteString("settings", search.Report.Best.Candidate.Name);
        json.WriteNumber("seconds", search.Report.WallTime.TotalSeconds);
        json.WriteBoolean("allRowsTrain", search.Epochs is not null);
        json.WriteStartArray("candidates");
        foreach (CandidateResult candidate in search.Report.Candidates)
        {
            json.WriteStartObject();
            json.WriteString("settings", candidate.Candidate.Name);
            json.WriteNumber("epochs", candidate.Epochs);
            json.WriteNumber("bestEpoch", candidate.BestEpoch);
            Figure(json, "loss", candidate.Score);
            Figure(json, "standardError", candidate.StandardError);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>JSON has no NaN and no infinity; null stands for them.</summary>
    public static void Figure(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>A float32, in as few digits as give it back.</summary>
    public static void Figure(Utf8JsonWriter json, string name, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string? Stop(TrainingRun run) => run.Report.StopReason switch
    {
        StopReason.Cancelled => $"as you asked, after {Text.Count(run.Report.Epochs.Count, "whole epoch")}; what was learnt is kept",
        StopReason.EarlyStopping => $"early, after {Text.Count(run.Report.Epochs.Count, "epoch")}; epoch {Text.Count(run.Report.BestEpoch)} was the best and is kept",
        StopReason.TimeIsUp when run.Data.ValidationRows > 0 && run.Report.BestEpoch > 0 =>
            $"when its time was up, in epoch {Text.Count(run.Report.Epochs.Count)}; epoch {Text.Count(run.Report.BestEpoch)} was the best and is kept",
        StopReason.TimeIsUp => $"when its time was up, after {Text.Count(run.Report.Epochs.Count, "whole epoch")}; what was learnt is kept",
        StopReason.Converged => $"after {Text.Count(run.Report.Epochs.Count, "epoch")}: nothing was left to gain",
        _ => null,
    };
}
