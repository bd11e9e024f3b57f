namespace FastMlp.Cli.Reporting.Html;

/// <summary>Values as pixels.</summary>
internal static class Pictures
{
    // Blue and orange of the middle of light and dark, apart for every kind of colour vision.
    private static readonly (byte R, byte G, byte B) positive = (37, 110, 235);
    private static readonly (byte R, byte G, byte B) negative = (226, 90, 30);

    private static readonly (byte R, byte G, byte B)[] classes =
    [
        (37, 110, 235), (226, 90, 30), (47, 150, 70), (160, 70, 190), (20, 130, 150), (205, 55, 60), (110, 80, 210), (140, 105, 95), (120, 165, 40), (110, 120, 130),
    ];

    /// <summary>Weights or other signed values: blue above 0, orange below, the stronger the further from it.</summary>
    public static string Signed(ReadOnlySpan<float> values, int width)
    {
        float most = 0;
        foreach (float value in values)
        {
            most = Math.Max(most, Math.Abs(value));
        }

        byte[] pixels = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            float share = most > 0 ? values[i] / most : 0;
            Set(pixels, i, share >= 0 ? positive : negative, Math.Abs(share));
        }

        return Png.DataAddress(pixels, width);
    }

    /// <summary>Brightness as ink on the page: nothing at the lowest value, full at the highest.</summary>
    public static string Ink(ReadOnlySpan<float> values, int width)
    {
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        foreach (float value in values)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        byte[] pixels = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            Set(pixels, i, (0, 0, 0), high > low ? (values[i] - low) / (high - low) : 0);
        }

        return Png.DataAddress(pixels, width);
    }

    /// <summary>The colour of a class, the fuller the surer.</summary>
    public static void SetClass(Span<byte> pixels, int pixel, int @class, float opacity) => Set(pixels, pixel, classes[@class % classes.Length], opacity);

    /// <summary>A value from 0 to 1: orange, nothing, blue.</summary>
    public static void SetValue(Span<byte> pixels, int pixel, float share) =>
        Set(pixels, pixel, share >= 0.5f ? positive : negative, Math.Abs((2 * share) - 1));

    private static void Set(Span<byte> pixels, int pixel, (byte R, byte G, byte B) colour, float opacity)
    {
        Span<byte> own = pixels.Slice(4 * pixel, 4);
        own[0] = colour.R;
        own[1] = colour.G;
        own[2] = colour.B;
        own[3] = (byte)Math.Clamp(MathF.Round(255 * opacity), 0, 255);
    }
}
