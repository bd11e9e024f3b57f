using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp predict</c>: one line for each row of the data.</summary>
internal sealed class PredictCommand : CliCommand
{
    private const string StandardInput = "-";

    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file" };

    private readonly Argument<string> dataName = new("DATA")
    {
        Description = "A CSV file with the features of the training data in any order, '-' for CSV on standard input, a NumPy or libsvm file, a built-in data set or a folder of idx files",
    };

    private readonly Option<string?> output = new("--out") { HelpName = "FILE.csv", Description = "Write here instead of to standard output" };

    private readonly Option<bool> probabilities = new("--probabilities") { Description = "Give the probability of every class" };

    private readonly ModelOptions modelOptions = new();
    private readonly TextOptions text = new();

    public PredictCommand(CommandContext context)
        : base(context, "predict", "Predict each row: the class and its probability, or the value in the unit of the training data.")
    {
        dataName.OffersDataSets();
        Add(modelPath);
        Add(dataName);
        Add(output);
        Add(probabilities);
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
        "fastmlp predict iris.safetensors iris --probabilities",
        "tail -n 5 new.csv | cat header.csv - | fastmlp predict price.safetensors -",
    ];

    protected override int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(modelPath);
        OutputFile.CheckApart(
            [("MODEL", path), ("DATA", parsed.GetRequiredValue(dataName))],
            [(output.Name, parsed.GetValue(output))]);
        if (parsed.GetValue(output) is { } checkedPath)
        {
            OutputFile.CheckWritable(checkedPath);
        }

        using StoredModel model = StoredModel.Load(path, modelOptions.Read(parsed, path), note => Console.Error.WriteLine($"note: {note}"));
        if (parsed.GetValue(probabilities) && !model.Classifies)
        {
            throw new UsageException("--probabilities is for models that tell classes apart; this one predicts a value.");
        }

        string? outputPath = parsed.GetValue(output);
        bool all = parsed.GetValue(probabilities);
        ReadingTally tally = new(model.Preprocessing);
        IEnumerable<float[]> parts = Predict(model, parsed.GetRequiredValue(dataName), Console, text.Read(parsed), tally);
        Predictions predictions = new(model, all);
        if (outputPath is not null)
        {
            OutputFile.Write(outputPath, stream =>
            {
                using StreamWriter file = new(stream, leaveOpen: true);
                predictions.WriteCsv(parts, file);
            });
        }
        else if (!AsJson(parsed))
        {
            predictions.WriteCsv(parts, Console.Output);
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

    /// <summary>The answers in the unit of the data, in parts that follow the reading of the rows.</summary>
    private static IEnumerable<float[]> Predict(StoredModel model, string dataName, CommandConsole console, CsvOptions csv, ReadingTally tally)
    {
        IEnumerable<float[]> parts = dataName == StandardInput
            ? DataSource.ReadFeaturesFor(console.Input, model.Preprocessing, "standard input", csv, tally)
            : DataSource.Find(dataName).ReadFeaturesFor(model.Preprocessing, csv, tally);
        return parts.Select(features =>
        {
            model.Preprocessing.Features.Transform(features);
            float[] outputs = model.Network.Predict(features);
            model.Preprocessing.InverseTargets(outputs);
            return outputs;
        });
    }
}
