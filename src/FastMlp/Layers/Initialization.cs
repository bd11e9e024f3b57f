using CommunityToolkit.HighPerformance.Buffers;

namespace FastMlp.Layers;

/// <summary>First weights from a seed: number (j, p) of W depends on the seed, the layer and its place in W, on nothing else.</summary>
internal static unsafe class Initialization
{
    public static void Run(LayerStack stack, float* parameters, int seed)
    {
        new Span<float>(parameters, checked((int)stack.ParameterLength)).Clear();
        foreach (NormLayer norm in stack.Norms)
        {
            norm.Initialize(parameters);
        }

        for (int i = 0; i < stack.Layers.Length; i++)
        {
            DenseLayer layer = stack.Layers[i];
            using SpanOwner<float> weight = SpanOwner<float>.Allocate(layer.OutputSize * layer.InputSize, AllocationMode.Clear);
            Fill(weight.Span, layer, seed, i);
            fixed (float* source = weight.Span)
            {
                layer.SetWeight(parameters, source);
            }

            Span<float> constants = layer.ActivationParameters(parameters);
            if (constants.Length > 0)
            {
                constants[0] = layer.Spec.Activation.First;
            }

            if (constants.Length > 1)
            {
                constants[1] = layer.Spec.Activation.Second;
            }
        }
    }

    private static void Fill(Span<float> weight, DenseLayer layer, int seed, int stream)
    {
        double fanIn = layer.InputSize;
        double fanBoth = fanIn + layer.OutputSize;
        InitializerKind kind = layer.Spec.Initializer.Kind;
        double variance = kind switch
        {
            InitializerKind.HeNormal or InitializerKind.HeUniform => 2 / fanIn,
            InitializerKind.GlorotNormal or InitializerKind.GlorotUniform => 2 / fanBoth,
            InitializerKind.LecunNormal or InitializerKind.LecunUniform => 1 / fanIn,
            _ => 0,
        };
        bool isUniform = kind is InitializerKind.HeUniform or InitializerKind.GlorotUniform or InitializerKind.LecunUniform;

        // A uniform distribution on (-r, r) has the variance r^2 / 3.
        double scale = isUniform ? Math.Sqrt(3 * variance) : Math.Sqrt(variance);
        for (int i = 0; i < weight.Length && scale > 0; i++)
        {
            double unit = isUniform ? (2 * CounterRandom.Uniform(seed, stream, i)) - 1 : CounterRandom.Normal(seed, stream, i);
            weight[i] = (float)(scale * unit);
        }
    }
}
