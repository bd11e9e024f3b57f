using System.Globalization;
using System.Security;
using System.Text;

namespace FastMlp.Benchmarks.Peers;

/// <summary>The comparison as a bar chart: the speed of the best rival of each case, in units of FastMlp's.</summary>
internal static class PeerChart
{
    private const int LabelWidth = 290;
    private const int UnitWidth = 320;
    private const int NameWidth = 200;
    private const int LineHeight = 22;
    private const int Top = 46;

    /// <summary>A rival more than this much faster would run off the page; its bar is cut and its figure tells.</summary>
    private const double Longest = 1.5;

    public static string Svg(PeerReport report)
    {
        (string Case, string Rival, double Ratio)[] bars = [.. Bars(report)];
        int width = LabelWidth + (int)(UnitWidth * Longest) + NameWidth;
        int height = Top + (bars.Length * LineHeight) + 12;
        StringBuilder svg = new();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        Line(svg, $"<text x=\"8\" y=\"18\" font-weight=\"bold\">Speed of the best rival, FastMlp = 1</text>");
        Line(svg, $"<text x=\"8\" y=\"36\" fill=\"#555\">{Escape(report.Processor)}, {Escape(report.InstructionSet)}, one thread, {report.Date[..10]}. {Escape(report.Note)}</text>");
        for (int i = 0; i < bars.Length; i++)
        {
            (string name, string rival, double ratio) = bars[i];
            int y = Top + (i * LineHeight);
            double length = UnitWidth * Math.Min(ratio, Longest);
            Line(svg, $"<text x=\"{LabelWidth - 8}\" y=\"{y + 14}\" text-anchor=\"end\">{Escape(name)}</text>");
            Line(svg, $"<rect x=\"{LabelWidth}\" y=\"{y + 3}\" width=\"{length:0.0}\" height=\"{LineHeight - 7}\" fill=\"{(ratio > 1 ? "#c0392b" : "#7f8c8d")}\"/>");
            Line(svg, $"<text x=\"{LabelWidth + length + 6:0.0}\" y=\"{y + 14}\">{ratio:0.00} {Escape(rival)}</text>");
        }

        Line(svg, $"<line x1=\"{LabelWidth + UnitWidth}\" y1=\"{Top}\" x2=\"{LabelWidth + UnitWidth}\" y2=\"{height - 8}\" stroke=\"#2c3e50\" stroke-width=\"2\"/>");
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static IEnumerable<(string Case, string Rival, double Ratio)> Bars(PeerReport report)
    {
        foreach (PeerRow row in report.Rows)
        {
            PeerFigure? own = row.Figures.FirstOrDefault(f => f.Peer == PeerReport.Own);
            PeerFigure? rival = row.Figures.Where(f => f.Peer != PeerReport.Own).MinBy(f => f.Microseconds);
            if (own is not null && rival is not null)
            {
                yield return (PeerReport.Group(row.Table) + row.Case, rival.Peer, own.Microseconds / rival.Microseconds);
            }
        }
    }

    private static string Escape(string text) => SecurityElement.Escape(text);

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
