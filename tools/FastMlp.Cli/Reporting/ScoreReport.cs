using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Training;
using Spectre.Console;

namespace FastMlp.Cli.Reporting;

/// <summary>The figures on lines of their own, and the confusion matrix.</summary>
internal static class ScoreReport
{
    /// <summary>Above this many classes a matrix no longer fits a screen; the most frequent confusions are listed instead.</summary>
    private const int MostMatrixClasses = 20;

    private const int MostConfusions = 20;

    /// <summary>A short first row, so that class names stay readable in a column.</summary>
    private const int MostNameLength = 14;

    public static void WriteFigures(TextWriter writer, Score score, string prefix)
    {
        if (score.Classifies)
        {
            writer.WriteLine($"{prefix}loss: {Four(score.Loss)}");
            writer.WriteLine($"{prefix}accuracy: {Four(score.Accuracy)}");
        }
        else
        {
            writer.WriteLine($"{prefix}rmse: {Four(score.Rmse)}");
            writer.WriteLine($"{prefix}r2: {Four(score.R2)}");
        }
    }

    public static void WriteFigures(Utf8JsonWriter json, Score score)
    {
        json.WriteNumber("rows", score.Rows);
        WriteScores(json, score);
    }

    /// <summary>The same without the number of rows.</summary>
    public static void WriteScores(Utf8JsonWriter json, Score score)
    {
        TrainingSummary.Figure(json, "loss", score.Loss);
        if (score.Classifies)
        {
            TrainingSummary.Figure(json, "accuracy", score.Accuracy);
        }
        else
        {
            TrainingSummary.Figure(json, "rmse", score.Rmse);
            TrainingSummary.Figure(json, "r2", score.R2);
        }
    }

    /// <summary>One line for each model that is no network.</summary>
    public static void WriteBaselines(TextWriter writer, Baselines baselines)
    {
        WriteBaseline(writer, Baselines.ConstantName(baselines.Constant.Classifies), baselines.Constant);
        WriteBaseline(writer, "linear model", baselines.Linear);
    }

    public static void WriteBaseline(TextWriter writer, string name, Score score) => writer.WriteLine(score.Classifies
        ? $"{name}: loss {Four(score.Loss)}, accuracy {Four(score.Accuracy)}"
        : $"{name}: rmse {Four(score.Rmse)}, r2 {Four(score.R2)}");

    /// <summary>What a user should know of a network that is no better than what needs none; null where it is.</summary>
    public static string? Verdict(Score score, Baselines baselines)
    {
        return !IsBetter(score, baselines.Constant) ? $"on the test rows the network is no better than the {Baselines.ConstantName(score.Classifies)}: it has learnt nothing that holds there."
            : !IsBetter(score, baselines.Linear) ? "on the test rows the network is no better than a linear model (--layers none makes one)."
            : null;

        // More classes right, or as many with a lower loss.
        static bool IsBetter(Score one, Score other) => one.Classifies
            ? one.Accuracy > other.Accuracy || (one.Accuracy == other.Accuracy && one.Loss < other.Loss)
            : one.R2 > other.R2;
    }

    public static void WriteBaselines(Utf8JsonWriter json, Baselines baselines)
    {
        json.WriteStartObject("baselines");
        WriteBaseline(json, "constant", baselines.Constant);
        WriteBaseline(json, "linear", baselines.Linear);
        json.WriteEndObject();
    }

    public static void WriteBaseline(Utf8JsonWriter json, string name, Score score)
    {
        json.WriteStartObject(name);
        WriteScores(json, score);
        json.WriteEndObject();
    }

    public static void WriteConfusion(Utf8JsonWriter json, int[,] confusion, IReadOnlyList<string> classNames)
    {
        json.WriteStartArray("classes");
        foreach (string name in classNames)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("confusion");
        for (int i = 0; i < confusion.GetLength(0); i++)
        {
            json.WriteStartArray();
            for (int j = 0; j < confusion.GetLength(1); j++)
            {
                json.WriteNumberValue(confusion[i, j]);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    public static void WriteConfusion(IAnsiConsole console, int[,] confusion, IReadOnlyList<string> classNames)
    {
        int classes = confusion.GetLength(0);
        console.Write(classes <= MostMatrixClasses ? Matrix(confusion, classNames) : MostFrequent(confusion, classNames));
    }

    private static Table Matrix(int[,] confusion, IReadOnlyList<string> classNames)
    {
        int classes = confusion.GetLength(0);
        Table table = new Table().Border(TableBorder.Simple).Title("rows of each true class (down) by predicted class (across)");
        table.AddColumn(new TableColumn("true").NoWrap());
        foreach (string name in classNames)
        {
            table.AddColumn(new TableColumn(Markup.Escape(Short(name))).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("recall").RightAligned().NoWrap());
        for (int i = 0; i < classes; i++)
        {
            int total = 0;
            List<string> cells = [Markup.Escape(Short(classNames[i]))];
            for (int j = 0; j < classes; j++)
            {
                int count = confusion[i, j];
                total += count;
                string text = Text.Count(count);
                cells.Add(count == 0 ? "[grey].[/]" : i == j ? $"[green]{text}[/]" : $"[red]{text}[/]");
            }

            cells.Add(total == 0 ? "-" : Text.Percent(confusion[i, i] / (double)total));
            table.AddRow([.. cells]);
        }

        return table;
    }

    private static Table MostFrequent(int[,] confusion, IReadOnlyList<string> classNames)
    {
        List<(int True, int Predicted, int Rows)> mistakes = [];
        for (int i = 0; i < confusion.GetLength(0); i++)
        {
            for (int j = 0; j < confusion.GetLength(1); j++)
            {
                if (i != j && confusion[i, j] > 0)
                {
                    mistakes.Add((i, j, confusion[i, j]));
                }
            }
        }

        Table table = new Table().Border(TableBorder.Simple).Title("most frequent confusions (all of them with --json)");
        table.AddColumn("true").AddColumn("predicted").AddColumn(new TableColumn("rows").RightAligned());
        foreach ((int truth, int predicted, int rows) in mistakes.OrderByDescending(mistake => mistake.Rows).Take(MostConfusions))
        {
            table.AddRow(Markup.Escape(classNames[truth]), Markup.Escape(classNames[predicted]), Text.Count(rows));
        }

        return table;
    }

    private static string Short(string name) => name.Length <= MostNameLength ? name : string.Concat(name.AsSpan(0, MostNameLength - 1), "~");

    private static string Four(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
