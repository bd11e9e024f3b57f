using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>
/// The rows that a model has seen, known by 40 bits of the XXH64 of their features, not scaled, and their target. So rows are known again whatever the name of
/// the file and the order in it.
/// </summary>
internal sealed class RowFingerprints
{
    /// <summary>Five bytes: of 200,000 rows fewer than one in a million is taken for another.</summary>
    private const int Size = 5;

    /// <summary>More would make the model's file larger than the model.</summary>
    private const int MostRows = 200_000;

    private const long MostValues = 20_000_000;

    private readonly HashSet<ulong> seen = [];

    private RowFingerprints()
    {
    }

    /// <summary>Those of tables that share a preprocessing; null where they are too large.</summary>
    public static RowFingerprints? Of(Preprocessing preprocessing, params RawTable?[] tables)
    {
        long rows = tables.Sum(table => (long)(table?.Rows ?? 0));
        if (rows > MostRows || rows * preprocessing.Features.Size > MostValues)
        {
            return null;
        }

        Preprocessing plain = preprocessing with { Features = Scaler.Identity(preprocessing.Features.Size), Targets = null };
        RowFingerprints fingerprints = new();
        foreach (RawTable table in tables.OfType<RawTable>())
        {
            Dataset set = plain.Transform(table);
            for (int row = 0; row < set.Rows; row++)
            {
                fingerprints.seen.Add(Of(set, row));
            }
        }

        return fingerprints;
    }

    /// <summary>Reads <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static RowFingerprints Parse(string text)
    {
        byte[] bytes = Convert.FromBase64String(text);
        RowFingerprints fingerprints = new();
        for (int i = 0; i + Size <= bytes.Length; i += Size)
        {
            fingerprints.seen.Add(((ulong)bytes[i] << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i + 1)));
        }

        return fingerprints;
    }

    /// <summary>Whether a row of a set that is not scaled is among them.</summary>
    public bool Contain(Dataset set, int row) => seen.Contains(Of(set, row));

    /// <summary>In ascending order, so that the same rows give the same text.</summary>
    public override string ToString()
    {
        byte[] bytes = new byte[Size * seen.Count];
        int at = 0;
        foreach (ulong fingerprint in seen.Order())
        {
            bytes[at] = (byte)(fingerprint >> 32);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + 1), (uint)fingerprint);
            at += Size;
        }

        return Convert.ToBase64String(bytes);
    }

    private static ulong Of(Dataset set, int row)
    {
        ReadOnlySpan<float> features = set.Features.Slice(row * set.InputSize, set.InputSize);
        ulong hash = XxHash64.HashToUInt64(MemoryMarshal.AsBytes(features));
        hash = set.IsClassification
            ? XxHash64.HashToUInt64(MemoryMarshal.AsBytes(set.Labels.Slice(row, 1)), (long)hash)
            : XxHash64.HashToUInt64(MemoryMarshal.AsBytes(set.Targets.Slice(row * set.TargetSize, set.TargetSize)), (long)hash);
        return hash >> (64 - (8 * Size));
    }
}
