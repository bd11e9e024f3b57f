namespace FastMlp.Data;

/// <summary>
/// Reads and writes npy files, NumPy's format for one array: versions 1 to 3, C and Fortran order, either byte order; bool, integers
/// and floats of 1 to 8 bytes. Reading takes gzip too (told by content).
/// </summary>
/// <remarks>Offsets in messages count bytes of the unpacked content. Memory grows with what the file holds, not with what its header claims.</remarks>
public static class NpyFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="DataFormatException">The file is cut short, too long, or no npy file of numbers; the message gives the offset and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        return Read(file, path);
    }

    /// <summary>Reads a stream to its end; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static NpyArray Read(Stream stream, string source = "npy")
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            using Stream content = Compression.Open(stream);
            return ReadContent(content, source);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{source}: the gzip data is damaged or cut short; an npy file, gzip or not, was expected.", e);
        }
    }

    /// <summary>Writes a file, which numpy.load reads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="array">What is written.</param>
    /// <param name="fortranOrder">Whether the first dimension goes fastest.</param>
    /// <param name="version">1, 2 or 3; they differ in what else a header may hold.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, NpyArray array, bool fortranOrder = false, int version = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.Create(path);
        Write(file, array, fortranOrder, version);
    }

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="array">What is written.</param>
    /// <param name="fortranOrder">Whether the first dimension goes fastest.</param>
    /// <param name="version">1, 2 or 3; they differ in what else a header may hold.</param>
    public static void Write(Stream stream, NpyArray array, bool fortranOrder = false, int version = 1)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, 3);
        int[] shape = [.. array.Shape];
        stream.Write(new NpyHeader(array.Type, !BitConverter.IsLittleEndian, fortranOrder, shape, array.Count).Write(version));
        int size = NpyArray.ElementSize(array.Type);

        // Written in reverse, the dimensions of a Fortran order are those of a C order.
        stream.Write(fortranOrder ? Transposed(array.Data, [.. shape.Reverse()], size, gather: true) : array.Data);
    }

    internal static NpyArray ReadContent(Stream content, string source)
    {
        NpyHeader header = NpyHeader.Read(content, source, out int start);
        int size = NpyArray.ElementSize(header.Type);
        string shape = header.Shape.Length == 0 ? "1" : string.Join(" x ", header.Shape);
        byte[] data = Content.Read(content, source, start, header.Length, $"{shape} elements of {size} byte{(size == 1 ? "" : "s")}");
        if (size > 1 && header.BigEndian == BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < data.Length; i += size)
            {
                data.AsSpan(i, size).Reverse();
            }
        }

        bool turned = header.FortranOrder && header.Shape.Length > 1 && header.Count > 0;
        return new NpyArray(header.Type, header.Shape, turned ? Transposed(data, [.. header.Shape.Reverse()], size, gather: false) : data);
    }

    /// <summary>
    /// An array of reversed dimensions turned over: to C order of the right ones (scatter), or from it (gather). <paramref name="reversed"/>
    /// is the C shape of the side that runs straight through memory.
    /// </summary>
    private static byte[] Transposed(ReadOnlySpan<byte> data, int[] reversed, int size, bool gather)
    {
        byte[] turned = new byte[data.Length];
        int[] strides = new int[reversed.Length];
        int[] index = new int[reversed.Length];
        for (int d = 0, stride = size; d < strides.Length; d++)
        {
            strides[d] = stride;
            stride *= reversed[d];
        }

        for (int straight = 0, other = 0; straight < data.Length; straight += size)
        {
            data.Slice(gather ? other : straight, size).CopyTo(turned.AsSpan(gather ? straight : other));
            for (int d = reversed.Length - 1; d >= 0; d--)
            {
                other += strides[d];
                if (++index[d] < reversed[d])
                {
                    break;
                }

                other -= strides[d] * reversed[d];
                index[d] = 0;
            }
        }

        return turned;
    }
}
