using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp predict</c>: one line for each row of the data.</summary>
internal sealed class PredictCommand : CliCommand
{
    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file" };

    private readonly Argument<string> dataName = new("DATA")
    {
        Description = "A CSV file with the features of the training data in any order, '-' for CSV on standard input, a NumPy or libsvm file, a built-in data set or a folder of idx files",
    };

    private readonly Option<string?> output = new("--out") { HelpName = "FILE", Description = "Write here instead of to standard output: CSV, or what an ending .jsonl or .npy says" };

    private readonly Option<PredictionFormat?> format = FastMlp.Cli.Arguments.Options.Choice<PredictionFormat>(
        "--format", "Form of the output: npy holds the numbers alone, of classes all probabilities [default: by the ending of --out, else csv]",
        ("csv", PredictionFormat.Csv), ("jsonl", PredictionFormat.JsonLines), ("npy", PredictionFormat.Npy));

    private readonly Option<string[]> keep = new("--keep")
    {
        HelpName = "COLUMN,...",
        Description = "Columns of a CSV file to carry to the output as they are written there, before the answers",
    };

    private readonly Option<NonFinite?> nonFinite = FastMlp.Cli.Arguments.Options.Choice<NonFinite>(
        "--on-nan", "What becomes of an answer that is not a number or infinite: an error that names the row, or an empty field (null in JSON, NaN in npy) [default: error]",
        ("error", NonFinite.Error), ("empty", NonFinite.Empty));

    private readonly Option<bool> probabilities = new("--probabilities") { Description = "Give the probability of every class" };

    private readonly Option<bool> spread = new("--spread")
    {
        Description = "Tell how far the networks of an ensemble differ: the standard deviation of their values, or of their probabilities of the class that is given, and the entropy of all probabilities",
    };

    private readonly ModelOptions modelOptions = new();
    private readonly TextOptions text = new();

    public PredictCommand(CommandContext context)
        : base(context, "predict", "Predict each row: the class and its probability, or the value in the unit of the training data.")
    {
        dataName.OffersDataSets();
        Add(modelPath);
        Add(dataName);
        Add(output);
        Add(format);
        Add(keep);
        Add(nonFinite);
        Add(probabilities);
        Add(spread);
        modelOptions.AddTo(this);
        foreach (Option option in text.All)
        {
            Add(option);
        }
    }

    public override IReadOnlyList<OptionGroup> Groups => [modelOptions];

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp predict price.safetensors new.csv --out prices.csv",
        "fastmlp predict price.safetensors new.csv --keep id,street --out prices.jsonl",
        "fastmlp predict iris.safetensors iris --probabilities",
        "tail -n 5 new.csv | cat header.csv - | fastmlp predict price.safetensors -",
    ];

    protected override int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(modelPath);
        OutputFile.CheckApart(
            [("MODEL", path), ("DATA", parsed.GetRequiredValue(dataName))],
            [(output.Name, parsed.GetValue(output))]);
        string? outputPath = parsed.GetValue(output);
        if (outputPath is not null)
        {
            OutputFile.CheckWritable(outputPath);
        }

        string[] kept = [.. ColumnOptions.Names(parsed.GetValue(keep)).Distinct()];
        PredictionFormat form = Format(parsed, outputPath, kept);

        using StoredModel model = StoredModel.Load(path, modelOptions.Read(parsed, path), note => Console.Error.WriteLine($"note: {note}"));
        if (parsed.GetValue(probabilities) && !model.Classifies)
        {
            throw new UsageException("--probabilities is for models that tell classes apart; this one predicts a value.");
        }

        Network[] members = parsed.GetValue(spread) ? Ensemble.Members(model.Network) : [];
        if (members.Length == 1)
        {
            throw new CommandFailedException($"{model.Path} is one network, so there is no spread: train it with --ensemble 5.");
        }

        bool all = parsed.GetValue(probabilities);
        ReadingTally tally = new(model.Preprocessing);
        DataSource source = DataSource.Find(parsed.GetRequiredValue(dataName), Console.OpenInput);
        IEnumerable<KeptRows> parts = Predict(model, members, source, text.Read(parsed) with { Keep = kept }, tally);
        Predictions predictions = new(model, all, members.Length > 0, kept, parsed.GetValue(nonFinite) ?? NonFinite.Error);
        if (outputPath is not null)
        {
            OutputFile.Write(outputPath, stream =>
            {
                if (form == PredictionFormat.Npy)
                {
                    predictions.WriteNpy(parts, stream);
                    return;
                }

                using StreamWriter file = new(stream, leaveOpen: true);
                Write(predictions, form, parts, file);
            });
        }
        else if (!AsJson(parsed))
        {
            Write(predictions, form, parts, Console.Output);
        }

        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "predict");
                json.WriteString("model", model.Path);
                if (outputPath is not null)
                {
                    json.WriteString("out", outputPath);
                }
                else
                {
                    predictions.Write(json, parts);
                }

                json.WriteNumber("rows", predictions.Rows);
                WhatWasRead.Write(json, tally);
            });
        }
        else if (outputPath is not null)
        {
            Console.Error.WriteLine($"wrote {Text.Count(predictions.Rows, "row")} to {outputPath}");
        }

        foreach (string note in WhatWasRead.Surprises(tally))
        {
            Console.Error.WriteLine(note);
        }

        return ExitCode.Done;
    }

    private static void Write(Predictions predictions, PredictionFormat form, IEnumerable<KeptRows> parts, TextWriter writer)
    {
        if (form == PredictionFormat.JsonLines)
        {
            predictions.WriteJsonLines(parts, writer);
        }
        else
        {
            predictions.WriteCsv(parts, writer);
        }
    }

    /// <summary>The form that is said, or that the ending of the file says.</summary>
    private PredictionFormat Format(ParseResult parsed, string? outputPath, string[] kept)
    {
        PredictionFormat? said = parsed.GetValue(format);
        if (said is not null && outputPath is null && AsJson(parsed))
        {
            throw new UsageException("--json prints one JSON object; leave --format away, or write its form to a file with --out.");
        }

        string ending = Path.GetExtension(outputPath ?? "").ToLowerInvariant();
        PredictionFormat form = said ?? (ending is ".jsonl" or ".ndjson" ? PredictionFormat.JsonLines : ending == ".npy" ? PredictionFormat.Npy : PredictionFormat.Csv);
        if (form == PredictionFormat.Npy && outputPath is null)
        {
            throw new UsageException("--format npy writes bytes, not text; say where with --out.");
        }

        return form == PredictionFormat.Npy && kept.Length > 0
            ? throw new UsageException("--keep carries texts, and an npy file holds numbers only; write CSV or JSON lines.")
            : form;
    }

    /// <summary>The answers in the unit of the data, and behind those of a row the spread of the members if there are any, in parts that follow the reading of the rows.</summary>
    private static IEnumerable<KeptRows> Predict(StoredModel model, Network[] members, DataSource source, CsvOptions csv, ReadingTally tally)
    {
        return source.ReadFeaturesFor(model.Preprocessing, csv, tally).Select(part =>
        {
            float[] features = part.Values;
            model.Preprocessing.Features.Transform(features);
            float[] outputs = model.Network.Predict(features);
            model.Preprocessing.InverseTargets(outputs);
            return part with { Values = members.Length == 0 ? outputs : Beside(outputs, Spread(model, members, features), model.Network.OutputSize) };
        });
    }

    /// <summary>The standard deviation of each output over the members, in the unit of the data.</summary>
    private static float[] Spread(StoredModel model, Network[] members, float[] features)
    {
        float[] spread = Ensemble.Spread(members, features);
        ReadOnlySpan<float> scales = model.Preprocessing.Targets is { } scaler ? scaler.Scales : [];
        for (int i = 0; i < spread.Length && scales.Length > 0; i++)
        {
            spread[i] /= scales[i % scales.Length];
        }

        return spread;
    }

    /// <summary>[rows, 2 width]: a row of one behind a row of the other.</summary>
    private static float[] Beside(float[] outputs, float[] spread, int width)
    {
        float[] both = new float[outputs.Length * 2];
        for (int row = 0; row < outputs.Length / width; row++)
        {
            outputs.AsSpan(row * width, width).CopyTo(both.AsSpan(2 * row * width));
            spread.AsSpan(row * width, width).CopyTo(both.AsSpan(((2 * row) + 1) * width));
        }

        return both;
    }
}
