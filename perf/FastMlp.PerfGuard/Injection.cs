using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>A slowdown made on purpose, to test the gate: after the work the thread burns a share of the time that the work took.</summary>
/// <param name="Percent">The share.</param>
/// <param name="Name">Part of the names of the cases that it hits.</param>
internal sealed record Injection(double Percent, string Name)
{
    /// <summary><c>10</c> slows every case; <c>10:one row</c> the cases whose names hold that text.</summary>
    public static Injection? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        string[] parts = text.Split(':', 2);
        return double.TryParse(parts[0], CultureInfo.InvariantCulture, out double percent) && percent is > 0 and < 1000
            ? new Injection(percent, parts.Length > 1 ? parts[1] : "")
            : throw new GuardException($"'{text}' is no slowdown; write a percentage, or a percentage, a colon and part of a case's name: 10:one row.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Percent}:{Name}");

    public GuardCase Apply(GuardCase original) => !original.Name.Contains(Name, StringComparison.Ordinal) ? original : original with
    {
        Work = repeats =>
        {
            long start = Stopwatch.GetTimestamp();
            original.Work(repeats);
            long end = Stopwatch.GetTimestamp();
            long until = end + (long)((end - start) * Percent / 100);
            while (Stopwatch.GetTimestamp() < until)
            {
            }
        },
    };
}
