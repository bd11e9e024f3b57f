using System.Globalization;

namespace FastMlp.Benchmarks.Peers;

/// <summary>Figures as text, the same in every table.</summary>
internal static class Figures
{
    /// <summary>Stands behind a figure of a disturbed moment.</summary>
    public const string DisturbedMark = "~";

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static string Percent(double share) => Invariant($"{100 * share:0.0} %");

    public static string Mark(PeerFigure figure) => figure.IsDisturbed ? DisturbedMark : "";

    /// <summary>Three or four digits, whatever the size: 0.1023, 3.94, 33.1, 3,837.</summary>
    public static string Microseconds(double value) => value switch
    {
        < 1 => Invariant($"{value:0.0000}"),
        < 10 => Invariant($"{value:0.00}"),
        < 1000 => Invariant($"{value:0.0}"),
        _ => Invariant($"{value:#,0}"),
    };

    /// <summary>With its unit: 38 ns, 3.94 us.</summary>
    public static string Time(double microseconds) => microseconds < 1 ? Invariant($"{microseconds * 1e3:0.0} ns") : Microseconds(microseconds) + " us";

    /// <summary>In the unit of a table, without it.</summary>
    public static string Value(Unit unit, PeerRow row, PeerFigure figure) => unit switch
    {
        Unit.Gflops => Invariant($"{figure.Gflops:0.0}"),
        Unit.ThousandRows => Invariant($"{row.Rows / figure.Microseconds * 1e3:#,0}"),
        _ => Microseconds(figure.Microseconds),
    };

    public static string Rate(int rows, double microseconds) => Invariant($"{rows / microseconds:0.0} M rows/s");
}
