using System.CommandLine;
using System.Text.Json;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp data</c>: what is read of a file, and what is doubtful about it, without training.</summary>
internal sealed class DataCommand : CliCommand
{
    private readonly Argument<string> dataName = new("DATA") { Description = "A CSV file, '-' for CSV on standard input, or any other data that train takes" };

    private readonly Option<string?> target = new("--target") { HelpName = "COLUMN", Description = "What is to be learnt: a column by name or by number from 0 [default: the last]" };

    private readonly Option<DataTask?> task = FastMlp.Cli.Arguments.Options.Number("--task", "classify|regress", "Read the target as classes or values [default: by its values]", "classify or regress",
        (string text, out DataTask value) =>
        {
            value = text == "regress" ? DataTask.Regression : DataTask.Classification;
            return text is "classify" or "regress";
        });

    private readonly ColumnOptions columns = new();

    public DataCommand(CommandContext context)
        : base(context, "data", "Show what is read of a file: each column's kind, different and missing values, what is left out, and what is doubtful.")
    {
        dataName.OffersDataSets();
        Add(dataName);
        Add(target);
        Add(task);
        foreach (Option option in columns.All)
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp data houses.csv --target price",
        "fastmlp data orders.csv --columns when:date:dmy,zip:category --json",
    ];

    protected override int Run(ParseResult parsed)
    {
        DataSource source = DataSource.Find(parsed.GetRequiredValue(dataName), Console.OpenInput);
        CsvOptions csv = columns.Read(parsed, parsed.GetValue(target), parsed.GetValue(task));

        // To look at gaps, they need not be filled.
        csv = source.IsCsv && csv.Missing == Missing.Error ? csv with { Missing = Missing.Mean } : csv;
        (RawTable table, _) = source.LoadTable(csv);
        SplitData.Check(source, table);
        Preprocessing preprocessing = Preprocessing.Fit(table);
        IReadOnlyList<string> warnings = [.. table.Notes, .. TableWarnings.Of(table, preprocessing)];
        if (AsJson(parsed))
        {
            Console.WriteJson(json => Write(json, source, table, preprocessing, warnings));
            return ExitCode.Done;
        }

        Console.Output.WriteLine($"{source.Name}: {Text.Count(table.Rows, "row")}, {Text.Count(preprocessing.Features.Size, "feature")}, {(table.IsClassification ? Text.Count(table.TargetSize, "class") : Text.Count(table.TargetSize, "value") + " to learn")}");
        WhatWasRead.Write(Console.Output, preprocessing);
        foreach (string warning in warnings)
        {
            foreach (string line in WhatWasRead.Wrapped($"- {warning}", 2))
            {
                Console.Output.WriteLine(line);
            }
        }

        return ExitCode.Done;
    }

    private static void Write(Utf8JsonWriter json, DataSource source, RawTable table, Preprocessing preprocessing, IReadOnlyList<string> warnings)
    {
        json.WriteString("command", "data");
        json.WriteString("data", source.Name);
        json.WriteNumber("rows", table.Rows);
        json.WriteNumber("features", preprocessing.Features.Size);
        json.WriteString("task", table.IsClassification ? "classification" : "regression");
        if (table.IsClassification)
        {
            json.WriteStartArray("classes");
            for (int label = 0; label < table.TargetSize; label++)
            {
                json.WriteStartObject();
                json.WriteString("name", preprocessing.ClassNames[label]);
                json.WriteNumber("rows", table.Labels.Count(label));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WhatWasRead.Write(json, preprocessing);
        json.WriteStartArray("warnings");
        foreach (string warning in warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
    }
}
