using System.IO.Hashing;

namespace FastMlp.Data;

/// <summary>Passes on what it reads and keeps the CRC-32 of it, as zip files have it: ZipArchive does not check it.</summary>
internal sealed class Crc32Stream(Stream inner) : ForwardStream
{
    private readonly Crc32 crc = new();

    /// <summary>Of all bytes read so far.</summary>
    public uint Value => crc.GetCurrentHashAsUInt32();

    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        crc.Append(buffer[..got]);
        return got;
    }
}
