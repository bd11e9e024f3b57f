using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>
/// A slowdown made on purpose, to test the guard: after the work the thread burns the given share of the time that the
/// work took, as a kernel slower by that share would have.
/// </summary>
internal static class Injection
{
    /// <summary>The whole list.</summary>
    public const string Everything = "all";

    public static GuardCase Slow(GuardCase original, double percent)
    {
        Action<int> work = original.Work;
        return original with
        {
            Work = repeats =>
            {
                long start = Stopwatch.GetTimestamp();
                work(repeats);
                long end = Stopwatch.GetTimestamp();
                long until = end + (long)((end - start) * percent / 100);
                while (Stopwatch.GetTimestamp() < until)
                {
                }
            },
        };
    }

    /// <summary>"10" slows every case, "10:name" the case of that name, or where there is none those whose names hold the text.</summary>
    public static (double Percent, string Name)? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int colon = text.IndexOf(':');
        string number = colon < 0 ? text : text[..colon];
        string name = colon < 0 ? Everything : text[(colon + 1)..];
        return double.TryParse(number, CultureInfo.InvariantCulture, out double percent) && percent is > 0 and < 1000
            ? (percent, name)
            : throw new ArgumentException($"'{text}' is no slowdown; write a percentage, or a percentage, a colon and part of a case's name: 10:64 x 64.");
    }

    public static IReadOnlyList<GuardCase> Apply(IReadOnlyList<GuardCase> cases, (double Percent, string Name)? injection) =>
        injection is not { } slow
            ? cases
            : [.. cases.Select(c => c.Name != GuardCase.Naive && Hits(slow.Name, c.Name) ? Slow(c, slow.Percent) : c)];

    public static bool Hits(string wanted, string name) =>
        wanted == Everything || (GuardCase.Names().Contains(wanted) ? name == wanted : name.Contains(wanted, StringComparison.OrdinalIgnoreCase));
}
