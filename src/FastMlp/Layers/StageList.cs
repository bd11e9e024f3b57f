using System.Globalization;

namespace FastMlp.Layers;

/// <summary>The layers of a network in order of computation, made from its specification one after the other.</summary>
internal sealed class StageList
{
    private readonly int inputSize;
    private readonly WeightFormat? frozen;
    private readonly List<Layer> stages = [];
    private int denseCount;
    private int dropoutCount;
    private int normCount;

    private StageList(int inputSize, WeightFormat? frozen)
    {
        this.inputSize = inputSize;
        this.frozen = frozen;
    }

    /// <summary>The first float after the parameters so far.</summary>
    private nint Offset => stages.Count == 0 ? 0 : stages[^1].End;

    private int Last => stages.Count - 1;

    private int Features => stages.Count == 0 ? inputSize : stages[^1].OutputSize;

    /// <summary>The layers of a specification.</summary>
    /// <param name="inputSize">Features in a row.</param>
    /// <param name="specs">The specification.</param>
    /// <param name="frozen">How weights are kept that only predict; null where they are trained.</param>
    public static IReadOnlyList<Layer> Of(int inputSize, ReadOnlySpan<LayerSpec> specs, WeightFormat? frozen = null)
    {
        StageList list = new(inputSize, frozen);
        list.Add(specs.ToArray());
        list.PlaceStatistics();
        return list.stages;
    }

    private void Add(IEnumerable<LayerSpec> specs)
    {
        foreach (LayerSpec spec in specs)
        {
            switch (spec)
            {
                case DenseSpec dense:
                    Add(LayerFactory.Create(Features, dense, Offset, Storage(Last)), Last);
                    break;
                case DropoutSpec dropout:
                    Add(new DropoutLayer(Features, dropout, dropoutCount++, Offset), Last);
                    break;
                case BatchNormSpec norm:
                    Add(new BatchNormLayer(Features, norm, normCount++, Offset), Last);
                    break;
                case LayerNormSpec norm:
                    Add(new LayerNormLayer(Features, norm, normCount++, Offset), Last);
                    break;
                case ActivationSpec activation:
                    Add(LayerFactory.Create(Features, activation, Offset), Last);
                    break;
                case ResidualSpec residual:
                    AddResidual(residual);
                    break;
                default:
                    throw new ArgumentException($"There is no layer for {spec}.", nameof(specs));
            }
        }
    }

    /// <summary>What a dense layer behind <paramref name="source"/> (-1 for x) keeps: weights by inputs too where those may be 0 often.</summary>
    private WeightStorage Storage(int source)
    {
        while (source >= 0 && stages[source].IsForTraining)
        {
            source = stages[source].Source;
        }

        ActivationKind? kind = source < 0 ? null : stages[source] switch
        {
            DenseLayer dense => dense.Spec.Activation.Kind,
            ActivationLayer alone => alone.Spec.Activation.Kind,
            _ => ActivationKind.Identity,
        };
        bool mayBeZero = kind is null or ActivationKind.Relu or ActivationKind.Step;
        return frozen is { } format ? new WeightStorage(format, mayBeZero) : WeightStorage.Trained;
    }

    /// <summary>The body, a projection of what goes around it where the sizes differ, and their sum.</summary>
    private void AddResidual(ResidualSpec residual)
    {
        int skip = Last;
        int inputs = Features;
        Add(residual.Body);
        int body = Last;
        if (Features != inputs)
        {
            // Without a bias: the body has one.
            DenseSpec projection = new(Features, Activation.Identity, Bias.None, DenseSpec.DefaultInitializer(Activation.Identity));
            Add(LayerFactory.Create(inputs, projection, Offset, Storage(skip)), skip);
            skip = Last;
        }

        Add(new SumLayer(Features, skip, Offset), body);
    }

    /// <summary>Running averages lie behind all that is trained, where no optimizer goes.</summary>
    private void PlaceStatistics()
    {
        nint offset = Offset;
        foreach (NormLayer norm in stages.OfType<NormLayer>())
        {
            norm.StatisticsOffset = offset;
            offset = norm.StatisticsEnd;
        }
    }

    private void Add(Layer layer, int source)
    {
        layer.Source = source;
        string group = layer switch
        {
            DenseLayer => "layers",
            NormLayer => "norms",
            DropoutLayer => "dropouts",
            ActivationLayer => "activations",
            SumLayer => "sums",
            _ => throw new ArgumentException($"There is no name for {layer.Spec}.", nameof(layer)),
        };
        layer.Name = string.Create(CultureInfo.InvariantCulture, $"{group}.{stages.Count(other => other.Name.StartsWith(group + '.', StringComparison.Ordinal))}");
        denseCount += layer is DenseLayer ? 1 : 0;
        layer.Number = Math.Max(0, denseCount - 1);
        stages.Add(layer);
    }
}
