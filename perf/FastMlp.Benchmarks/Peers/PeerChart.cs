using System.Globalization;
using System.Security;
using System.Text;

namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// A table as a chart: a line for each case with a dot for each system, placed by its speed in units of FastMlp's; for the
/// small batches, time over rows.
/// </summary>
internal static class PeerChart
{
    private const int LabelWidth = 270;
    private const int PlotWidth = 560;
    private const int RightMargin = 24;
    private const int LineHeight = 24;
    private const int Top = 50;
    private const int CurveHeight = 340;
    private const int LegendHeight = 22;
    private const int LegendColumns = 4;

    /// <summary>The range of the axis: a rival beyond stands at its end, and the table has its figure.</summary>
    private const double Slowest = 0.05;
    private const double Fastest = 2;

    /// <summary>FastMlp in red, which no rival has.</summary>
    private const string OwnColour = "#C00020";

    /// <summary>Okabe and Ito's colours, which most people tell apart, and three greys.</summary>
    private static readonly string[] colours = ["#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#B8A800", "#000000", "#777777", "#AAAAAA"];

    public static string FileName(string key) => $"peers-{key}.svg";

    public static bool IsDrawn(PeerReport report, PeerTable table) => report.Table(table.Key).Any(row => row is { Own: not null, BestRival: not null });

    /// <summary>The chart; null where there is nothing to compare.</summary>
    public static string? Svg(PeerReport report, PeerTable table)
    {
        PeerRow[] rows = [.. report.Table(table.Key).Where(row => row is { Own: not null, BestRival: not null })];
        if (rows.Length == 0)
        {
            return null;
        }

        string[] names = [.. rows.SelectMany(row => row.Figures.Where(f => !f.IsOwn).Select(f => f.Peer)).Distinct()];
        bool isCurve = table.Key == PeerTable.Few;
        int plotHeight = isCurve ? CurveHeight : rows.Length * LineHeight;
        int legendTop = Top + plotHeight + 34;
        int height = legendTop + ((names.Length / LegendColumns) + 1) * LegendHeight;
        const int Width = LabelWidth + PlotWidth + RightMargin;
        StringBuilder svg = new();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>");
        Line(svg, $"<text x=\"8\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{Escape(Title(table, isCurve))}</text>");
        Line(svg, $"<text x=\"8\" y=\"36\" fill=\"#555\">{Escape(report.Processor)}, {Escape(report.InstructionSet)}, {report.Date[..10]}. {Escape(report.Note)}</text>");
        if (isCurve)
        {
            Curves(svg, rows, names);
        }
        else
        {
            Dots(svg, rows, names);
        }

        Legend(svg, names, legendTop);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static string Title(PeerTable table, bool isCurve)
    {
        string what = table.Title[..table.Title.LastIndexOf(',')];
        return isCurve ? what + ": microseconds over rows" : what + ": speed, FastMlp = 1";
    }

    private static void Dots(StringBuilder svg, PeerRow[] rows, string[] names)
    {
        int bottom = Top + (rows.Length * LineHeight);
        foreach (double tick in new[] { 0.05, 0.1, 0.2, 0.5, 1, 2 })
        {
            double x = At(tick);
            Line(svg, $"<line x1=\"{x:0.0}\" y1=\"{Top}\" x2=\"{x:0.0}\" y2=\"{bottom}\" stroke=\"{(tick == 1 ? OwnColour : "#ddd")}\" stroke-width=\"{(tick == 1 ? 2 : 1)}\"/>");
            Line(svg, $"<text x=\"{x:0.0}\" y=\"{bottom + 16}\" text-anchor=\"middle\" fill=\"#555\">{tick}</text>");
        }

        for (int i = 0; i < rows.Length; i++)
        {
            int y = Top + (i * LineHeight) + (LineHeight / 2);
            double own = rows[i].Own!.Microseconds;
            Line(svg, $"<text x=\"{LabelWidth - 8}\" y=\"{y + 4}\" text-anchor=\"end\">{Escape(rows[i].Case)}</text>");
            foreach (PeerFigure figure in rows[i].Figures.Where(f => !f.IsOwn))
            {
                double speed = own / figure.Microseconds;
                Line(svg, $"<circle cx=\"{At(speed):0.0}\" cy=\"{y}\" r=\"5\" fill=\"{Colour(names, figure.Peer)}\" fill-opacity=\"0.85\"><title>{Escape(figure.Peer)}: {speed:0.00}</title></circle>");
            }
        }

        static double At(double speed) =>
            LabelWidth + (PlotWidth * Math.Log(Math.Clamp(speed, Slowest, Fastest) / Slowest) / Math.Log(Fastest / Slowest));
    }

    private static void Curves(StringBuilder svg, PeerRow[] rows, string[] names)
    {
        // A rival's cliff may go far beyond; the curve of interest must not lie flat for it.
        double top = 1.6 * rows.Max(row => row.Own!.Microseconds);
        int most = rows.Max(row => row.Rows);
        const int Bottom = Top + CurveHeight;
        foreach (int rowsTick in new[] { 1, 8, 16, 24, 32, 40, 48, 56, 64 }.Where(tick => tick <= most))
        {
            Line(svg, $"<text x=\"{X(rowsTick):0.0}\" y=\"{Bottom + 16}\" text-anchor=\"middle\" fill=\"#555\">{rowsTick}</text>");
        }

        for (int part = 0; part <= 4; part++)
        {
            double time = top * part / 4;
            Line(svg, $"<line x1=\"{LabelWidth}\" y1=\"{Y(time):0.0}\" x2=\"{LabelWidth + PlotWidth}\" y2=\"{Y(time):0.0}\" stroke=\"#ddd\"/>");
            Line(svg, $"<text x=\"{LabelWidth - 8}\" y=\"{Y(time) + 4:0.0}\" text-anchor=\"end\" fill=\"#555\">{time:0} us</text>");
        }

        foreach (string name in names.Append(PeerReport.Own))
        {
            IEnumerable<string> points = rows.Select(row => (row.Rows, Figure: row.Of(name))).Where(p => p.Figure is not null)
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Rows):0.0},{Y(p.Figure!.Microseconds):0.0}"));
            Line(svg, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{Colour(names, name)}\" stroke-width=\"{(name == PeerReport.Own ? 3 : 1.5)}\"/>");
        }

        double X(int count) => LabelWidth + (PlotWidth * (double)(count - 1) / Math.Max(1, most - 1));
        double Y(double time) => Bottom - (CurveHeight * Math.Min(time, top) / top);
    }

    private static void Legend(StringBuilder svg, string[] names, int top)
    {
        string[] all = [PeerReport.Own, .. names];
        for (int i = 0; i < all.Length; i++)
        {
            int x = 12 + (i % LegendColumns * ((LabelWidth + PlotWidth) / LegendColumns)), y = top + (i / LegendColumns * LegendHeight);
            Line(svg, $"<rect x=\"{x}\" y=\"{y - 10}\" width=\"12\" height=\"12\" fill=\"{Colour(names, all[i])}\"/><text x=\"{x + 18}\" y=\"{y}\">{Escape(all[i])}</text>");
        }
    }

    private static string Colour(string[] names, string name) =>
        name == PeerReport.Own ? OwnColour : colours[Array.IndexOf(names, name) % colours.Length];

    private static string Escape(string text) => SecurityElement.Escape(text);

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
