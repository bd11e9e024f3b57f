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

        foreach (BaselineScore one in score.Baselines)
        {
            writer.WriteLine(score.Classifies ? $"{prefix}accuracy of {one.Name}: {Four(one.Accuracy)}" : $"{prefix}rmse of {one.Name}: {Four(one.Rmse)}");
        }

        foreach ((string name, _, double value) in score.Figures)
        {
            writer.WriteLine($"{prefix}{name}: {Four(value)}");
        }

        foreach (RareClass one in score.RareClasses)
        {
            if (one.AveragePrecision is { } precision)
            {
                writer.WriteLine($"{prefix}average precision of {one.Name}: {Four(precision)}");
            }
        }
    }

    /// <summary>What to mind about the figures, one sentence each.</summary>
    public static IEnumerable<string> Hints(Score score, bool isWeighted)
    {
        if (score.RareClasses.Count > 0)
        {
            string names = string.Join(", ", score.RareClasses.Select(one => $"'{one.Name}' ({Text.Percent(one.Share)} of the rows)"));
            yield return $"accuracy says little of {names}: see balanced accuracy and average precision{(isWeighted ? "." : "; --class-weights balanced lets all classes count alike.")}";
        }

        if (score.Baselines.FirstOrDefault(one => !IsBetter(one)) is { } other)
        {
            yield return other.Key == BaselineScore.Linear
                ? "on these rows the network is no better than a linear model (--layers none makes one)."
                : $"on these rows the network is no better than {other.Name}: it has learnt nothing that holds there.";
        }

        // More classes right, or as many with a lower loss.
        bool IsBetter(BaselineScore one) => score.Classifies
            ? score.Accuracy > one.Accuracy || (score.Accuracy == one.Accuracy && score.Loss < one.LogLoss)
            : score.Rmse < one.Rmse;
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

        foreach ((_, string key, double value) in score.Figures)
        {
            TrainingSummary.Figure(json, key, value);
        }

        if (score.Baselines.Count > 0)
        {
            json.WriteStartObject("baselines");
            foreach (BaselineScore one in score.Baselines)
            {
                json.WriteStartObject(one.Key);
                TrainingSummary.Figure(json, score.Classifies ? "accuracy" : "rmse", score.Classifies ? one.Accuracy : one.Rmse);
                TrainingSummary.Figure(json, score.Classifies ? "loss" : "r2", score.Classifies ? one.LogLoss : one.R2);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (score.RareClasses.Count > 0)
        {
            json.WriteStartArray("rareClasses");
            foreach (RareClass one in score.RareClasses)
            {
                json.WriteStartObject();
                json.WriteString("class", one.Name);
                json.WriteNumber("share", one.Share);
                TrainingSummary.Figure(json, "averagePrecision", one.AveragePrecision ?? double.NaN);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
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
