using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Reporting.Html;
using FastMlp.Cli.Sources;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp evaluate</c>: scores a stored model on data with known answers.</summary>
internal sealed class EvaluateCommand : CliCommand
{
    /// <summary>Scaled features rarely lie farther from 0 than that.</summary>
    private const float FarFromUnit = 20;

    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file" };

    private readonly Argument<string> dataName = new("DATA")
    {
        Description = "A built-in data set, a CSV file with the columns of the training data in any order, '-' for CSV on standard input, a NumPy or libsvm file, or a folder of idx files (its test set, if it has one)",
    };

    private readonly Option<bool> heldOut = new("--held-out")
    {
        Description = "Score only the rows that training held out of the same data",
    };

    private readonly Option<string?> report = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page on the model and these rows: confusions or errors, what matters, the worst mistakes, the inside of the network",
    };

    private readonly ModelOptions modelOptions = new();
    private readonly TextOptions text = new();

    public EvaluateCommand(CommandContext context)
        : base(context, "evaluate", "Score a model on data: the figures of training and, for classes, the confusion matrix.")
    {
        dataName.OffersDataSets();
        Add(modelPath);
        Add(dataName);
        Add(heldOut);
        Add(report);
        modelOptions.AddTo(this);
        foreach (Option option in text.All)
        {
            Add(option);
        }
    }

    public override IReadOnlyList<OptionGroup> Groups => [modelOptions];

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp evaluate digits.safetensors digits --held-out",
        "fastmlp evaluate price.safetensors houses-2026.csv --report houses.html",
    ];

    protected override int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(modelPath);
        OutputFile.CheckApart(
            [("MODEL", path), ("DATA", parsed.GetRequiredValue(dataName))],
            [(report.Name, parsed.GetValue(report))]);
        using StoredModel model = StoredModel.Load(path, modelOptions.Read(parsed, path), note => Console.Error.WriteLine($"note: {note}"));
        DataSource source = DataSource.Find(parsed.GetRequiredValue(dataName), Console.OpenInput);
        bool onlyHeldOut = parsed.GetValue(heldOut);
        string? reportPath = parsed.GetValue(report);
        if (reportPath is not null)
        {
            OutputFile.CheckWritable(reportPath, report.Name);
        }

        CsvOptions csv = text.Read(parsed);
        ReadingTally tally = new(model.Preprocessing);
        Scoring scoring = new(model.Network, model.Preprocessing, model.Baseline);
        Dataset? first = null;
        long rows = 0;
        foreach ((Dataset part, long read) in onlyHeldOut ? HeldOut(model, source, csv, tally) : source.ReadFor(model.Preprocessing, csv, tally).Select(part => (part, (long)part.Rows)))
        {
            rows += read;
            if (part.Rows > 0)
            {
                Dataset scaled = model.Preprocessing.Transform(part);
                scoring.Add(scaled);
                first ??= scaled;
            }
        }

        if (onlyHeldOut && model.Provenance is { SeenRows: null })
        {
            CheckSameData(model, source, rows);
        }

        if (first is null)
        {
            throw new CommandFailedException($"{source.Name} has no rows.");
        }

        Score score = scoring.Score;
        if (reportPath is not null)
        {
            Page.Write(reportPath, RunReport.Of(model, source, first, score, onlyHeldOut));
        }

        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "evaluate");
                json.WriteString("model", model.Path);
                json.WriteString("data", source.Name);
                if (reportPath is not null)
                {
                    json.WriteString("report", reportPath);
                }

                ScoreReport.WriteFigures(json, score);
                WhatWasRead.Write(json, tally);
                if (score.Confusion is not null)
                {
                    ScoreReport.WriteConfusion(json, score.Confusion, model.ClassNames);
                }
            });
        }
        else
        {
            if (!onlyHeldOut && MayHaveTrained(model, source, rows))
            {
                Console.Error.WriteLine($"note: the model was trained on part of {source.Name}; --held-out scores only the rows that it has not seen.");
            }

            foreach (string note in WhatWasRead.Surprises(tally))
            {
                Console.Error.WriteLine(note);
            }

            if (!model.HasPreprocessing && FarthestFeature(first) is { Size: > FarFromUnit } far)
            {
                Console.Error.WriteLine($"note: the model carries no scaling, and feature {far.Feature} of the data reaches {Text.Value(far.Size)}: if it was trained on scaled rows, these figures are wrong.");
            }

            if (score.Confusion is not null)
            {
                ScoreReport.WriteConfusion(Console.Results, score.Confusion, model.ClassNames);
            }

            Console.Output.WriteLine($"rows: {score.Rows}");
            ScoreReport.WriteFigures(Console.Output, score, "test ");
            foreach (string hint in ScoreReport.Hints(score, isWeighted: model.Provenance?.Options.Contains("--class-weights", StringComparison.Ordinal) ?? false))
            {
                Console.Error.WriteLine($"note: {hint}");
            }
        }

        return ExitCode.Done;
    }

    /// <summary>The feature with the value farthest from 0.</summary>
    private static (int Feature, float Size) FarthestFeature(Dataset rows)
    {
        ReadOnlySpan<float> features = rows.Features;
        int farthest = 0;
        for (int i = 1; i < features.Length; i++)
        {
            farthest = Math.Abs(features[i]) > Math.Abs(features[farthest]) ? i : farthest;
        }

        return (farthest % rows.InputSize, Math.Abs(features[farthest]));
    }

    private static bool MayHaveTrained(StoredModel model, DataSource source, long rows) =>
        model.Provenance is { TestFraction: > 0 } provenance && provenance.Data == source.Name && provenance.Rows == rows;

    /// <summary>The rows that training held out, in parts, and how many rows were read for each.</summary>
    private static IEnumerable<(Dataset HeldOut, long Read)> HeldOut(StoredModel model, DataSource source, CsvOptions csv, ReadingTally tally)
    {
        if (model.Provenance is not { } provenance || provenance is { TestFraction: 0, SeenRows: null })
        {
            throw new CommandFailedException($"{model.Path} does not say that any rows were held out at training; leave --held-out away.");
        }

        if (!provenance.Stream)
        {
            // A split in memory depends on the classes of all rows.
            Dataset all = source.LoadFor(model.Preprocessing, csv, tally);
            if (provenance.SeenRows is { } text)
            {
                yield return (all.Select(HeldOut(model, source, all, provenance, RowFingerprints.Parse(text))), all.Rows);
                yield break;
            }

            CheckSameData(model, source, all.Rows);
            yield return (SplitData.HeldOutRows(RawTable.Of(all), provenance.TestFraction, provenance.Seed) is { } chosen ? all.Select(chosen) : all, all.Rows);
            yield break;
        }

        long start = 0;
        foreach (Dataset part in source.ReadFor(model.Preprocessing, csv, tally))
        {
            int[] chosen = [.. Enumerable.Range(0, part.Rows).Where(row => CsvBatches.IsTestRow(start + row, provenance.TestFraction, provenance.Seed))];
            yield return (part.Select(chosen), part.Rows);
            start += part.Rows;
        }
    }

    /// <summary>Of the data of training the rows that it parted off; of others, or in another order, the rows that it has not seen.</summary>
    private static int[] HeldOut(StoredModel model, DataSource source, Dataset all, Provenance provenance, RowFingerprints seen)
    {
        int[] parted = provenance.Rows == all.Rows ? SplitData.HeldOutRows(RawTable.Of(all), provenance.TestFraction, provenance.Seed) ?? [] : [];
        HashSet<int> partedOff = [.. parted];
        if (parted.Length > 0 && Enumerable.Range(0, all.Rows).All(row => partedOff.Contains(row) || seen.Contain(all, row)))
        {
            return parted;
        }

        int[] unseen = [.. Enumerable.Range(0, all.Rows).Where(row => !seen.Contain(all, row))];
        return unseen.Length > 0 ? unseen : throw new CommandFailedException($"{model.Path} was trained on every row of {source.Name}; none is held out.");
    }

    private static void CheckSameData(StoredModel model, DataSource source, long rows)
    {
        if (model.Provenance is { } provenance && (provenance.Data != source.Name || provenance.Rows != rows))
        {
            throw new CommandFailedException($"the model was trained on {provenance.Data} with {Text.Count(provenance.Rows, "row")}, not on {source.Name} with {Text.Count(rows)}: which rows were held out is not known.");
        }
    }
}
