using System.Buffers.Binary;
using System.IO.Compression;
using FastMlp.Interop.PyTorch;

namespace FastMlp.Interop;

/// <summary>What a file is by its first bytes, never by its name: one of eight .keras files seen was plain HDF5.</summary>
internal enum ContentKind
{
    Unknown,
    Hdf5,
    KerasZip,
    TorchZip,
    TorchLegacy,
    Safetensors,
    TorchSharp,
}

internal static class Content
{
    /// <summary>Larger files are no multilayer perceptron that anybody runs, and do not fit an array.</summary>
    private const long MaxBytes = 2_000_000_000;

    private static ReadOnlySpan<byte> Hdf5 => [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>A pickle of protocol 2 that begins with the long integer 0x1950a86a20f9469cfc6c.</summary>
    private static ReadOnlySpan<byte> TorchLegacy => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    public static byte[] OfFile(string path)
    {
        FileInfo file = new(path);
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder; give the file in it.");
        }

        if (file.Exists && file.Length > MaxBytes)
        {
            throw new ModelFormatException($"{path}: the file has {file.Length} bytes; at most {MaxBytes} are read.");
        }

        return File.ReadAllBytes(path);
    }

    public static ContentKind KindOf(byte[] content)
    {
        using MemoryStream stream = new(content, writable: false);
        return KindOf(stream);
    }

    /// <summary>By the head of a file, and the directory of a zip.</summary>
    public static ContentKind KindOf(Stream content)
    {
        Span<byte> head = stackalloc byte[512];
        content.Position = 0;
        head = head[..content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (head.StartsWith(Hdf5))
        {
            return ContentKind.Hdf5;
        }

        if (head.StartsWith("PK"u8))
        {
            return KindOfZip(content);
        }

        if (head.StartsWith(TorchLegacy))
        {
            return ContentKind.TorchLegacy;
        }

        if (head.Length > 9 && BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)content.Length - 8 && head[8] == '{')
        {
            return ContentKind.Safetensors;
        }

        return TorchSharpFile.LooksLike(head) ? ContentKind.TorchSharp : ContentKind.Unknown;
    }

    private static ContentKind KindOfZip(Stream content)
    {
        using ZipArchive zip = OpenZip(content);
        return zip.GetEntry("config.json") is not null ? ContentKind.KerasZip
            : zip.Entries.Any(entry => entry.FullName.EndsWith("data.pkl", StringComparison.Ordinal)) ? ContentKind.TorchZip
            : ContentKind.Unknown;
    }

    public static ZipArchive OpenZip(byte[] content) => OpenZip(new MemoryStream(content, writable: false));

    private static ZipArchive OpenZip(Stream content)
    {
        try
        {
            ZipArchive zip = new(content, ZipArchiveMode.Read, leaveOpen: true);
            _ = zip.Entries.Count;
            return zip;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or ArgumentException or NotSupportedException)
        {
            throw new ModelFormatException($"The file begins like a zip, but its directory cannot be read ({exception.Message}); it may be torn.", exception);
        }
    }

    /// <summary>An entry of a zip, whole. What it unpacks to is bounded, for a few kilobytes can unpack to gigabytes.</summary>
    public static byte[] Unpack(ZipArchiveEntry entry, long limit)
    {
        if (entry.Length > limit)
        {
            throw new ModelFormatException($"Entry '{entry.FullName}' says that it has {entry.Length} bytes; at most {limit} are read.");
        }

        try
        {
            byte[] bytes = new byte[entry.Length];
            using Stream stream = entry.Open();
            stream.ReadExactly(bytes);
            return stream.ReadByte() < 0 ? bytes : throw new ModelFormatException($"Entry '{entry.FullName}' is longer than the {entry.Length} bytes that the zip's directory gives.");
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw new ModelFormatException($"Entry '{entry.FullName}' cannot be unpacked ({exception.Message}); the file may be torn.", exception);
        }
    }
}
