using System.Globalization;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>The bytes of a tensor that lies in a file beside the model: never outside the model's folder, never beyond that file's end.</summary>
internal static class ExternalData
{
    public static byte[] Read(string? folder, IEnumerable<EntryProto> entries, long count, int size, string where)
    {
        string? location = null;
        long offset = 0;
        long? length = null;
        foreach (EntryProto entry in entries)
        {
            switch (entry.Key)
            {
                case "location":
                    location = entry.Value;
                    break;
                case "offset":
                    offset = Number(entry, where);
                    break;
                case "length":
                    length = Number(entry, where);
                    break;
                default:
                    break; // A checksum, or what later versions add beside the place of the data.
            }
        }

        if (string.IsNullOrEmpty(location))
        {
            throw new ModelFormatException($"{where} lies in another file but does not name it.");
        }

        if (folder is null)
        {
            throw new ModelFormatException($"{where} lies in the file {Words.Quote(location)} beside the model; load the model by its path, or set {nameof(OnnxImportOptions)}.{nameof(OnnxImportOptions.ExternalDataFolder)}.");
        }

        long bytes = count * size;
        if (bytes > Array.MaxLength)
        {
            throw new ModelFormatException($"{where} takes {bytes} bytes, more than the {Array.MaxLength} that can be read.");
        }

        if (length is { } stated && stated != bytes)
        {
            throw new ModelFormatException($"{where} takes {bytes} bytes by its shape, but {stated} by its external_data.");
        }

        string path = Inside(folder, location, where);
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (offset > file.Length || bytes > file.Length - offset)
            {
                throw new ModelFormatException($"{where} takes {bytes} bytes from byte {offset} of {Words.Quote(location)}, which has {file.Length}.");
            }

            byte[] data = new byte[bytes];
            file.Position = offset;
            file.ReadExactly(data);
            return data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ModelFormatException($"{where} lies in the file {Words.Quote(location)}, which cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The full path of a file below the folder, reached without a link.</summary>
    private static string Inside(string folder, string location, string where)
    {
        // Either slash parts folders, and a colon a drive, wherever the model was written.
        string[] steps = location.Split('/', '\\');
        if (steps.Any(step => step.Length == 0 || step is "." or ".." || step.AsSpan().ContainsAny(":\0")))
        {
            throw new ModelFormatException($"{where} lies in {Words.Quote(location)}; the name of a file below the folder of the model was expected, without '..' and not from the root.");
        }

        string path = folder;
        foreach (string step in steps)
        {
            path = Path.Combine(path, step);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new ModelFormatException($"{where} lies in {Words.Quote(location)}, which is or goes through a symbolic link; the file itself was expected below the folder of the model.");
            }
        }

        return path;
    }

    private static long Number(EntryProto entry, string where) =>
        long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new ModelFormatException($"{where}: the {entry.Key} of its external data is {Words.Quote(entry.Value)}; a whole number from 0 was expected.");
}
