using System.Buffers.Text;
using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// libsvm (svmlight) text to rows: a target, then <c>index:value</c> with ascending indices, 0 where an index is left out; a number
/// sign starts a comment; gzip or not (told by content). The rows become dense.
/// </summary>
/// <remarks>
/// The dense rows may take 16 MB, and beyond that 256 bytes for each byte of text: data far sparser than that are not for a dense
/// network, and an index that lies cannot ask for more.
/// </remarks>
public static class LibsvmDataset
{
    private const long FreeValues = 1 << 22;
    private const long ValuesPerByte = 64;
    private const int MaxLineBytes = 64 << 20;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message names the file and the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, LibsvmOptions? options = null)
    {
        using FileStream file = Open(path);
        return Load(file, options, path);
    }

    /// <summary>Reads a stream, which stays open; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static Dataset Load(Stream stream, LibsvmOptions? options = null, string source = "libsvm") =>
        Read(stream, source, options ?? new LibsvmOptions()).ToDataset(options?.Task);

    /// <summary>Reads a file as a trained model needs it, for evaluation: as many features, classes under the model's numbers.</summary>
    /// <exception cref="DataFormatException">As above, or an index is beyond the model's features, or a class is unknown to it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, Preprocessing preprocessing, LibsvmOptions? options = null)
    {
        using FileStream file = Open(path);
        return Read(file, path, For(preprocessing, options)).ToDataset(preprocessing);
    }

    /// <summary>Reads only the features; a target, whatever it is, stands at the start of each line.</summary>
    /// <exception cref="DataFormatException">As above.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, LibsvmOptions? options = null)
    {
        using FileStream file = Open(path);
        return Read(file, path, For(preprocessing, options)).ToFeatures(preprocessing);
    }

    private static LibsvmOptions For(Preprocessing preprocessing, LibsvmOptions? options)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return (options ?? new LibsvmOptions()) with { FeatureCount = preprocessing.Features.Size };
    }

    private static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.OpenRead(path);
    }

    internal static NumericRows Read(Stream stream, string source, LibsvmOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (options.FeatureCount is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(options));
        }

        Sparse sparse = new(source, options);
        try
        {
            using Stream content = Compression.Open(stream);
            ReadLines(content, source, sparse);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{source}: the gzip data is damaged or cut short; libsvm text, gzip or not, was expected.", e);
        }

        return sparse.Dense();
    }

    private static void ReadLines(Stream content, string source, Sparse rows)
    {
        byte[] buffer = new byte[1 << 16];
        int filled = 0;
        bool more = true;
        while (more)
        {
            int got = content.Read(buffer.AsSpan(filled));
            more = got > 0;
            filled += got;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                rows.Add(buffer.AsSpan(start, length), length + 1);
                start += length + 1;
            }

            if (!more && start < filled)
            {
                rows.Add(buffer.AsSpan(start, filled - start), filled - start);
                start = filled;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                if (filled >= MaxLineBytes)
                {
                    throw new DataFormatException($"{source}, line {rows.Line + 1}: the line is longer than {MaxLineBytes >> 20} MiB.");
                }

                Array.Resize(ref buffer, 2 * buffer.Length);
            }
        }
    }

    /// <summary>The rows as the file has them, and then as a matrix.</summary>
    private sealed class Sparse(string source, LibsvmOptions options)
    {
        private readonly List<double> targets = [];
        private readonly List<long> lines = [];
        private readonly List<int> indices = [];
        private readonly List<float> values = [];
        private readonly List<int> starts = [];
        private long bytes;
        private int highest = -1;

        public long Line { get; private set; }

        public void Add(ReadOnlySpan<byte> line, int lengthWithEnd)
        {
            Line++;
            bytes += lengthWithEnd;
            int comment = line.IndexOf((byte)'#');
            line = Trim(comment < 0 ? line : line[..comment]);
            if (line.IsEmpty)
            {
                return;
            }

            ReadOnlySpan<byte> target = Word(ref line);
            double value = double.TryParse(target, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && float.IsFinite((float)number)
                ? number
                : throw Fault($"the target '{CsvRows.Shown(target)}' is not a finite number.");
            targets.Add(value);
            lines.Add(Line);
            starts.Add(indices.Count);
            int last = -1;
            while (!line.IsEmpty)
            {
                last = AddFeature(Word(ref line), last);
            }
        }

        public NumericRows Dense()
        {
            int size = options.FeatureCount ?? highest + 1;
            if (targets.Count == 0 || size == 0)
            {
                throw new DataFormatException($"{source}: there are no rows of features; lines such as '1 3:0.5 7:2' were expected.");
            }

            long count = (long)targets.Count * size;
            if (count > Math.Min(FreeValues + (ValuesPerByte * bytes), Array.MaxLength))
            {
                throw new DataFormatException($"{source}: {targets.Count} rows of {size} features are too sparse for a dense network: {count} values from {bytes} bytes of text.");
            }

            float[] features = new float[count];
            for (int row = 0; row < targets.Count; row++)
            {
                int end = row + 1 < starts.Count ? starts[row + 1] : indices.Count;
                for (int i = starts[row]; i < end; i++)
                {
                    features[((long)row * size) + indices[i]] = values[i];
                }
            }

            return new NumericRows(source, features, size, [.. targets], 1, row => FormattableString.Invariant($"line {lines[row]}"));
        }

        private int AddFeature(ReadOnlySpan<byte> word, int last)
        {
            int first = options.ZeroBased ? 0 : 1;
            int colon = word.IndexOf((byte)':');
            if (colon < 0 || !Utf8Parser.TryParse(word[..colon], out int index, out int used) || used != colon || index < first)
            {
                throw Fault($"'{CsvRows.Shown(word)}' is not index:value with an index of at least {first}.");
            }

            index -= first;
            if (index <= last)
            {
                throw Fault($"the index of '{CsvRows.Shown(word)}' is not above the one before it.");
            }

            if (options.FeatureCount is { } count && index >= count)
            {
                throw Fault($"the index of '{CsvRows.Shown(word)}' is above {count - 1 + first}, the last of {count} features.");
            }

            if (!NumberText.TryParseSingle(word[(colon + 1)..], out float value))
            {
                throw Fault($"the value of '{CsvRows.Shown(word)}' is not a finite float32.");
            }

            indices.Add(index);
            values.Add(value);
            highest = Math.Max(highest, index);
            return index;
        }

        private DataFormatException Fault(string fault) => new($"{source}, line {Line}: {fault}");

        private static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
        {
            int end = line.IndexOfAny((byte)' ', (byte)'\t');
            ReadOnlySpan<byte> word = end < 0 ? line : line[..end];
            line = end < 0 ? [] : Trim(line[end..]);
            return word;
        }

        private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\r"u8);
    }
}
