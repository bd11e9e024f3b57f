using System.Globalization;

namespace FastMlp.Data;

/// <summary>Distinct numbers, and whether they may be the numbers of classes; sorted, they are.</summary>
internal sealed class NumberClasses
{
    private readonly HashSet<double> distinct = [];
    private readonly Dictionary<double, int> labels = [];

    /// <summary>Whether all so far are whole, and no more than <see cref="CsvDataset.MaxDetectedClasses"/> differ.</summary>
    public bool AreLikely { get; private set; } = true;

    /// <summary>Counts a number while they may be classes.</summary>
    public void Count(double value)
    {
        if (AreLikely && distinct.Add(value))
        {
            AreLikely = value == Math.Truncate(value) && distinct.Count <= CsvDataset.MaxDetectedClasses;
        }
    }

    /// <summary>They are no classes, whatever they look like.</summary>
    public void Refuse() => AreLikely = false;

    /// <summary>Numbers the classes by value; returns their names.</summary>
    public string[] Sort() => Sort(distinct);

    /// <summary>The same for numbers that were not counted here.</summary>
    public string[] Sort(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Distinct().Order()];
        for (int i = 0; i < sorted.Length; i++)
        {
            labels.Add(sorted[i], i);
        }

        // Adding 0 turns -0 into 0.
        return [.. sorted.Select(value => (value + 0.0).ToString("R", CultureInfo.InvariantCulture))];
    }

    public int LabelOf(double value) => labels[value];
}
