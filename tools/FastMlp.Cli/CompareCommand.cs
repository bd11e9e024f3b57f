using System.CommandLine;
using System.Globalization;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp compare</c>: two models on the same rows, with a paired test.</summary>
internal sealed class CompareCommand : CliCommand
{
    private readonly Argument<string> firstPath = new("A") { Description = "A model file" };

    private readonly Argument<string> secondPath = new("B") { Description = "Another one that learnt the same target" };

    private readonly Option<string> dataName = new("--data")
    {
        HelpName = "DATA",
        Required = true,
        Description = "Rows with known answers that neither was trained on: a file, a folder or a built-in data set, as for evaluate",
    };

    private readonly TextOptions text = new();

    public CompareCommand(CommandContext context)
        : base(context, "compare", "Score two models on the same rows and test whether they differ: classes by McNemar's exact test, values by a paired t-test of the squared errors.")
    {
        Add(firstPath);
        Add(secondPath);
        Add(dataName);
        foreach (Option option in text.All)
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples => ["fastmlp compare small.safetensors large.safetensors --data test.csv"];

    protected override int Run(ParseResult parsed)
    {
        string[] paths = [parsed.GetRequiredValue(firstPath), parsed.GetRequiredValue(secondPath)];
        DataSource source = DataSource.Find(parsed.GetRequiredValue(dataName));
        CsvOptions csv = text.Read(parsed);
        Answered first = Answered.Of(paths[0], source, csv, note => Console.Error.WriteLine($"note: {note}"));
        Answered second = Answered.Of(paths[1], source, csv, note => Console.Error.WriteLine($"note: {note}"));
        PairedComparison comparison = new(first, second);
        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "compare");
                json.WriteString("data", source.Name);
                json.WriteStartArray("models");
                foreach (Answered one in new[] { first, second })
                {
                    json.WriteStartObject();
                    json.WriteString("model", one.Path);
                    ScoreReport.WriteFigures(json, one.Score);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteStartObject("test");
                json.WriteString("name", comparison.TestName);
                foreach ((string name, double value) in comparison.Figures)
                {
                    TrainingSummary.Figure(json, name, value);
                }

                TrainingSummary.Figure(json, "p", comparison.P);
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        foreach (Answered one in new[] { first, second })
        {
            Console.Output.WriteLine($"{one.Path}: {(one.Score.Classifies ? $"accuracy {Four(one.Score.Accuracy)}, log loss {Four(one.Score.Loss)}" : $"rmse {Four(one.Score.Rmse)}, R2 {Four(one.Score.R2)}")}");
        }

        Console.Output.WriteLine($"rows: {first.Score.Rows}");
        foreach (string line in comparison.Lines)
        {
            foreach (string wrapped in WhatWasRead.Wrapped(line, indent: 2))
            {
                Console.Output.WriteLine(wrapped);
            }
        }

        return ExitCode.Done;
    }

    private static string Four(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
