namespace FastMlp.Data;

/// <summary>What the first rows of a file say about its form: what separates fields, whether the first row names the columns, which decimal mark numbers have.</summary>
internal static class CsvLayout
{
    /// <summary>From the most telling to the least: commas also stand in numbers.</summary>
    private static readonly char[] delimiters = ['\t', ';', '|', ','];

    /// <summary>The first that stands equally often in every line of the beginning, outside quotes; else the most frequent in the first line.</summary>
    /// <param name="text">The beginning of the file.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    public static char Delimiter(ReadOnlySpan<char> text, bool isWhole)
    {
        int[] first = new int[delimiters.Length];
        bool[] equal = [true, true, true, true];
        int[] here = new int[delimiters.Length];
        bool quoted = false;
        bool empty = true;
        int lines = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : '\n';
            if (i == text.Length && !isWhole)
            {
                break;
            }

            if (c == '"')
            {
                quoted = !quoted;
                empty = false;
            }
            else if (!quoted && c is '\n' or '\r')
            {
                if (!empty)
                {
                    for (int d = 0; d < here.Length; d++)
                    {
                        first[d] = lines == 0 ? here[d] : first[d];
                        equal[d] &= here[d] == first[d];
                    }

                    lines++;
                }

                Array.Clear(here);
                empty = true;
            }
            else
            {
                int d = quoted ? -1 : Array.IndexOf(delimiters, c);
                if (d >= 0)
                {
                    here[d]++;
                }

                empty = false;
            }
        }

        if (lines == 0)
        {
            first = here;
        }

        for (int d = 0; d < delimiters.Length; d++)
        {
            if (equal[d] && first[d] > 0)
            {
                return delimiters[d];
            }
        }

        int most = first.Max();
        return most == 0 ? ',' : delimiters[Array.IndexOf(first, most)];
    }

    /// <summary>The decimal mark that the numbers of these rows decide for; null where they leave it open or contradict each other.</summary>
    public static char? Mark(IEnumerable<string[]> rows)
    {
        int point = 0;
        int comma = 0;
        foreach (string field in rows.SelectMany(row => row))
        {
            (bool withPoint, bool withComma) = ValueText.Readings(field);
            point += withPoint && !withComma ? 1 : 0;
            comma += withComma && !withPoint ? 1 : 0;
        }

        return point > comma ? '.' : comma > point ? ',' : null;
    }

    /// <summary>Whether the first row names the columns, or why that is open.</summary>
    /// <param name="rows">The first rows.</param>
    /// <param name="known">Names of which any one makes the first row a header.</param>
    /// <param name="missing">Texts that stand for a missing value.</param>
    /// <param name="question">What is open; else empty.</param>
    public static bool HasHeader(IReadOnlyList<string[]> rows, HashSet<string> known, MissingTokens missing, out string question)
    {
        question = "";
        string[] first = rows[0];
        string[][] rest = [.. rows.Skip(1).Where(row => row.Length == first.Length)];
        if (Array.Exists(first, known.Contains))
        {
            return true;
        }

        bool[] isNumber = [.. first.Select(IsNumber)];
        if (rest.Length == 0)
        {
            return !Array.Exists(isNumber, number => number);
        }

        bool[] overNumbers = [.. Enumerable.Range(0, first.Length).Select(c => Array.TrueForAll(rest, row => IsNumber(row[c]) || missing.Contain(row[c])) && Array.Exists(rest, row => IsNumber(row[c])))];
        int textOverNumbers = Array.FindIndex(isNumber, 0, number => !number);
        while (textOverNumbers >= 0 && !(overNumbers[textOverNumbers] && !missing.Contain(first[textOverNumbers])))
        {
            textOverNumbers = textOverNumbers + 1 < first.Length ? Array.FindIndex(isNumber, textOverNumbers + 1, number => !number) : -1;
        }

        bool allNames = !Array.Exists(isNumber, number => number);
        if (allNames)
        {
            // Of texts alone the first row is one of many where its texts come again below.
            int again = Enumerable.Range(0, first.Length).Count(c => Array.Exists(rest, row => row[c] == first[c]));
            bool repeats = first.Where(field => field.Length > 0).Distinct().Count() < first.Count(field => field.Length > 0);
            return textOverNumbers >= 0 || !(rest.Length >= 5 && (again * 2 > first.Length || (again > 0 && repeats)));
        }

        // Names that are numbers are whole and differ: years, or 0, 1, 2.
        bool wholeNames = Enumerable.Range(0, first.Length).All(c => !isNumber[c] || (long.TryParse(first[c], out long whole) && whole >= 0))
            && first.Distinct().Count() == first.Length;
        if (textOverNumbers >= 0)
        {
            if (!wholeNames)
            {
                question = $"the row holds numbers, but '{CsvRows.Shown(first[textOverNumbers])}' stands over numbers; either it is a header or the value is wrong: say which (Header, --header yes or no).";
            }

            return wholeNames;
        }

        if (!wholeNames)
        {
            return false;
        }

        int[] numbers = [.. Enumerable.Range(0, first.Length).Where(c => isNumber[c])];
        bool steps = Enumerable.Range(1, numbers.Length - 1).All(i => long.Parse(first[numbers[i]]) == long.Parse(first[numbers[i - 1]]) + 1);
        bool fromZero = numbers.Length == first.Length && first.Length >= 3 && first[0] == "0" && steps;
        bool newTexts = Enumerable.Range(0, first.Length).Where(c => !isNumber[c]).All(c => rest.All(row => row[c] != first[c]));
        bool unlikeBelow = rest.Length >= 5 && numbers.All(c => IsUnlike(first[c], rest.Select(row => row[c])));
        return (fromZero && newTexts) || (steps && newTexts && unlikeBelow);
    }

    /// <summary>Whether a whole number lies outside those below it, or stands over numbers with decimals.</summary>
    private static bool IsUnlike(string name, IEnumerable<string> below)
    {
        double value = double.Parse(name, System.Globalization.CultureInfo.InvariantCulture);
        double[] numbers = [.. below.Select(field => IsNumber(field, out double number) ? number : double.NaN).Where(number => !double.IsNaN(number))];
        return numbers.Length == 0 || value < numbers.Min() || value > numbers.Max() || numbers.Any(number => number != Math.Truncate(number));
    }

    private static bool IsNumber(string field) => IsNumber(field, out _);

    private static bool IsNumber(string field, out double value) => ValueText.TryNumber(field, '.', out value, out _) || ValueText.TryNumber(field, ',', out value, out _);
}
