namespace FastMlp.Cli.Reporting.Html;

/// <summary>What the model answers everywhere, where a row is two numbers.</summary>
internal static class SurfaceSection
{
    private const int Side = 140;
    private const int MostDots = 1_000;

    public static Fragment Of(ReportSubject subject, Answers answers, Dataset rows)
    {
        IReadOnlyList<InputColumn> columns = InputColumn.Of(subject.Preprocessing);
        if (columns is not [{ IsNumber: true } first, { IsNumber: true } second] || rows.Rows == 0)
        {
            return default;
        }

        float[] raw = rows.Features.ToArray();
        subject.Preprocessing.Features.Inverse(raw);
        Axis x = Axis.Over(Short(first.Name), Enumerable.Range(0, rows.Rows).Select(row => (double)raw[2 * row]));
        Axis y = Axis.Over(Short(second.Name), Enumerable.Range(0, rows.Rows).Select(row => (double)raw[(2 * row) + 1]));
        byte[] pixels = Answer(subject, x, y, out float low, out float high);
        Plot plot = new("Answers over the plane of the two columns", x, y, height: 320);
        plot.Image(pixels, Side);
        int stride = (rows.Rows + MostDots - 1) / MostDots;
        int groups = subject.Classifies ? Math.Min(answers.Classes, Plot.Colours) : 1;
        for (int group = 0; group < groups; group++)
        {
            plot.Points(Enumerable.Range(0, rows.Rows)
                .Where(row => row % stride == 0 && (!subject.Classifies || answers.Label(row) % Plot.Colours == group))
                .Select(row => ((double)raw[2 * row], (double)raw[(2 * row) + 1])), subject.Classifies ? group : 9);
        }

        Fragment legend = subject.Classifies
            ? Page.Legend(subject.ClassNames.Take(Plot.Colours))
            : Fragment.Of($"<p class=\"soft\">Orange: towards {Axis.TickText(Math.Round(low, 3))}. Blue: towards {Axis.TickText(Math.Round(high, 3))}.</p>");
        return Page.Section("The decision surface", Fragment.Of($"<div class=\"narrow\">{Page.Card("", plot.ToHtml(), legend)}</div>"),
            subject.Classifies ? "The class it answers at every place, the fuller the surer, and the rows by their true class." : "The value it answers at every place, and the rows.");
    }

    private static byte[] Answer(ReportSubject subject, Axis x, Axis y, out float low, out float high)
    {
        float[] grid = new float[Side * Side * 2];
        for (int i = 0; i < Side * Side; i++)
        {
            grid[2 * i] = (float)(x.Low + ((x.High - x.Low) * ((i % Side) + 0.5) / Side));
            grid[(2 * i) + 1] = (float)(y.High - ((y.High - y.Low) * ((i / Side) + 0.5) / Side));
        }

        subject.Preprocessing.Features.Transform(grid);
        float[] outputs = subject.Network.Predict(grid);
        subject.Preprocessing.InverseTargets(outputs);
        int size = subject.Network.OutputSize;
        low = float.PositiveInfinity;
        high = float.NegativeInfinity;
        for (int i = 0; i < Side * Side; i++)
        {
            low = Math.Min(low, outputs[i * size]);
            high = Math.Max(high, outputs[i * size]);
        }

        byte[] pixels = new byte[4 * Side * Side];
        for (int i = 0; i < Side * Side; i++)
        {
            ReadOnlySpan<float> answer = outputs.AsSpan(i * size, size);
            if (!subject.Classifies)
            {
                Pictures.SetValue(pixels, i, high > low ? (answer[0] - low) / (high - low) : 0.5f);
                continue;
            }

            int best = 0;
            for (int c = 1; c < size; c++)
            {
                best = answer[c] > answer[best] ? c : best;
            }

            // One output tells two classes apart by its half.
            float share = size == 1 ? Math.Max(answer[0], 1 - answer[0]) : answer[best];
            float least = 1f / Math.Max(size, 2);
            Pictures.SetClass(pixels, i, size == 1 ? (answer[0] > 0.5f ? 1 : 0) : best, 0.05f + (0.5f * Math.Clamp((share - least) / (1 - least), 0, 1)));
        }

        return pixels;
    }

    private static string Short(string name) => name.Length <= 24 ? name : string.Concat(name.AsSpan(0, 23), "~");
}
