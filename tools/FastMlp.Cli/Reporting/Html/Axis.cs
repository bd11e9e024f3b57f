using System.Globalization;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>A range of values along one side of a plot, linear or logarithmic, with its ticks.</summary>
internal sealed class Axis
{
    private const double Decade = 10;

    private readonly double leastStep;

    private Axis(string label, double low, double high, bool isLogarithmic, double leastStep = 0)
    {
        Label = label;
        Low = low;
        High = high;
        IsLogarithmic = isLogarithmic;
        this.leastStep = leastStep;
    }

    public string Label { get; }

    public double Low { get; }

    public double High { get; }

    public bool IsLogarithmic { get; }

    /// <summary>From one value to another.</summary>
    public static Axis Between(string label, double low, double high) =>
        double.IsFinite(high - low) && high > low ? new Axis(label, low, high, false) : Over(label, [low, high]);

    /// <summary>Whole numbers from 1, or from 0 where 1 is all there is.</summary>
    public static Axis Count(string label, int last) => new(label, last > 1 ? 1 : 0, Math.Max(last, 1), false, leastStep: 1);

    /// <summary>Every finite value, and a twentieth of their range on either side.</summary>
    public static Axis Over(string label, IEnumerable<double> values)
    {
        (double low, double high) = Range(values);
        double margin = high > low ? (high - low) / 20 : Math.Max(Math.Abs(low) / 2, 0.5);
        return new Axis(label, low - margin, high + margin, false);
    }

    /// <summary>Logarithmic where the values are positive and the largest is more than twenty times the least; else from 0.</summary>
    public static Axis OfLoss(string label, IEnumerable<double> values)
    {
        double[] all = [.. values];
        (double low, double high) = Range(all);
        return low > 0 && high > 20 * low ? new Axis(label, low / 1.15, high * 1.15, true)
            : low >= 0 ? new Axis(label, 0, high > 0 ? high * 1.05 : 1, false)
            : Over(label, all);
    }

    /// <summary>Where the value lies, from 0 to 1.</summary>
    public double Place(double value) => IsLogarithmic
        ? Math.Log(Math.Max(value, double.Epsilon) / Low) / Math.Log(High / Low)
        : (value - Low) / (High - Low);

    /// <summary>Round values, about so many.</summary>
    public IEnumerable<double> Ticks(int wanted)
    {
        if (IsLogarithmic)
        {
            double decades = Math.Log10(High / Low);
            double[] factors = decades < 2 ? [1, 2, 5] : [1];
            int stride = (int)Math.Max(1, Math.Ceiling(decades / wanted));
            for (int power = (int)Math.Floor(Math.Log10(Low)); power <= Math.Log10(High); power += stride)
            {
                foreach (double factor in factors)
                {
                    double value = factor * Math.Pow(Decade, power);
                    if (value >= Low && value <= High)
                    {
                        yield return value;
                    }
                }
            }

            yield break;
        }

        double step = RoundStep(Math.Max((High - Low) / wanted, leastStep));
        for (double i = Math.Ceiling(Low / step - 1e-9); i * step <= High + (step * 1e-9); i++)
        {
            yield return i == 0 ? 0 : i * step; // not -0
        }
    }

    /// <summary>One tick on its own.</summary>
    public static string TickText(double tick) => TickTexts([tick])[0];

    /// <summary>The texts of ticks, all in one notation: plain where six characters are enough for each, which is what the margin takes, else with exponents.</summary>
    public static string[] TickTexts(IReadOnlyList<double> ticks)
    {
        string[] plain = [.. ticks.Select(tick => Math.Round(tick, 6).ToString("0.######", CultureInfo.InvariantCulture))];
        bool isPlain = ticks.All(tick => tick == 0 || Math.Abs(tick) >= 1e-3) && plain.All(text => text.Length <= 6);
        return isPlain ? plain : [.. ticks.Select(tick => tick == 0 ? "0" : tick.ToString("0.##e0", CultureInfo.InvariantCulture))];
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (double.IsFinite(value))
            {
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }
        }

        return low <= high ? (low, high) : (0, 1);
    }

    /// <summary>1, 2 or 5 times a power of ten, at least the step given.</summary>
    private static double RoundStep(double step)
    {
        double power = Math.Pow(Decade, Math.Floor(Math.Log10(step)));
        double lead = step / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : Decade);
    }
}
