namespace FastMlp.Layers;

/// <summary>First weights from a seed: number (j, p) of W depends on the seed, the layer and its place in W, on nothing else.</summary>
internal static class Initialization
{
    /// <summary>Fills W [out, in], which holds zeros.</summary>
    public static void Fill(Span<float> weight, Initializer initializer, int fanIn, int fanOut, int seed, int layer)
    {
        double fanBoth = (double)fanIn + fanOut;
        InitializerKind kind = initializer.Kind;
        double variance = kind switch
        {
            InitializerKind.HeNormal or InitializerKind.HeUniform => 2.0 / fanIn,
            InitializerKind.GlorotNormal or InitializerKind.GlorotUniform => 2 / fanBoth,
            InitializerKind.LecunNormal or InitializerKind.LecunUniform => 1.0 / fanIn,
            _ => 0,
        };
        bool isUniform = kind is InitializerKind.HeUniform or InitializerKind.GlorotUniform or InitializerKind.LecunUniform;

        // A uniform distribution on (-r, r) has the variance r^2 / 3.
        double scale = isUniform ? Math.Sqrt(3 * variance) : Math.Sqrt(variance);
        for (int i = 0; i < weight.Length && scale > 0; i++)
        {
            double unit = isUniform ? (2 * CounterRandom.Uniform(seed, layer, i)) - 1 : CounterRandom.Normal(seed, layer, i);
            weight[i] = (float)(scale * unit);
        }
    }
}
