namespace FastMlp.Data;

/// <summary>Reads the fields of one column as a model knows it. A text is understood once and then remembered.</summary>
internal sealed class PlannedReader(PlannedColumn column, char mark, IReadOnlyList<string> missingTokens, ColumnTally? tally = null)
{
    /// <summary>Different texts that are remembered.</summary>
    private const int Remembered = 1 << 14;

    private readonly TextIndex texts = new(new MissingTokens(missingTokens), Remembered);
    private readonly List<(bool Read, double Raw)> meanings = [];
    private readonly bool isNumber = column.Kind == ColumnKind.Number;

    /// <summary>The raw value of a field, NaN where it is missing.</summary>
    /// <param name="field">Trimmed.</param>
    /// <param name="raw">What <see cref="PlannedColumn.Encode"/> takes.</param>
    /// <param name="fault">What is wrong, if it cannot be read.</param>
    public bool TryRead(ReadOnlySpan<char> field, out double raw, out string fault)
    {
        fault = "";
        if (!(isNumber && NumberText.TryParse(field, mark, out raw) && Math.Abs(raw) <= float.MaxValue))
        {
            int code = texts.CodeOf(field, 0);
            bool read;
            if (code == TextIndex.Missing)
            {
                raw = double.NaN;
                read = column.Missing.Kind != MissingKind.Error;
            }
            else if (code == TextIndex.Beyond)
            {
                read = column.TryRead(field, mark, out raw);
            }
            else
            {
                if (code == meanings.Count)
                {
                    bool understood = column.TryRead(field, mark, out double meaning);
                    meanings.Add((understood, meaning));
                }

                (read, raw) = meanings[code];
            }

            if (!read)
            {
                fault = Fault(field, code == TextIndex.Missing);
                return false;
            }
        }

        tally?.Add(column, raw);
        return true;
    }

    private string Fault(ReadOnlySpan<char> field, bool missing)
    {
        string found = field.IsEmpty ? "the field is empty"
            : missing ? $"'{CsvRows.Shown(field)}' stands for a missing value"
            : isNumber ? ColumnDecision.NotANumber(field.ToString())
            : $"'{CsvRows.Shown(field)}' stands there";
        return $"{found}; {column.Wanted}.";
    }
}
