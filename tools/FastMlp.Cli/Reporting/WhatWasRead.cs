using System.Globalization;
using System.Text;
using System.Text.Json;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting;

/// <summary>The table "What I read": a line for each column, within 80 characters.</summary>
internal static class WhatWasRead
{
    private const int Width = 79;

    /// <summary>Lines of a wide file; of the columns beyond, those with a note are shown and the others counted.</summary>
    private const int MostLines = 40;

    private static readonly (string Head, int Width, bool Right)[] layout = [("column", 18, false), ("read as", 8, false), ("distinct", 9, true), ("missing", 8, true), ("example", 12, false)];

    /// <summary>The lines; none where nothing is known, as of built-in data.</summary>
    public static IEnumerable<string> Lines(Preprocessing preprocessing)
    {
        IReadOnlyList<ColumnSummary> columns = preprocessing.Columns?.WhatWasRead ?? [];
        if (columns.Count == 0)
        {
            yield break;
        }

        StringBuilder head = new();
        foreach ((string name, int width, bool right) in layout)
        {
            head.Append(Fitted(name, width, right)).Append(' ');
        }

        yield return $"{head} note".TrimEnd();
        ColumnSummary[] shown = columns.Count <= MostLines ? [.. columns] : [.. columns.Where((column, i) => i < MostLines / 2 || column.Note.Length > 0).Take(MostLines)];
        foreach (ColumnSummary column in shown)
        {
            foreach (string line in Lines(column))
            {
                yield return line;
            }
        }

        if (shown.Length < columns.Count)
        {
            IEnumerable<string> kinds = columns.Except(shown).GroupBy(column => column.ReadAs).Select(kind => $"{Text.Count(kind.Count())} {kind.Key}");
            yield return $"... and {Text.Count(columns.Count - shown.Length)} more: {string.Join(", ", kinds)}";
        }
    }

    public static void Write(TextWriter writer, Preprocessing preprocessing)
    {
        foreach (string line in Lines(preprocessing))
        {
            writer.WriteLine(line);
        }
    }

    /// <summary>An array under "columns".</summary>
    public static void Write(Utf8JsonWriter json, Preprocessing preprocessing)
    {
        if (preprocessing.Columns is not { WhatWasRead: { Count: > 0 } columns })
        {
            return;
        }

        json.WriteStartArray("columns");
        foreach (ColumnSummary column in columns)
        {
            json.WriteStartObject();
            column.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What rows had that training did not, one sentence for each column; none where there is nothing to say.</summary>
    public static IEnumerable<string> Surprises(ReadingTally tally)
    {
        foreach (ColumnTally column in tally.Columns)
        {
            List<string> parts = [];
            Add(column.Missing, "missing");
            Add(column.Unseen, "not seen in training");
            Add(column.OutOfRange, "out of the training range");
            Add(column.Clipped, "so far out that they were clipped to 1,000 training ranges");
            if (parts.Count > 0)
            {
                yield return $"note: column '{column.Name}': {string.Join(", ", parts)} (of {Text.Count(column.Rows)} values).";
            }

            void Add(long count, string what)
            {
                if (count > 0)
                {
                    parts.Add($"{Text.Count(count)} {what}");
                }
            }
        }
    }

    /// <summary>An array under "read": of each column that had surprises, how many.</summary>
    public static void Write(Utf8JsonWriter json, ReadingTally tally)
    {
        json.WriteStartArray("read");
        foreach (ColumnTally column in tally.Columns)
        {
            json.WriteStartObject();
            json.WriteString("column", column.Name);
            json.WriteNumber("values", column.Rows);
            json.WriteNumber("missing", column.Missing);
            json.WriteNumber("unseen", column.Unseen);
            json.WriteNumber("outOfRange", column.OutOfRange);
            json.WriteNumber("clipped", column.Clipped);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<string> Lines(ColumnSummary column)
    {
        string distinct = column.ReadAs is "ignored" ? "" : (column.DistinctIsExact ? "" : "~") + Text.Count(column.Distinct);
        string[] cells = [column.Name, column.ReadAs, distinct, column.Missing == 0 ? "" : Text.Count(column.Missing), column.Example];
        StringBuilder line = new();
        for (int i = 0; i < layout.Length; i++)
        {
            line.Append(Fitted(cells[i], layout[i].Width, layout[i].Right)).Append(' ');
        }

        int indent = line.Length + 1;
        return Wrapped($"{line} {column.Note}", indent);
    }

    /// <summary>A text on lines of 79 places, the later ones moved in.</summary>
    public static IEnumerable<string> Wrapped(string text, int indent)
    {
        string margin = new(' ', indent);
        while (text.Length > Width)
        {
            int space = text.LastIndexOf(' ', Width);
            int cut = space > indent ? space : Width;
            yield return text[..cut].TrimEnd();
            text = margin + text[cut..].TrimStart();
        }

        yield return text.TrimEnd();
    }

    /// <summary>Exactly so many places on the screen; what is too long is cut.</summary>
    private static string Fitted(string text, int width, bool right)
    {
        StringBuilder fitted = new();
        int places = 0;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]));
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            int wide = IsWide(element) ? 2 : 1;
            if (places + wide > width)
            {
                // The last place says that something is left out.
                while (places >= width && fitted.Length > 0)
                {
                    places -= IsWide(fitted[^1].ToString()) ? 2 : 1;
                    fitted.Length--;
                }

                fitted.Append('~');
                places++;
                break;
            }

            fitted.Append(element);
            places += wide;
        }

        string padding = new(' ', Math.Max(0, width - places));
        return right ? padding + fitted : fitted + padding;
    }

    private static bool IsWide(string element) => element[0] is >= '\u1100' and <= '\u115f' or >= '\u2e80' and <= '\ua4cf' or >= '\uac00' and <= '\ud7a3' or >= '\uf900' and <= '\ufaff' or >= '\ufe30' and <= '\ufe6f' or >= '\uff00' and <= '\uff60' or >= '\ud83c' and <= '\ud83e';
}
