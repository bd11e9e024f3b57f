namespace FastMlp.Cli.Sources;

/// <summary>Finds what a mistyped name may have meant.</summary>
internal static class Spelling
{
    /// <summary>The name that the fewest single-letter edits lead to; null if even that changes more than about a third of its letters.</summary>
    public static string? Nearest(string typed, IReadOnlyList<string> names)
    {
        if (typed.Length > 100)
        {
            return null;
        }

        string? nearest = names.MinBy(name => Edits(typed, name));
        return nearest is not null && Edits(typed, nearest) <= (nearest.Length + 1) / 3 ? nearest : null;
    }

    /// <summary>Levenshtein's distance, in any letter case.</summary>
    private static int Edits(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
