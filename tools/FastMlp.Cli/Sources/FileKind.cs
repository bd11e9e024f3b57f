using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FastMlp.Cli.Sources;

/// <summary>Recognizes files of other formats by their first bytes, to say what to do with them instead of failing in line 1.</summary>
internal static class FileKind
{
    /// <summary>Enough for every signature and for the first line of JSON lines.</summary>
    private const int Most = 1024;

    /// <summary>Throws where the file is known not to be data that the command reads.</summary>
    public static void CheckData(string path)
    {
        if (Of(path) is not { } kind)
        {
            return;
        }

        string advice = kind switch
        {
            "an Excel workbook" or "an OpenDocument file" => "save the sheet as CSV (UTF-8) and give that file",
            "a Parquet file" => "write it as CSV first, for example in Python: pandas.read_parquet(FILE).to_csv(OUT, index=False)",
            "an Arrow or Feather file" => "write it as CSV first, for example in Python: pandas.read_feather(FILE).to_csv(OUT, index=False)",
            "JSON" => "write it as CSV first, for example in Python: pandas.read_json(FILE, lines=True).to_csv(OUT, index=False); lines=False if it is one array",
            "an HDF5 file" => "write the table as CSV or NumPy (.npz) first; a Keras model is exported as ONNX",
            "a pickle of Python" or "a file of PyTorch" => "write arrays with numpy.savez(OUT, x=x, y=y); of a model, save the weights as safetensors or export ONNX",
            "a NumPy array" => "give it the ending .npy",
            "an archive of NumPy arrays" => "give it the ending .npz",
            "a safetensors model" => "the model comes first, then the data: fastmlp evaluate MODEL DATA",
            "a SQLite database" => "write the table as CSV first: sqlite3 -header -csv FILE 'select * from TABLE' > OUT.csv",
            "a zip archive" => "unpack it and give a file in it",
            "an image" => "images come as idx files, as NumPy arrays (.npz with x and y), or as CSV with a column for each pixel",
            _ => "give a CSV file, a NumPy (.npz, .npy) or libsvm (.libsvm, .svm) file",
        };
        throw new CommandFailedException($"'{path}' is {kind}, not a table that can be read: {advice}.");
    }

    /// <summary>Throws where the file is known not to be a model that the command reads.</summary>
    public static void CheckModel(string path)
    {
        if (Of(path) is not ({ } kind and not "a safetensors model"))
        {
            return;
        }

        string advice = kind == "a pickle of Python"
            ? "of PyTorch, save with torch.save; of scikit-learn, write ONNX with skl2onnx"
            : "a model is a file of FastMlp, ONNX, Keras, PyTorch, TorchSharp or safetensors; the model comes first, then the data";
        throw new CommandFailedException($"'{path}' is {kind}, not a model that can be read: {advice}.");
    }

    /// <summary>What the file is, in words; null for text, and for everything else that says nothing of itself.</summary>
    private static string? Of(string path)
    {
        byte[] buffer = new byte[Most];
        int count;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (!file.CanSeek)
            {
                return null; // what a pipe gives once is for the reader
            }

            count = file.ReadAtLeast(buffer, Most, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // the reader says it
        }

        ReadOnlySpan<byte> head = buffer.AsSpan(0, count);
        return head.StartsWith("PK\u0003\u0004"u8) ? OfZip(path)
            : head.StartsWith("PAR1"u8) ? "a Parquet file"
            : head.StartsWith("ARROW1"u8) || head.StartsWith("FEA1"u8) ? "an Arrow or Feather file"
            : head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F']) ? "an HDF5 file"
            : head.StartsWith((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']) && !path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase) ? "a NumPy array"
            : head.StartsWith("SQLite format 3"u8) ? "a SQLite database"
            : head.StartsWith("%PDF-"u8) ? "a PDF document"
            : head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) || head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "an image"
            : head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) ? "an Excel workbook"
            : head.Length > 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5 ? "a pickle of Python"
            : head.Length > 9 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) < 100_000_000 ? "a safetensors model"
            : IsJson(head) ? "JSON"
            : null;
    }

    private static string? OfZip(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            string[] names = [.. zip.Entries.Take(100).Select(entry => entry.FullName)];
            return Array.Exists(names, name => name.StartsWith("xl/", StringComparison.Ordinal)) ? "an Excel workbook"
                : Array.Exists(names, name => name is "content.xml") ? "an OpenDocument file"
                : Array.Exists(names, name => name.EndsWith("/data.pkl", StringComparison.Ordinal)) ? "a file of PyTorch"
                : Array.Exists(names, name => name.EndsWith(".npy", StringComparison.Ordinal)) && !path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? "an archive of NumPy arrays"
                : path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? null
                : "a zip archive";
        }
        catch (InvalidDataException)
        {
            return path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? null : "a zip archive";
        }
    }

    /// <summary>An object or an array with a quoted name or a nested value behind the bracket: a header of CSV does not begin so.</summary>
    private static bool IsJson(ReadOnlySpan<byte> head)
    {
        string text = Encoding.UTF8.GetString(head).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        string rest = text.Length == 0 ? "" : text[1..].TrimStart();
        return (text.StartsWith('{') && (rest.StartsWith('"') || rest.StartsWith('}'))) || (text.StartsWith('[') && (rest.StartsWith('{') || rest.StartsWith('[')));
    }
}
