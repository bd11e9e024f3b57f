using System.Globalization;
using System.Text;
using nietras.SeparatedValues;

namespace FastMlp.Data;

/// <summary>
/// The records of CSV text, each with as many fields as the first: the names of the columns and the first rows are looked at to find the form of the file, then rows
/// pass one at a time.
/// </summary>
/// <remarks>
/// Sep splits the text into fields at separators outside quotes. What it lets pass is checked here: a quote within a field that does not begin with one, a
/// quote that never ends, a row of another length.
/// </remarks>
internal sealed class CsvRows : IDisposable
{
    private const int SampleRows = 200;
    private const int SampleCharacters = 1 << 16;
    private const int MaxListed = 20;
    private const int MaxShown = 40;

    private readonly SepReader csv;
    private readonly LimitedText text;
    private readonly EncodedText? encoded;
    private readonly IReadOnlyList<IDisposable> owned;
    private readonly Queue<(long Line, string[] Fields, string[] Written)> pending = new();
    private readonly long namedAtLine;
    private string[]? sampled;
    private string[] sampledAsWritten = [];
    private char[] unquoted = [];
    private bool hasQuotes;
    private long nextLine = 1;

    /// <param name="reader">The text.</param>
    /// <param name="source">The name in messages.</param>
    /// <param name="options">How to read.</param>
    /// <param name="knownNames">Names of which any one makes the first row a header.</param>
    /// <param name="plannedMark">The decimal mark that a model expects; null where no model does.</param>
    /// <param name="owned">What is disposed of with the rows, in this order.</param>
    public CsvRows(TextReader reader, string source, CsvOptions options, IReadOnlyList<string> knownNames, char? plannedMark = null, IReadOnlyList<IDisposable>? owned = null)
    {
        if (options.Delimiter is { } d && (d > '\x7e' || d is '"' or '\r' or '\n' || char.IsAsciiLetterOrDigit(d) || d is '.' or '+' or '-'))
        {
            throw new ArgumentException($"'{d}' cannot separate fields; a comma, a semicolon, a tab or a bar can.", nameof(options));
        }

        Source = source;
        this.owned = owned ?? [];
        encoded = reader as EncodedText;
        text = new LimitedText(reader, () => throw new DataFormatException($"{source}, line {nextLine}: the row is longer than 64 million characters, or its quotes do not pair up."));
        try
        {
            ReadOnlySpan<char> beginning = Guarded(() => text.Look(SampleCharacters).ToArray());
            Delimiter = options.Delimiter ?? CsvLayout.Delimiter(beginning, isWhole: beginning.Length < SampleCharacters - 2);
            csv = Guarded(() => new Sep(Delimiter).Reader(o => o with { HasHeader = false, DisableColCountCheck = true, CultureInfo = CultureInfo.InvariantCulture }).From(text));
            List<string[]> sample = ReadSample();
            MissingTokens missing = new(options.MissingTokens);
            string question = "";
            HasHeader = options.Header == CsvHeader.Present || (options.Header == CsvHeader.Detect && CsvLayout.HasHeader(sample, [.. knownNames], missing, out question));
            namedAtLine = pending.Peek().Line;
            if (question.Length > 0)
            {
                throw new DataFormatException($"{Source}, line {namedAtLine}: {question}");
            }

            Line = namedAtLine;
            Names = HasHeader ? NamesOf(pending.Dequeue().Fields) : ColumnPlan.MadeNames(sample[0].Length);
            OpenMark = plannedMark ?? (Delimiter == ';' ? ',' : '.');
            Mark = options.Decimal switch
            {
                DecimalMark.Point => '.',
                DecimalMark.Comma => ',',
                _ => CsvLayout.Mark(HasHeader ? sample.Skip(1) : sample) ?? OpenMark,
            };
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The name in messages.</summary>
    public string Source { get; }

    /// <summary>What separates fields.</summary>
    public char Delimiter { get; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool HasHeader { get; }

    /// <summary>A name for each column, given or made; all differ.</summary>
    public IReadOnlyList<string> Names { get; } = [];

    /// <summary>The columns whose name is empty in the header.</summary>
    public IReadOnlySet<int> Nameless { get; private set; } = new HashSet<int>();

    /// <summary>What was done about the form of the file, one sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The decimal mark, given or as the first rows say.</summary>
    public char Mark { get; }

    /// <summary>The decimal mark where no number decides.</summary>
    public char OpenMark { get; }

    /// <summary>Whether the last column has no name and no value in the first rows, as after a separator at the end of each line.</summary>
    public bool EndsEmpty => Nameless.Contains(Names.Count - 1) && pending.All(row => row.Fields.Length != Names.Count || row.Fields[^1].Length == 0);

    /// <summary>The line at which the current row starts, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The field of the current row, unquoted and trimmed; valid until the next call.</summary>
    public ReadOnlySpan<char> this[int column]
    {
        get
        {
            if (sampled is not null)
            {
                return sampled[column];
            }

            ReadOnlySpan<char> field = csv.Current[column].Span;
            if (field.IsEmpty)
            {
                return field;
            }

            if (field[0] <= ' ' || field[^1] <= ' ')
            {
                field = field.Trim();
            }

            return hasQuotes && !field.IsEmpty && field[0] == '"' ? Unquoted(field) : field;
        }
    }

    /// <summary>The field of the current row as it is written: unquoted, and with its blanks; valid until the next call.</summary>
    public ReadOnlySpan<char> Written(int column)
    {
        if (sampled is not null)
        {
            return sampledAsWritten[column];
        }

        ReadOnlySpan<char> field = csv.Current[column].Span;
        ReadOnlySpan<char> quoted = hasQuotes ? field.Trim() : [];
        return !quoted.IsEmpty && quoted[0] == '"' ? Unescaped(quoted) : field;
    }

    /// <summary>Moves to the next row of data; false at the end.</summary>
    public bool Next()
    {
        int count;
        if (pending.TryDequeue(out (long Line, string[] Fields, string[] Written) row))
        {
            (Line, sampled, sampledAsWritten) = row;
            count = sampled.Length;
            for (int c = 0; encoded is { IsDamaged: true } && c < count; c++)
            {
                CheckEncoding(sampled[c], c);
            }
        }
        else
        {
            sampled = null;
            if (!ReadRecord())
            {
                return false;
            }

            count = csv.Current.ColCount;
        }

        return count == Names.Count
            ? true
            : throw new DataFormatException(
                $"{Source}, line {Line}: {count} field{(count == 1 ? "" : "s")}, but line {namedAtLine} has {Names.Count}; every row needs the same number.");
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

            shown.Append(char.IsControl(c) || c is '\u2028' or '\u2029' || char.IsSurrogate(c) ? ' ' : c);
        }

        return shown.ToString();
    }

    /// <summary>The same for UTF-8.</summary>
    public static string Shown(ReadOnlySpan<byte> field) => Shown(Encoding.UTF8.GetString(field[..Math.Min(field.Length, 4 * (MaxShown + 1))]));

    public void Dispose()
    {
        csv?.Dispose();
        text?.Dispose();
        foreach (IDisposable below in owned)
        {
            below.Dispose();
        }
    }

    private List<string[]> ReadSample()
    {
        List<string[]> sample = [];
        int characters = 0;
        while (sample.Count < SampleRows && characters < SampleCharacters && ReadRecord())
        {
            string[] fields = new string[csv.Current.ColCount];
            string[] written = new string[fields.Length];
            for (int c = 0; c < fields.Length; c++)
            {
                fields[c] = this[c].ToString();
                ReadOnlySpan<char> field = Written(c);
                written[c] = field.SequenceEqual(fields[c]) ? fields[c] : field.ToString();
                characters += fields[c].Length;
            }

            sample.Add(fields);
            pending.Enqueue((Line, fields, written));
        }

        return sample.Count > 0 ? sample : throw About("the file is empty; rows of numbers, with or without a header, were expected.");
    }

    private string[] NamesOf(string[] header)
    {
        string[] names = new string[header.Length];
        HashSet<string> taken = [.. header];
        HashSet<string> seen = [];
        HashSet<int> nameless = [];
        for (int c = 0; c < names.Length; c++)
        {
            string name = header[c];
            if (encoded is { IsDamaged: true })
            {
                CheckEncoding(name, c);
            }

            if (name.Length == 0)
            {
                nameless.Add(c);
                name = FormattableString.Invariant($"column{c}");
            }

            string unique = name;
            for (int copy = 1; (copy > 1 && taken.Contains(unique)) || !seen.Add(unique); copy++)
            {
                unique = FormattableString.Invariant($"{name}.{copy}");
            }

            if (unique != name)
            {
                Notes.Add($"A second column '{Shown(name)}' is named '{Shown(unique)}'.");
            }

            names[c] = unique;
        }

        Nameless = nameless;
        return names;
    }

    /// <summary>Moves to the next record that is no empty line.</summary>
    private bool ReadRecord()
    {
        while (true)
        {
            Line = nextLine;
            try
            {
                if (!csv.MoveNext())
                {
                    return false;
                }
            }
            catch (InvalidDataException e)
            {
                throw Damaged(e);
            }

            text.EndRecord();
            SepReader.Row row = csv.Current;

            // Sep counts the lines from one too far at the first row, but their end is right.
            nextLine = row.LineNumberToExcl;
            hasQuotes = row.Span.Contains('"');
            if (row.ColCount == 1 && row[0].Span.Trim().IsEmpty)
            {
                continue;
            }

            if (hasQuotes)
            {
                CheckQuotes(row);
            }

            if (encoded is { IsDamaged: true } && Names.Count > 0)
            {
                for (int c = 0; c < row.ColCount; c++)
                {
                    CheckEncoding(row[c].Span, c);
                }
            }

            return true;
        }
    }

    private void CheckQuotes(SepReader.Row row)
    {
        for (int c = 0; c < row.ColCount; c++)
        {
            ReadOnlySpan<char> field = row[c].Span.Trim();
            if (field.Contains('"') && !IsQuoted(field))
            {
                throw new DataFormatException($"{Source}, line {Line}: the quotes of field {c + 1}, {Shown(field)}, do not pair up; a field with a quote is written \"a \"\"b\"\" c\".");
            }
        }
    }

    /// <summary>The first rows are read before their names are known, and so are checked when they pass.</summary>
    private void CheckEncoding(ReadOnlySpan<char> field, int c)
    {
        if (EncodedText.TryGetByte(field, out byte value))
        {
            string column = c < Names.Count ? $"column '{Shown(Names[c])}'" : $"field {c + 1}";
            throw new DataFormatException($"{Source}, line {Line}, {column}: the byte 0x{value:x2} is not UTF-8; say which encoding the text has (Encoding, --encoding latin1 or windows-1252).");
        }
    }

    /// <summary>Quotes around all of it, and every one within doubled.</summary>
    private static bool IsQuoted(ReadOnlySpan<char> field)
    {
        if (field.Length < 2 || field[0] != '"' || field[^1] != '"')
        {
            return false;
        }

        ReadOnlySpan<char> inner = field[1..^1];
        for (int quote = inner.IndexOf('"'); quote >= 0; quote = inner.IndexOf('"'))
        {
            if (quote + 1 >= inner.Length || inner[quote + 1] != '"')
            {
                return false;
            }

            inner = inner[(quote + 2)..];
        }

        return true;
    }

    private ReadOnlySpan<char> Unquoted(ReadOnlySpan<char> field) => Unescaped(field).Trim();

    /// <summary>What stands between the quotes.</summary>
    private ReadOnlySpan<char> Unescaped(ReadOnlySpan<char> field)
    {
        ReadOnlySpan<char> inner = field[1..^1];
        if (!inner.Contains('"'))
        {
            return inner;
        }

        unquoted = unquoted.Length < inner.Length ? new char[Math.Max(64, inner.Length)] : unquoted;
        int length = 0;
        for (int i = 0; i < inner.Length; i++)
        {
            unquoted[length++] = inner[i];
            i += inner[i] == '"' ? 1 : 0;
        }

        return unquoted.AsSpan(0, length);
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
    }

    private DataFormatException Damaged(InvalidDataException e) => new($"{Source}: the gzip data is damaged or cut short; CSV text, gzip or not, was expected.", e);
}
