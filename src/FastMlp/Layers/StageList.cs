namespace FastMlp.Layers;

/// <summary>The layers of a network in order of computation, made from its specification one after the other.</summary>
internal sealed class StageList(int inputSize, WeightFormat format)
{
    private readonly List<Layer> stages = [];
    private int denseCount;
    private int dropoutCount;

    /// <summary>The layers so far.</summary>
    public IReadOnlyList<Layer> Stages => stages;

    /// <summary>The first float after the parameters so far.</summary>
    private nint Offset => stages.Count == 0 ? 0 : stages[^1].End;

    private int Last => stages.Count - 1;

    private int Features => stages.Count == 0 ? inputSize : stages[^1].OutputSize;

    /// <summary>The layers of a specification.</summary>
    public static IReadOnlyList<Layer> Of(int inputSize, ReadOnlySpan<LayerSpec> specs)
    {
        StageList list = new(inputSize, WeightFormat.Float32);
        list.Add(specs);
        return list.stages;
    }

    public void Add(ReadOnlySpan<LayerSpec> specs)
    {
        foreach (LayerSpec spec in specs)
        {
            switch (spec)
            {
                case DenseSpec dense:
                    Add(LayerFactory.Create(Features, dense, Offset, format), Last);
                    break;
                case DropoutSpec dropout:
                    Add(new DropoutLayer(Features, dropout, dropoutCount++, Offset), Last);
                    break;
                default:
                    throw new ArgumentException($"There is no layer for {spec}.", nameof(specs));
            }
        }
    }

    private void Add(Layer layer, int source)
    {
        layer.Source = source;
        denseCount += layer is DenseLayer ? 1 : 0;
        layer.Number = Math.Max(0, denseCount - 1);
        stages.Add(layer);
    }
}
