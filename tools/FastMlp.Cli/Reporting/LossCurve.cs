using Spectre.Console;
using Spectre.Console.Rendering;

namespace FastMlp.Cli.Reporting;

/// <summary>
/// The losses of the epochs as a curve of characters. A Braille character is two dots wide and four high, so that a line of
/// text has four steps; where both curves meet in a character, it has the colour of the validation loss.
/// </summary>
internal sealed class LossCurve
{
    private const int DotsAcross = 2;
    private const int DotsUp = 4;

    /// <summary>Columns for the figures beside the axis.</summary>
    private const int Margin = 9;

    private const int LeastWidth = 20;

    /// <summary>Epochs that are kept apart; from there on two neighbours become their mean, so that a long run takes no more memory.</summary>
    private const int MostPoints = 4096;

    /// <summary>Losses that differ by more than this factor are drawn on a logarithmic axis.</summary>
    private const double LogarithmicFrom = 20;

    private const char Blank = '\u2800';

    // The bit of each dot of a character: two columns, from the top.
    private static readonly int[,] bits = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    private readonly Series train = new();
    private readonly Series validation = new();

    public void Add(double trainLoss, double? validationLoss)
    {
        train.Add(trainLoss);
        validation.Add(validationLoss ?? double.NaN);
    }

    public IRenderable Draw(int width, int height)
    {
        List<Markup> lines = [];
        foreach ((string margin, char[] dots, bool[] isValidation) in Lines(width, height))
        {
            System.Text.StringBuilder text = new(Markup.Escape(margin));
            for (int i = 0; i < dots.Length;)
            {
                int end = i;
                while (end < dots.Length && isValidation[end] == isValidation[i])
                {
                    end++;
                }

                text.Append(isValidation[i] ? "[yellow]" : "[blue]").Append(dots, i, end - i).Append("[/]");
                i = end;
            }

            lines.Add(new Markup(text.ToString()));
        }

        string legend = validation.HasValues ? "loss: [blue]training[/], [yellow]validation[/]" : "loss: [blue]training[/]";
        return new Rows([.. lines, new Markup(new string(' ', Margin) + legend)]);
    }

    /// <summary>The drawing without colours: what stands before the axis and the axis itself, the characters, and whose colour they have.</summary>
    public IReadOnlyList<(string Margin, char[] Dots, bool[] IsValidation)> Lines(int width, int height)
    {
        int columns = Math.Max(width, LeastWidth) - Margin;
        char[][] dots = [.. Enumerable.Range(0, height).Select(_ => Enumerable.Repeat(Blank, columns).ToArray())];
        bool[][] isValidation = [.. Enumerable.Range(0, height).Select(_ => new bool[columns])];
        double[] finite = [.. train.Values.Concat(validation.Values).Where(double.IsFinite)];
        double low = finite.Length > 0 ? finite.Min() : 0;
        double high = finite.Length > 0 ? finite.Max() : 1;
        bool logarithmic = low > 0 && high > LogarithmicFrom * low;
        Draw(train, false);
        Draw(validation, true);
        return [.. Enumerable.Range(0, height).Select(line => (
            (line == 0 && finite.Length > 0 ? Text.Figure(high) : line == height - 1 && finite.Length > 0 ? Text.Figure(low) : "").PadLeft(Margin - 2) + (line == 0 || line == height - 1 ? " ┤" : " │"),
            dots[line], isValidation[line]))];

        void Draw(Series series, bool validates)
        {
            int across = columns * DotsAcross;
            int up = height * DotsUp;
            int? before = null;
            for (int x = 0; x < across; x++)
            {
                if (series.At(x, across) is not { } value)
                {
                    before = null;
                    continue;
                }

                double share = high <= low ? 0.5 : logarithmic ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low);
                int y = (int)Math.Round((1 - share) * (up - 1));

                // A steep stretch is drawn from the height of the dot before.
                for (int fill = before is { } from ? from + Math.Sign(y - from) : y; ; fill += Math.Sign(y - fill))
                {
                    dots[fill / DotsUp][x / DotsAcross] |= (char)bits[x % DotsAcross, fill % DotsUp];
                    isValidation[fill / DotsUp][x / DotsAcross] |= validates;
                    if (fill == y)
                    {
                        break;
                    }
                }

                before = y;
            }
        }
    }

    /// <summary>Values in the order of the epochs, the older ones as means once there are many.</summary>
    private sealed class Series
    {
        private readonly List<double> values = [];
        private int share = 1;
        private double sum;
        private int pending;

        public IEnumerable<double> Values => values;

        public bool HasValues => values.Exists(double.IsFinite);

        public void Add(double value)
        {
            sum += value;
            if (++pending < share)
            {
                return;
            }

            values.Add(sum / share);
            sum = 0;
            pending = 0;
            if (values.Count == MostPoints)
            {
                for (int i = 0; i < MostPoints / 2; i++)
                {
                    values[i] = (values[2 * i] + values[(2 * i) + 1]) / 2;
                }

                values.RemoveRange(MostPoints / 2, MostPoints / 2);
                share *= 2;
            }
        }

        /// <summary>The mean of the epochs that fall on a dot; where there are fewer epochs than dots, on the straight line between two.</summary>
        public double? At(int dot, int dots)
        {
            if (values.Count == 0)
            {
                return null;
            }

            double mean;
            if (values.Count > dots)
            {
                int from = (int)((long)dot * values.Count / dots);
                int to = Math.Max(from + 1, (int)((long)(dot + 1) * values.Count / dots));
                mean = 0;
                for (int i = from; i < to; i++)
                {
                    mean += values[i] / (to - from);
                }
            }
            else
            {
                double place = dots > 1 ? (double)dot * (values.Count - 1) / (dots - 1) : 0;
                int from = (int)place;
                double rest = place - from;
                mean = rest > 0 ? (values[from] * (1 - rest)) + (values[from + 1] * rest) : values[from];
            }

            return double.IsFinite(mean) ? mean : null;
        }
    }
}
