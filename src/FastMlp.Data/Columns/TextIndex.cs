using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace FastMlp.Data;

/// <summary>Gives each different text of a column a code, in the order in which they come.</summary>
internal sealed class TextIndex(MissingTokens tokens, int limit = int.MaxValue)
{
    /// <summary>The code of a text that stands for a missing value.</summary>
    public const int Missing = -1;

    /// <summary>The code of a new text where as many are known as may be.</summary>
    public const int Beyond = -2;

    /// <summary>A longer text is known by its beginning and its hash: a hostile file must not fill the memory with pages.</summary>
    private const int MaxLength = 1024;

    /// <summary>Slots for texts seen just now: most columns have fewer different ones.</summary>
    private const int Slots = 64;

    /// <summary>From here on slots are worth their memory.</summary>
    private const int MissesForSlots = 32;

    private readonly List<string> texts = [];
    private readonly List<long> lines = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> codes = new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    private (string? Text, int Code)[] recent = [];
    private int misses;

    /// <summary>The texts by code.</summary>
    public IReadOnlyList<string> Texts => texts;

    /// <summary>The line on which each text came first.</summary>
    public IReadOnlyList<long> Lines => lines;

    /// <summary>The code of a text.</summary>
    public int CodeOf(ReadOnlySpan<char> text, long line)
    {
        if (text.IsEmpty)
        {
            return Missing;
        }

        int slot = (text.Length + (7 * text[0]) + (13 * text[text.Length >> 1]) + (31 * text[^1])) & (Slots - 1);
        if (slot < recent.Length)
        {
            (string? seen, int code) = recent[slot];
            if (text.SequenceEqual(seen))
            {
                return code;
            }
        }

        return Find(text, line, slot);
    }

    /// <summary>The text as it is kept.</summary>
    public static string Kept(ReadOnlySpan<char> text) => text.Length <= MaxLength
        ? text.ToString()
        : $"{text[..(MaxLength - 17)]}#{XxHash64.HashToUInt64(MemoryMarshal.AsBytes(text)):x16}";

    private int Find(ReadOnlySpan<char> text, long line, int slot)
    {
        if (text.Length > MaxLength)
        {
            text = Kept(text);
        }

        if (!codes.TryGetValue(text, out int code))
        {
            code = tokens.Contain(text) ? Missing : texts.Count < limit ? texts.Count : Beyond;
            if (code == Beyond)
            {
                return Beyond;
            }

            string kept = text.ToString();
            codes[kept] = code;
            if (code >= 0)
            {
                texts.Add(kept);
                lines.Add(line);
            }
        }

        if (recent.Length > 0)
        {
            recent[slot] = (code >= 0 ? texts[code] : text.ToString(), code);
        }
        else if (++misses == MissesForSlots)
        {
            recent = new (string?, int)[Slots];
        }

        return code;
    }
}
