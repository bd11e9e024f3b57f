using System.Globalization;
using System.Text;
using CsvHelper;

namespace FastMlp.Data;

/// <summary>
/// The rows of CSV text, one at a time, with the column names found first. Every row has as many fields as there are columns.
/// CsvHelper splits the text into fields of UTF-8 bytes; its mapping of records to types, which needs reflection, is not used.
/// </summary>
internal sealed class CsvRows : IDisposable
{
    // Bounds what an unclosed quote can make the parser hold.
    private const int MaxRecordBytes = 64 << 20;
    private const int MaxListed = 20;
    private const int MaxShown = 40;

    private readonly CsvReader csv;
    private readonly Queue<Buffered> pending = new();
    private readonly long namedAtLine;
    private readonly MissingTokens missing;
    private readonly IReadOnlyList<IDisposable> owned;
    private Buffered? current;

    /// <param name="open">Opens the parser.</param>
    /// <param name="source">The name in messages.</param>
    /// <param name="options">How to read.</param>
    /// <param name="knownNames">Names of which any one makes the first row a header.</param>
    /// <param name="owned">What is disposed of with the rows, in this order.</param>
    public CsvRows(Func<CsvReaderOptions, CsvReader> open, string source, CsvOptions options, IReadOnlyList<string> knownNames, IReadOnlyList<IDisposable>? owned = null)
    {
        if (options.Delimiter is { } d && (d > '\x7e' || d is '"' or '\r' or '\n' || char.IsAsciiLetterOrDigit(d) || d is '.' or '+' or '-'))
        {
            throw new ArgumentException($"'{d}' cannot separate fields; a comma, a semicolon or a tab can.", nameof(options));
        }

        Source = source;
        this.owned = owned ?? [];
        missing = new MissingTokens(options.MissingTokens);
        csv = open(new CsvReaderOptions
        {
            Separator = options.Delimiter,
            HasHeader = false,
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
            MaxRecordSize = MaxRecordBytes,
        });
        try
        {
            (Names, HasHeader, namedAtLine) = ReadNames(options.Header, knownNames);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The name in messages.</summary>
    public string Source { get; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool HasHeader { get; }

    /// <summary>A name for each column, given or made.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The line at which the current row starts, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The field of the current row as UTF-8, unquoted and trimmed; valid until the next row.</summary>
    public ReadOnlySpan<byte> this[int column] => current is { } row ? row.Fields[column] : csv.GetSpan(column);

    /// <summary>Moves to the next row of data; false at the end.</summary>
    public bool Next()
    {
        int count;
        if (pending.TryDequeue(out current))
        {
            Line = current.Line;
            count = current.Fields.Length;
        }
        else if (ReadRecord())
        {
            Line = csv.LineNumber;
            count = csv.FieldCount;
        }
        else
        {
            return false;
        }

        return count == Names.Count
            ? true
            : throw new DataFormatException(
                $"{Source}, line {Line}: {count} field{(count == 1 ? "" : "s")}, but line {namedAtLine} has {Names.Count}; every row needs the same number.");
    }

    /// <summary>The field as a finite float32.</summary>
    /// <exception cref="DataFormatException">It is not.</exception>
    public float Number(int column)
    {
        ReadOnlySpan<byte> field = this[column];
        return FloatText.TryParse(field, out float value) && float.IsFinite(value)
            ? value
            : throw NotANumber(column);
    }

    /// <summary>The exception for a field that is not a finite float32.</summary>
    public DataFormatException NotANumber(int column, string hint = "")
    {
        ReadOnlySpan<byte> field = this[column];
        string fault = field.IsEmpty ? "the field is empty"
            : !float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? $"'{Shown(field)}' is not a number"
            : field.ContainsAnyInRange((byte)'0', (byte)'9') ? $"'{Shown(field)}' is beyond the range of float32"
            : $"'{Shown(field)}' is not finite";
        return At(column, $"{fault}; a finite number was expected.{hint}");
    }

    /// <summary>An exception that points to a field of the current row.</summary>
    public DataFormatException At(int column, string fault) => new($"{Source}, line {Line}, column '{Shown(Names[column])}': {fault}");

    /// <summary>An exception about the whole file.</summary>
    public DataFormatException About(string fault) => new($"{Source}: {fault}");

    /// <summary>The column of that name or else, if it is a whole number, of that index from 0; -1 if there is none.</summary>
    public int Find(string nameOrIndex)
    {
        int column = FindName(nameOrIndex);
        return column < 0 && int.TryParse(nameOrIndex, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < Names.Count
            ? index
            : column;
    }

    /// <summary>The column of that name; -1 if there is none.</summary>
    public int FindName(string name)
    {
        for (int c = 0; c < Names.Count; c++)
        {
            if (Names[c] == name)
            {
                return c;
            }
        }

        return -1;
    }

    /// <summary>The names as a message lists them: all of a few, the first of many.</summary>
    public static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MaxListed).Select(n => Shown(n))) + (names.Count > MaxListed ? $" and {names.Count - MaxListed} more" : "");

    /// <summary>The text as a message shows it: on one line and not too long.</summary>
    public static string Shown(ReadOnlySpan<char> text)
    {
        StringBuilder shown = new();
        foreach (char c in text)
        {
            if (shown.Length == MaxShown)
            {
                shown.Append("...");
                break;
            }

            shown.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c);
        }

        return shown.ToString();
    }

    /// <summary>The same for a field.</summary>
    public static string Shown(ReadOnlySpan<byte> field) => Shown(Encoding.UTF8.GetString(field[..Math.Min(field.Length, 4 * (MaxShown + 1))]));

    public void Dispose()
    {
        csv.Dispose();
        foreach (IDisposable below in owned)
        {
            below.Dispose();
        }
    }

    private static bool IsNumber(byte[] field) => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private (string[] Names, bool HasHeader, long Line) ReadNames(CsvHeader header, IReadOnlyList<string> knownNames)
    {
        Buffered first = ReadBuffered() ?? throw About("the file is empty; rows of numbers, with or without a header, were expected.");
        bool named = header == CsvHeader.Present;
        if (header == CsvHeader.Detect)
        {
            Buffered? second = ReadBuffered();
            if (second is not null)
            {
                pending.Enqueue(second);
            }

            named = LooksLikeHeader(first, second, knownNames);
        }

        if (named)
        {
            return (NamesOf(first), true, first.Line);
        }

        // The first row comes before the second, which may wait already.
        Buffered[] waiting = [.. pending];
        pending.Clear();
        pending.Enqueue(first);
        foreach (Buffered row in waiting)
        {
            pending.Enqueue(row);
        }

        return (ColumnPlan.MadeNames(first.Fields.Length), false, first.Line);
    }

    private bool LooksLikeHeader(Buffered first, Buffered? second, IReadOnlyList<string> knownNames)
    {
        HashSet<string> known = [.. knownNames];
        if (!Array.Exists(first.Fields, IsNumber) || Array.Exists(first.Fields, f => known.Contains(Encoding.UTF8.GetString(f))))
        {
            return true;
        }

        for (int c = 0; c < first.Fields.Length; c++)
        {
            bool overNumber = second is not null && c < second.Fields.Length && IsNumber(second.Fields[c]);
            if (!IsNumber(first.Fields[c]) && overNumber && !missing.Contain(first.Fields[c]))
            {
                throw new DataFormatException(
                    $"{Source}, line {first.Line}: the row holds numbers, but '{Shown(first.Fields[c])}' stands over a number; either it is a header (then say so) or the value is wrong.");
            }
        }

        return false;
    }

    private string[] NamesOf(Buffered row)
    {
        string[] names = new string[row.Fields.Length];
        HashSet<string> seen = [];
        for (int c = 0; c < names.Length; c++)
        {
            string name = Encoding.UTF8.GetString(row.Fields[c]);
            names[c] = name.Length > 0 ? name : FormattableString.Invariant($"column{c}");
            if (!seen.Add(names[c]))
            {
                throw new DataFormatException($"{Source}, line {row.Line}: two columns are named '{Shown(names[c])}'; names must differ.");
            }
        }

        return names;
    }

    private Buffered? ReadBuffered()
    {
        if (!ReadRecord())
        {
            return null;
        }

        byte[][] fields = new byte[csv.FieldCount][];
        for (int c = 0; c < fields.Length; c++)
        {
            fields[c] = csv.GetSpan(c).ToArray();
        }

        return new Buffered(csv.LineNumber, fields);
    }

    private bool ReadRecord()
    {
        try
        {
            return csv.Read();
        }
        catch (CsvFormatException e)
        {
            throw new DataFormatException(
                $"{Source}, line {e.LineNumber}: the quotes do not pair up, or the row is longer than {MaxRecordBytes >> 20} MiB; a field with a quote is written \"a \"\"b\"\" c\".", e);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{Source}: the gzip data is damaged or cut short; CSV text, gzip or not, was expected.", e);
        }
    }

    private sealed record Buffered(long Line, byte[][] Fields);
}
