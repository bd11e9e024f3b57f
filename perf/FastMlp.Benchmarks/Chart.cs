using System.Globalization;
using System.Security;
using System.Text;

namespace FastMlp.Benchmarks;

/// <summary>Bars of how many times as long as FastMlp the rivals take, on a logarithmic axis.</summary>
internal static class Chart
{
    private const int LabelWidth = 250, PlotWidth = 500, RightMargin = 60, Top = 60, BarHeight = 12, GroupGap = 10;
    private const double Least = 0.5;

    /// <summary>Okabe and Ito's colours, which most people tell apart.</summary>
    private static readonly string[] colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];

    /// <param name="Text">What is done.</param>
    /// <param name="Own">FastMlp's time.</param>
    /// <param name="Rivals">The rivals' times, null where one cannot.</param>
    public sealed record Bar(string Text, double Own, double?[] Rivals);

    public static string Svg(string title, string[] rivals, Bar[] bars)
    {
        int group = (rivals.Length * BarHeight) + GroupGap;
        int bottom = Top + (bars.Length * group), height = bottom + 30, width = LabelWidth + PlotWidth + RightMargin;
        double most = Math.Pow(10, Math.Ceiling(Math.Log10(bars.SelectMany(bar => bar.Rivals.Select(time => time / bar.Own)).Max() ?? 10)));
        StringBuilder svg = new();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        Line(svg, $"<text x=\"8\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{SecurityElement.Escape(title)}</text>");
        for (int i = 0; i < rivals.Length; i++)
        {
            int x = LabelWidth + (i * 160);
            Line(svg, $"<rect x=\"{x}\" y=\"30\" width=\"12\" height=\"12\" fill=\"{colours[i]}\"/><text x=\"{x + 17}\" y=\"41\">{SecurityElement.Escape(rivals[i].Split(',')[0])}</text>");
        }

        for (double tick = 1; tick <= most; tick *= 10)
        {
            Line(svg, $"<line x1=\"{At(tick):0.0}\" y1=\"{Top - 6}\" x2=\"{At(tick):0.0}\" y2=\"{bottom}\" stroke=\"{(tick == 1 ? "#C00020" : "#ddd")}\"/>");
            Line(svg, $"<text x=\"{At(tick):0.0}\" y=\"{bottom + 16}\" text-anchor=\"middle\" fill=\"#555\">{(tick == 1 ? "FastMlp" : tick.ToString("0 x", CultureInfo.InvariantCulture))}</text>");
        }

        for (int b = 0; b < bars.Length; b++)
        {
            int y = Top + (b * group);
            Line(svg, $"<text x=\"{LabelWidth - 10}\" y=\"{y + (group / 2)}\" text-anchor=\"end\">{SecurityElement.Escape(bars[b].Text)}</text>");
            for (int i = 0; i < rivals.Length; i++)
            {
                if (bars[b].Rivals[i] is { } time)
                {
                    double ratio = time / bars[b].Own, from = Math.Min(At(1), At(ratio));
                    Line(svg, $"<rect x=\"{from:0.0}\" y=\"{y + (i * BarHeight)}\" width=\"{Math.Abs(At(ratio) - At(1)):0.0}\" height=\"{BarHeight - 2}\" fill=\"{colours[i]}\"/>");
                    Line(svg, $"<text x=\"{Math.Max(At(1), At(ratio)) + 4:0.0}\" y=\"{y + (i * BarHeight) + 9}\" font-size=\"10\">{ratio:0.0}</text>");
                }
            }
        }

        return svg.Append("</svg>\n").ToString();

        double At(double ratio) => LabelWidth + (PlotWidth * Math.Log(Math.Max(ratio, Least) / Least) / Math.Log(most / Least));
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
