namespace FastMlp.Data;

/// <summary>Reads the fields of one column before it is decided: plain numbers at once, everything else as a text that is looked at once.</summary>
internal sealed class CellReader(string name, ColumnRule rule, char mark, MissingTokens tokens, int mostTexts = int.MaxValue)
{
    private readonly TextIndex texts = new(tokens, mostTexts);
    private readonly bool textsOnly = rule.Kind is ColumnKind.Category or ColumnKind.Text;

    public string Name => name;

    public ColumnRule Rule => rule;

    /// <summary>The texts that are no plain numbers, by code.</summary>
    public TextIndex Texts => texts;

    /// <summary>The line of the first missing value; 0 where there is none.</summary>
    public long FirstMissingLine { get; private set; }

    /// <summary>Numbers whose mark can only be the decimal one.</summary>
    public long DecisiveMarks { get; private set; }

    /// <summary>The cell of a field; of a text that is one too many its code is <see cref="TextIndex.Beyond"/>.</summary>
    public double Read(ReadOnlySpan<char> field, long line, out bool isBeyond)
    {
        isBeyond = false;
        if (!textsOnly && !field.IsEmpty && !NumberText.IsNoBeginning(field[0]) && NumberText.TryParsePlain(field, mark, out double value, out MarkEvidence evidence) && Math.Abs(value) <= float.MaxValue)
        {
            DecisiveMarks += evidence == MarkEvidence.Decisive ? 1 : 0;
            return value;
        }

        int code = texts.CodeOf(field, line);
        if (code >= 0)
        {
            return Cell.Text(code);
        }

        isBeyond = code == TextIndex.Beyond;
        if (!isBeyond && FirstMissingLine == 0)
        {
            FirstMissingLine = line;
        }

        return Cell.Missing;
    }

    /// <summary>A number that was read with one mark as it reads with the other: its mark separated thousands.</summary>
    public static double WithOtherMark(double cell) => double.IsNaN(cell) || cell == Math.Truncate(cell) ? cell : Math.Round(cell * 1000);

    /// <summary>
    /// The mark of a whole file from what its columns say; null where they contradict each other.
    /// </summary>
    /// <param name="columns">All columns, the target's too.</param>
    /// <param name="read">The mark that they were read with.</param>
    /// <param name="otherwise">The mark where the numbers leave it open.</param>
    public static char? MarkOf(IEnumerable<CellReader> columns, char read, char otherwise)
    {
        long point = 0;
        long comma = 0;
        bool open = false;
        foreach (CellReader column in columns)
        {
            (point, comma) = read == '.' ? (point + column.DecisiveMarks, comma) : (point, comma + column.DecisiveMarks);
            foreach (string text in column.textsOnly ? [] : column.Texts.Texts)
            {
                (bool withPoint, bool withComma) = ValueText.Readings(text);
                point += withPoint && !withComma ? 1 : 0;
                comma += withComma && !withPoint ? 1 : 0;
                open |= withPoint && withComma;
            }
        }

        char mark = point > comma ? '.' : comma > point ? ',' : open ? otherwise : read;
        return mark == read || (read == '.' ? point : comma) == 0 ? mark : null;
    }
}
