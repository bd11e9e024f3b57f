using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>A picture of 8-bit red, green, blue and opacity as a PNG file (W3C PNG 3.0), for a <c>data:</c> address.</summary>
internal static class Png
{
    private const int Channels = 4;

    private static readonly uint[] crcTable = CrcTable();

    /// <param name="pixels">[height, width, 4], row by row from the top.</param>
    /// <param name="width">Pixels in a row.</param>
    public static string DataAddress(ReadOnlySpan<byte> pixels, int width) => "data:image/png;base64," + Convert.ToBase64String(Encode(pixels, width));

    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width)
    {
        int height = pixels.Length / (Channels * width);
        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits of a channel
        header[9] = 6; // true colour with opacity
        Write(file, "IHDR", header);

        using MemoryStream data = new();
        using (ZLibStream packed = new(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                packed.WriteByte(0); // no filter
                packed.Write(pixels.Slice(y * Channels * width, Channels * width));
            }
        }

        Write(file, "IDAT", data.GetBuffer().AsSpan(0, (int)data.Length));
        Write(file, "IEND", []);
        return file.ToArray();
    }

    private static void Write(Stream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        Span<byte> name = stackalloc byte[4];
        Encoding.ASCII.GetBytes(type, name);
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        file.Write(word);
        file.Write(name);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, ~Crc(Crc(uint.MaxValue, name), data));
        file.Write(word);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            crc = crcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    /// <summary>CRC-32 of ISO 3309, reflected.</summary>
    private static uint[] CrcTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
