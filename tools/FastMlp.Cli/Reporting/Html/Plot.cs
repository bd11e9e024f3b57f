using System.Globalization;
using System.Text;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>
/// A drawing with two axes as inline SVG. It is laid out for the width of a telephone and grows with its card; colours come from
/// the classes c0 to c9 of the page's style, so that they follow the light and the dark page.
/// </summary>
internal sealed class Plot(string title, Axis x, Axis y, double height = 240)
{
    /// <summary>Colours of the style.</summary>
    public const int Colours = 10;

    private const double Width = 360;
    private const double Left = 46;
    private const double Right = 12;
    private const double Top = 22;
    private const double Bottom = 36;

    /// <summary>Points of a line; more than the drawing has pixels would only make the page heavy.</summary>
    private const int MostPoints = 360;

    private const double PlotWidth = Width - Left - Right;

    private readonly List<Fragment> marks = [];

    private double PlotHeight => height - Top - Bottom;

    /// <summary>A line through the points; a value that is not finite leaves a gap.</summary>
    public Plot Line(IReadOnlyList<(double X, double Y)> points, int colour, bool dashed = false, bool stepped = false)
    {
        if (points.Count == 1)
        {
            return Points(points, colour, radius: 3); // a line of one point would not be seen
        }

        StringBuilder path = new();
        bool down = false;
        double last = 0;
        foreach ((double px, double py) in Thinned(points))
        {
            if (!double.IsFinite(px) || !double.IsFinite(py))
            {
                down = false;
                continue;
            }

            double across = Across(px);
            double up = Up(py);
            if (down && stepped)
            {
                path.Append(CultureInfo.InvariantCulture, $"L{across:0.#} {last:0.#}");
            }

            path.Append(CultureInfo.InvariantCulture, $"{(down ? 'L' : 'M')}{across:0.#} {up:0.#}");
            last = up;
            down = true;
        }

        marks.Add(dashed ? Fragment.Of($"<path class=\"line dashed c{colour}\" d=\"{path.ToString()}\"/>") : Fragment.Of($"<path class=\"line c{colour}\" d=\"{path.ToString()}\"/>"));
        return this;
    }

    public Plot Points(IEnumerable<(double X, double Y)> points, int colour, double radius = 2.2)
    {
        StringBuilder path = new();
        foreach ((double px, double py) in points)
        {
            if (double.IsFinite(px) && double.IsFinite(py))
            {
                // A line of no length with round ends is a dot, in a tenth of the text that a circle takes.
                path.Append(CultureInfo.InvariantCulture, $"M{Across(px):0.#} {Up(py):0.#}h0");
            }
        }

        marks.Add(Fragment.Of($"<path class=\"dots halo\" stroke-width=\"{(2 * radius) + 1.2}\" d=\"{path.ToString()}\"/><path class=\"dots c{colour}\" stroke-width=\"{2 * radius}\" d=\"{path.ToString()}\"/>"));
        return this;
    }

    /// <summary>A bar between two values of x, from the foot of the plot.</summary>
    public Plot Bar(double from, double to, double value, int colour, string hint)
    {
        double left = Across(from);
        double top = Up(Math.Max(value, y.Low));
        marks.Add(Fragment.Of($"<rect class=\"bar c{colour}\" x=\"{left}\" y=\"{top}\" width=\"{Math.Max(Across(to) - left - 0.5, 0.3)}\" height=\"{Math.Max(Top + PlotHeight - top, 0)}\"><title>{hint}</title></rect>"));
        return this;
    }

    /// <summary>A straight thin line for comparison.</summary>
    public Plot Guide(double x1, double y1, double x2, double y2)
    {
        marks.Add(Fragment.Of($"<path class=\"guide\" d=\"M{Across(x1)} {Up(y1)}L{Across(x2)} {Up(y2)}\"/>"));
        return this;
    }

    /// <summary>A picture that fills the frame, its first row at the top.</summary>
    public Plot Image(ReadOnlySpan<byte> pixels, int width)
    {
        marks.Add(Fragment.Of($"<image x=\"{Left}\" y=\"{Top}\" width=\"{PlotWidth}\" height=\"{PlotHeight}\" preserveAspectRatio=\"none\" href=\"{Png.DataAddress(pixels, width)}\"/>"));
        return this;
    }

    public Fragment ToHtml()
    {
        double[] acrossTicks = [.. x.Ticks(5)];
        double[] upTicks = [.. y.Ticks(5)];
        Fragment across = Fragment.Join(acrossTicks.Zip(Axis.TickTexts(acrossTicks), (tick, text) => Fragment.Of(
            $"<path class=\"grid\" d=\"M{Across(tick)} {Top}V{Top + PlotHeight}\"/><text x=\"{Math.Clamp(Across(tick), HalfText(text), Width - HalfText(text))}\" y=\"{Top + PlotHeight + 14}\" text-anchor=\"middle\">{text}</text>")));
        Fragment up = Fragment.Join(upTicks.Zip(Axis.TickTexts(upTicks), (tick, text) => Fragment.Of(
            $"<path class=\"grid\" d=\"M{Left} {Up(tick)}H{Left + PlotWidth}\"/><text x=\"{Left - 5}\" y=\"{Up(tick) + 3.5}\" text-anchor=\"end\">{text}</text>")));
        return Fragment.Of(
            $"<svg class=\"plot\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{title}\">{across}{up}{marks}<rect class=\"frame\" x=\"{Left}\" y=\"{Top}\" width=\"{PlotWidth}\" height=\"{PlotHeight}\"/><text x=\"4\" y=\"12\">{y.Label}</text><text x=\"{Left + PlotWidth}\" y=\"{height - 6}\" text-anchor=\"end\">{x.Label}</text></svg>");
    }

    /// <summary>Half the width of a text in the font of the style, about; a text that is centred nearer to the edge would be cut off.</summary>
    private static double HalfText(string text) => 3.2 * text.Length;

    private double Across(double value) => Left + (PlotWidth * Math.Clamp(x.Place(value), 0, 1));

    private double Up(double value) => Top + (PlotHeight * (1 - Math.Clamp(y.Place(value), 0, 1)));

    /// <summary>Of many points the first, the lowest, the highest and the last of each stretch, so that no peak is lost.</summary>
    private static IEnumerable<(double X, double Y)> Thinned(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints)
        {
            return points;
        }

        int stretch = (4 * points.Count + MostPoints - 1) / MostPoints;
        return points.Chunk(stretch).SelectMany(chunk =>
        {
            int lowest = 0;
            int highest = 0;
            for (int i = 1; i < chunk.Length; i++)
            {
                lowest = chunk[i].Y < chunk[lowest].Y ? i : lowest;
                highest = chunk[i].Y > chunk[highest].Y ? i : highest;
            }

            return new[] { 0, lowest, highest, chunk.Length - 1 }.Distinct().Order().Select(i => chunk[i]);
        });
    }
}
