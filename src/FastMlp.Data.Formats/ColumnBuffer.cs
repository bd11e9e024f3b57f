using System.Globalization;

namespace FastMlp.Data.Formats;

/// <summary>The values of a column while a reader fills it, all of one kind: the kind that the file declares, or that of the first value.</summary>
internal sealed class ColumnBuffer(string name, string source, CellKind kind = CellKind.Unknown)
{
    // Booleans are 1 and 0 here, gaps NaN.
    private readonly List<double> numbers = [];
    private readonly List<string?> texts = [];
    private readonly List<DateTime?> dates = [];

    public string Name { get; } = name;

    public int Rows { get; private set; }

    public void AddMissing()
    {
        AddGap();
        Rows++;
    }

    /// <summary>A number; NaN is a gap.</summary>
    /// <exception cref="DataFormatException">It is outside the range of float32, or the column holds other values.</exception>
    public void AddNumber(double value)
    {
        Expect(CellKind.Number);
        if (Math.Abs(value) > float.MaxValue)
        {
            throw Fault($"{value.ToString("R", CultureInfo.InvariantCulture)} is not a finite number in the range of float32.");
        }

        numbers.Add(value);
        Rows++;
    }

    public void AddText(string value)
    {
        Expect(CellKind.Text);
        texts.Add(value);
        Rows++;
    }

    public void AddBoolean(bool value)
    {
        Expect(CellKind.Boolean);
        numbers.Add(value ? 1 : 0);
        Rows++;
    }

    public void AddDate(DateTime value)
    {
        Expect(CellKind.Date);
        dates.Add(value);
        Rows++;
    }

    public RawColumn ToColumn() => kind switch
    {
        CellKind.Number => RawColumn.Numbers(Name, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(numbers)),
        CellKind.Boolean => RawColumn.Booleans(Name, numbers.ConvertAll(value => double.IsNaN(value) ? (bool?)null : value != 0)),
        CellKind.Date => RawColumn.Dates(Name, dates),
        CellKind.Text => RawColumn.Texts(Name, texts),
        _ => RawColumn.Texts(Name, new string?[Rows]),
    };

    /// <summary>An error about the next value.</summary>
    public DataFormatException Fault(string fault, Exception? cause = null)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"{source}, row {Rows}, column {MessageText.Quote(Name)}: {fault}");
        return cause is null ? new DataFormatException(message) : new DataFormatException(message, cause);
    }

    /// <summary>The table of the columns.</summary>
    /// <exception cref="DataFormatException">There are no rows, or the options fit no column.</exception>
    public static RawTable ToTable(IReadOnlyList<ColumnBuffer> columns, TableOptions? options, string source)
    {
        if (columns.Count == 0 || columns[0].Rows == 0)
        {
            throw new DataFormatException($"{source}: there are no rows; at least one was expected.");
        }

        return RawTable.Of([.. columns.Select(column => column.ToColumn())], options, source);
    }

    private void Expect(CellKind wanted)
    {
        if (kind == wanted)
        {
            return;
        }

        if (kind != CellKind.Unknown)
        {
            throw Fault($"a {Word(wanted)} stands in a column of {Word(kind)}s; all values of a column are of one kind.");
        }

        kind = wanted;
        for (int row = 0; row < Rows; row++)
        {
            AddGap();
        }
    }

    private void AddGap()
    {
        switch (kind)
        {
            case CellKind.Number or CellKind.Boolean:
                numbers.Add(double.NaN);
                break;
            case CellKind.Text:
                texts.Add(null);
                break;
            case CellKind.Date:
                dates.Add(null);
                break;
            default:
                break;
        }
    }

    private static string Word(CellKind kind) => kind switch
    {
        CellKind.Number => "number",
        CellKind.Text => "text",
        CellKind.Boolean => "boolean",
        _ => "date",
    };
}
