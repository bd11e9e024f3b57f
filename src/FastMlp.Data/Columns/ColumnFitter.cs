using System.Globalization;

namespace FastMlp.Data;

/// <summary>Learns from the training rows, one at a time, what a column needs: what fills its gaps, which texts it has, and the moments of its features.</summary>
internal sealed class ColumnFitter(Missing policy, int rareBelow)
{
    private readonly MedianCount? median = policy.Kind == MissingKind.Median ? new MedianCount() : null;
    private readonly List<long> counts = [];
    private Moments moments;
    private long missing;

    /// <summary>Whether the rows must come a second time, to <see cref="Refine"/>.</summary>
    public bool NeedsSecondPass => median is not null && moments.Count > 0;

    public void Add(float raw, ColumnKind kind)
    {
        if (float.IsNaN(raw))
        {
            missing++;
        }
        else if (kind == ColumnKind.Number)
        {
            moments.Add(raw);
            median?.Add(raw);
        }
        else
        {
            int code = (int)raw;
            while (counts.Count <= code)
            {
                counts.Add(0);
            }

            counts[code]++;
        }
    }

    public void EndFirstPass() => median?.Locate();

    public void Refine(float raw)
    {
        if (!float.IsNaN(raw))
        {
            median!.Refine(raw);
        }
    }

    /// <summary>The plan for the column; the moments of its features are added to <paramref name="features"/>.</summary>
    /// <exception cref="DataFormatException">There is no value to fill the gaps from; the message names the column.</exception>
    public PlannedColumn Finish(RawColumn column, string source, List<Moments> features) =>
        column.Kind == ColumnKind.Number ? Numbers(column, source, features) : Texts(column, source, features);

    private PlannedColumn Numbers(RawColumn column, string source, List<Moments> features)
    {
        float fill = policy.Kind switch
        {
            MissingKind.Error => 0,
            MissingKind.Constant => float.TryParse(policy.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
                ? value
                : throw new DataFormatException($"{source}, column '{CsvRows.Shown(column.Name)}': '{CsvRows.Shown(policy.Value)}' cannot stand in for a missing number."),
            _ when moments.Count == 0 => throw Empty(column, source),
            MissingKind.Median => median!.Median,
            _ => (float)moments.Mean,
        };
        Moments filled = moments;
        filled.Add(Moments.Of(fill, missing));
        features.Add(filled);
        Indicate(features, moments.Count);
        return new PlannedColumn(column.Name, policy, fill, missing > 0);
    }

    private PlannedColumn Texts(RawColumn column, string source, List<Moments> features)
    {
        Dictionary<string, long> countOf = new(StringComparer.Ordinal);
        for (int code = 0; code < counts.Count; code++)
        {
            if (counts[code] > 0)
            {
                countOf.Add(column.Categories[code], counts[code]);
            }
        }

        if (policy.Kind == MissingKind.Constant && missing > 0)
        {
            countOf[policy.Value!] = countOf.GetValueOrDefault(policy.Value!) + missing;
        }

        long rows = countOf.Values.Sum();
        if (rows == 0)
        {
            throw Empty(column, source);
        }

        string[] categories = [.. countOf.Where(pair => pair.Value >= rareBelow).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        long[] rowsOf = [.. categories.Select(category => countOf[category]), rows - categories.Sum(category => countOf[category])];
        int fill = policy.Kind switch
        {
            MissingKind.Constant => Array.IndexOf(categories, policy.Value),
            MissingKind.Median => Array.IndexOf(rowsOf, rowsOf.Max()) is int most && most < categories.Length ? most : PlannedColumn.Other,
            _ => 0,
        };
        if (policy.Kind == MissingKind.Median)
        {
            rowsOf[fill == PlannedColumn.Other ? ^1 : fill] += missing;
            rows += missing;
        }

        float[] shares = [.. rowsOf.Select(count => (float)(count / (double)rows))];
        long gaps = policy.Kind is MissingKind.Mean or MissingKind.Indicator ? missing : 0;
        for (int i = 0; i < shares.Length; i++)
        {
            Moments feature = Moments.Of(1, rowsOf[i]);
            feature.Add(Moments.Of(0, rows - rowsOf[i]));
            feature.Add(Moments.Of(policy.Kind == MissingKind.Mean ? shares[i] : 0, gaps));
            features.Add(feature);
        }

        Indicate(features, rows);
        return new PlannedColumn(column.Name, policy, categories, shares, fill, missing > 0);
    }

    private void Indicate(List<Moments> features, long present)
    {
        if (policy.Kind == MissingKind.Indicator)
        {
            Moments feature = Moments.Of(1, missing);
            feature.Add(Moments.Of(0, present));
            features.Add(feature);
        }
    }

    private static DataFormatException Empty(RawColumn column, string source) =>
        new($"{source}, column '{CsvRows.Shown(column.Name)}': every value of the training rows is missing; there is nothing to learn from the column, so leave it out.");
}
