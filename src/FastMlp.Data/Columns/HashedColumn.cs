using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// Texts of which there are too many to know each: the hash of a text, whatever its case, raises one of a fixed number of features (K. Weinberger and others,
/// 2009). It learns nothing from the rows, so no row leaks into another.
/// </summary>
internal sealed class HashedColumn(string name, Missing missing, bool missingSeen, int buckets)
    : PlannedColumn(name, missing, 0, missingSeen, Enumerable.Range(0, buckets).Select(i => $"{name} #{i}"))
{
    /// <summary>Features of such a column: few enough to learn from some thousand rows.</summary>
    public const int DefaultBuckets = 64;

    public override ColumnKind Kind => ColumnKind.Text;

    internal override string Wanted => "a text was expected";

    /// <summary>The feature that a text raises.</summary>
    public static int BucketOf(ReadOnlySpan<char> text, int buckets)
    {
        string lower = TextIndex.Kept(text).ToLowerInvariant();
        ulong hash = XxHash64.HashToUInt64(BitConverter.IsLittleEndian ? MemoryMarshal.AsBytes(lower.AsSpan()) : System.Text.Encoding.Unicode.GetBytes(lower));
        return (int)(((UInt128)hash * (uint)buckets) >> 64);
    }

    internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw)
    {
        raw = BucketOf(field, buckets);
        return true;
    }

    internal override bool TryRead(double number, out double raw) => TryRead(CategoryColumn.NameOf(number), '.', out raw);

    private protected override void EncodeValue(double raw, Span<float> features)
    {
        features.Clear();
        features[(int)raw] = 1;
    }

    private protected override void EncodeMissing(Span<float> features, bool raised)
    {
        features.Clear();
        if (Missing.Kind == MissingKind.Constant)
        {
            EncodeValue(BucketOf(Missing.Value, buckets), features);
        }
    }

    private protected override void WriteKind(Utf8JsonWriter writer) => writer.WriteNumber("buckets", buckets);

    public static HashedColumn Read(string name, Missing missing, double fill, bool seen, ColumnSummary? summary, JsonElement element, string where)
    {
        long buckets = Json.ReadLong(element, "buckets", where);
        return buckets is >= 1 and <= 1 << 16 && fill == 0
            ? new HashedColumn(name, missing, seen, (int)buckets) { Summary = summary }
            : throw new ModelFormatException($"{where}: {buckets} buckets are not from 1 to 65,536.");
    }
}
