namespace FastMlp.Data;

/// <summary>Passes on what it reads and keeps the CRC-32 of it (ISO 3309, the polynomial 0xEDB88320 of zip files): ZipArchive does not check it.</summary>
internal sealed class Crc32Stream(Stream inner) : ForwardStream
{
    private static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(Entry)];
    private uint crc = uint.MaxValue;

    /// <summary>Of all bytes read so far.</summary>
    public uint Value => ~crc;

    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        foreach (byte b in buffer[..got])
        {
            crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return got;
    }

    private static uint Entry(int index)
    {
        uint entry = (uint)index;
        for (int bit = 0; bit < 8; bit++)
        {
            entry = (entry >> 1) ^ ((entry & 1) * 0xedb88320);
        }

        return entry;
    }
}
