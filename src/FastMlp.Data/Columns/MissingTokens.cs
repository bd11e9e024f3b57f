namespace FastMlp.Data;

/// <summary>The texts that stand for a missing value; an empty field always does.</summary>
internal sealed class MissingTokens(IReadOnlyList<string> texts)
{
    /// <summary>The usual ones of R, pandas, SQL and the UCI repository.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["NA", "N/A", "NaN", "nan", "NULL", "null", "?"];

    public IReadOnlyList<string> Texts => texts;

    public bool Contain(ReadOnlySpan<char> field)
    {
        foreach (string token in texts)
        {
            if (field.SequenceEqual(token))
            {
                return true;
            }
        }

        return field.IsEmpty;
    }
}
