using System.IO.Compression;

namespace FastMlp.Data;

/// <summary>Reads and writes npz files, NumPy's format for several arrays by name: a zip archive of npy files.</summary>
/// <remarks>Memory grows with what the archive holds unpacked, not with what its headers claim. The checksum of each array is checked.</remarks>
public static class NpzFile
{
    private const string Extension = ".npy";

    /// <summary>Reads every array of a file, by its name without <c>.npy</c>. Entries of other kinds are passed over.</summary>
    /// <exception cref="DataFormatException">The archive or an array in it is damaged or of another kind; the message names the array and the offset in it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        return Read(file, path);
    }

    /// <summary>Reads a stream, which stays open; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(Stream stream, string source = "npz") => Read(stream, source, names => names);

    /// <summary>Reads the arrays that are chosen of all names; others may be of kinds that are not read.</summary>
    /// <param name="stream">The archive; it stays open.</param>
    /// <param name="source">The name in messages.</param>
    /// <param name="choose">Of all names those to read.</param>
    internal static IReadOnlyDictionary<string, NpyArray> Read(Stream stream, string source, Func<IReadOnlyList<string>, IEnumerable<string>> choose)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            using ZipArchive archive = new(stream, ZipArchiveMode.Read, leaveOpen: true);
            Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);
            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                string name = entry.FullName;
                if (name.EndsWith(Extension, StringComparison.Ordinal) && !entries.TryAdd(name[..^Extension.Length], entry))
                {
                    throw new DataFormatException($"{source}: two arrays are named '{CsvRows.Shown(name)}'; names must differ.");
                }
            }

            return choose([.. entries.Keys]).ToDictionary(name => name, name => Read(entries[name], $"{source}, array '{CsvRows.Shown(entries[name].FullName)}'"), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new DataFormatException($"{source}: the zip archive is damaged, cut short, encrypted or packed in an unknown way; an npz file, a zip archive of npy files, was expected.", e);
        }
    }

    /// <summary>Writes a file, which numpy.load reads. The same arrays give the same bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">The arrays, by name without <c>.npy</c>.</param>
    /// <param name="compress">Whether they are deflated, as by numpy.savez_compressed.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NpyArray>> arrays, bool compress = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.Create(path);
        Write(file, arrays, compress);
    }

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="arrays">The arrays, by name without <c>.npy</c>.</param>
    /// <param name="compress">Whether they are deflated, as by numpy.savez_compressed.</param>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, NpyArray>> arrays, bool compress = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(arrays);
        using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach ((string name, NpyArray array) in arrays)
        {
            ZipArchiveEntry entry = archive.CreateEntry(name + Extension, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);

            // The first day that a zip archive can name: no clock in the bytes.
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using Stream content = entry.Open();
            NpyFile.Write(content, array);
        }
    }

    private static NpyArray Read(ZipArchiveEntry entry, string source)
    {
        using Stream unpacked = entry.Open();
        using Crc32Stream content = new(unpacked);
        NpyArray array = NpyFile.ReadContent(content, source);
        return content.Value == entry.Crc32
            ? array
            : throw new DataFormatException($"{source}: the checksum is {content.Value:x8}, but the archive says {entry.Crc32:x8}; the data is damaged.");
    }
}
