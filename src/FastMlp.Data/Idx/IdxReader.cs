using System.Buffers.Binary;
using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// Reads idx files of unsigned bytes, gzip or not (told by the first two bytes, not by the name). The format is that of
/// Y. LeCun's MNIST page: two zero bytes, the element type (8), the number of dimensions, a big-endian 32-bit length for each
/// dimension, and the data.
/// </summary>
/// <remarks>Offsets in messages count bytes of the unpacked content. Memory grows with what the file holds, not with what its header claims.</remarks>
public static class IdxReader
{
    private const byte UnsignedByte = 8;
    private const int MaxDimensions = 3;

    /// <summary>Reads a file of images: three dimensions, [count, rows, columns].</summary>
    /// <exception cref="DataFormatException">The file is cut short, too long, or no idx file of images; the message gives the offset, what was expected and what is there.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IdxArray ReadImages(string path) => ReadFile(path, ReadImages);

    /// <summary>Reads images from a stream; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static IdxArray ReadImages(Stream stream, string source = "images") => Read(stream, source, 3, "images");

    /// <summary>Reads a file of labels: one dimension.</summary>
    /// <exception cref="DataFormatException">The file is cut short, too long, or no idx file of labels; the message gives the offset, what was expected and what is there.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IdxArray ReadLabels(string path) => ReadFile(path, ReadLabels);

    /// <summary>Reads labels from a stream; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static IdxArray ReadLabels(Stream stream, string source = "labels") => Read(stream, source, 1, "labels");

    private static IdxArray ReadFile(string path, Func<Stream, string, IdxArray> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        return read(file, path);
    }

    private static IdxArray Read(Stream stream, string source, int dimensions, string what)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            using Stream content = Compression.Open(stream);
            return ReadContent(content, source, dimensions, what);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{source}: the gzip data is damaged or cut short; an idx file, gzip or not, was expected.", e);
        }
    }

    private static IdxArray ReadContent(Stream content, string source, int dimensions, string what)
    {
        Span<byte> header = stackalloc byte[4 + (4 * MaxDimensions)];
        header = header[..(4 + (4 * dimensions))];
        int got = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        uint wanted = (UnsignedByte << 8) | (uint)dimensions;
        if (got >= 4 && BinaryPrimitives.ReadUInt32BigEndian(header) is uint magic && magic != wanted)
        {
            throw new DataFormatException(
                string.Create(CultureInfo.InvariantCulture, $"{source}: the magic number at offset 0 is 0x{magic:X8}; 0x{wanted:X8} was expected ({what} as unsigned bytes, {dimensions} dimension{(dimensions == 1 ? "" : "s")})."));
        }

        if (got < header.Length)
        {
            throw new DataFormatException($"{source}: the file ends at offset {got}, within its header of {header.Length} bytes.");
        }

        int[] shape = new int[dimensions];
        long length = 1;
        for (int d = 0; d < dimensions; d++)
        {
            int offset = 4 + (4 * d);
            uint size = BinaryPrimitives.ReadUInt32BigEndian(header[offset..]);
            length = size <= (uint)Array.MaxLength ? length * size : long.MaxValue;
            if (size == 0 || length > Array.MaxLength)
            {
                throw new DataFormatException(
                    $"{source}: dimension {d} at offset {offset} is {size}; a length of 1 or more was expected, and at most {Array.MaxLength} bytes in all.");
            }

            shape[d] = (int)size;
        }

        return new IdxArray(shape, Content.Read(content, source, header.Length, (int)length, $"{string.Join(" x ", shape)} bytes of data"));
    }
}
