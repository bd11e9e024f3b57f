using System.Globalization;

namespace FastMlp.Layers;

/// <summary>
/// The layers of a network in order of computation, made from its specification: what each takes, where its parameters lie, and for a prediction which of
/// a few slots of scratch memory each output lies in, so that it stays as long as something still takes it.
/// </summary>
internal sealed class Graph
{
    private readonly WeightFormat? frozen;
    private readonly List<Layer> layers = [];
    private readonly Dictionary<string, int> counts = [];
    private readonly int[] firstUses;
    private readonly int[] lastUses;
    private int denseCount;

    /// <param name="inputSize">Features in a row.</param>
    /// <param name="specs">The specification.</param>
    /// <param name="frozen">How weights are kept that only predict; null where they are trained.</param>
    public Graph(int inputSize, IReadOnlyList<LayerSpec> specs, WeightFormat? frozen = null)
    {
        InputSize = inputSize;
        this.frozen = frozen;
        Add(specs, source: -1);
        Layers = [.. layers];
        TrainedLength = Offset;
        ParameterLength = TrainedLength;
        foreach (Layer layer in Layers)
        {
            // Running statistics lie behind all that is trained, where no optimizer goes.
            layer.StatisticsOffset = ParameterLength;
            ParameterLength += layer.StatisticsLength;
        }

        Tensors = [.. Layers.OfType<DenseLayer>().SelectMany(layer => layer.Tensors), .. Layers.Where(layer => layer is not DenseLayer).SelectMany(layer => layer.Tensors)];
        MostSources = Layers.Max(layer => layer.Sources.Length);
        (firstUses, lastUses) = Uses();
        (Prediction, PredictionSources) = ForPrediction();
        (PredictionSlots, SlotCount) = AssignSlots();
    }

    public int InputSize { get; }

    /// <summary>All layers in order of computation.</summary>
    public Layer[] Layers { get; }

    /// <summary>All tensors in the order of the file: those of dense layers, then of the others.</summary>
    public IReadOnlyList<ParameterTensor> Tensors { get; }

    /// <summary>Floats in the parameter block up to the running statistics, which no optimizer touches.</summary>
    public nint TrainedLength { get; }

    /// <summary>Floats in the parameter block, padding and running statistics included.</summary>
    public nint ParameterLength { get; }

    /// <summary>The layers that a prediction needs, in order.</summary>
    public Layer[] Prediction { get; }

    /// <summary>For each of them, the layers of <see cref="Prediction"/> whose outputs it takes; -1 is the network's input.</summary>
    public int[][] PredictionSources { get; }

    /// <summary>The slot of each one's output.</summary>
    public int[] PredictionSlots { get; }

    /// <summary>Slots that a prediction needs, at least two.</summary>
    public int SlotCount { get; }

    /// <summary>The most outputs that any layer takes.</summary>
    public int MostSources { get; }

    /// <summary>The first float after the parameters so far.</summary>
    public nint Offset => layers.Count == 0 ? 0 : layers[^1].End;

    /// <summary>Features that a layer puts out; -1 is the network's input.</summary>
    public int Width(int source) => source < 0 ? InputSize : layers[source].OutputSize;

    /// <summary>Whether each layer takes the one before it, and nothing else.</summary>
    public bool IsChain => Layers.Index().All(layer => layer.Item.Sources is [var source] && source == layer.Index - 1);

    /// <summary>The first layer that takes this one's output: the last in the backward pass.</summary>
    public int FirstUse(int layer) => firstUses[layer];

    /// <summary>The last layer that takes this one's output: the first in the backward pass.</summary>
    public int LastUse(int layer) => lastUses[layer];

    /// <summary>Adds layers one behind the other, the first on the output of <paramref name="source"/>; returns the last.</summary>
    public int Add(IEnumerable<LayerSpec> specs, int source) => specs.Aggregate(source, (last, spec) => spec.AddTo(this, last));

    /// <summary>Adds a layer on the outputs of others; returns its place.</summary>
    public int Add(Layer layer, params int[] sources)
    {
        string group = layer.Spec.Group;
        int number = counts.GetValueOrDefault(group);
        counts[group] = number + 1;
        layer.Sources = sources;
        layer.Index = number;
        layer.Name = string.Create(CultureInfo.InvariantCulture, $"{group}.{number}");
        denseCount += layer is DenseLayer ? 1 : 0;
        layer.Number = Math.Max(0, denseCount - 1);
        layers.Add(layer);
        return layers.Count - 1;
    }

    /// <summary>What a dense layer behind <paramref name="source"/> keeps: weights by inputs too where those may be 0 often.</summary>
    public WeightStorage Storage(int source)
    {
        while (source >= 0 && layers[source].IsForTraining)
        {
            source = layers[source].Sources[0];
        }

        bool mayBeZero = source < 0 || layers[source].IsOftenZero;
        return frozen is { } format ? new WeightStorage(format, mayBeZero) : WeightStorage.Trained;
    }

    /// <summary>The first and last layer that take each layer's output.</summary>
    private (int[] First, int[] Last) Uses()
    {
        int[] first = new int[Layers.Length];
        int[] last = new int[Layers.Length];
        for (int i = Layers.Length - 1; i >= 0; i--)
        {
            foreach (int source in Layers[i].Sources.Where(source => source >= 0))
            {
                first[source] = i;
                last[source] = Math.Max(last[source], i);
            }
        }

        return (first, last);
    }

    /// <summary>The layers without those for training alone, whose output is their input.</summary>
    private (Layer[] Layers, int[][] Sources) ForPrediction()
    {
        List<Layer> needed = [];
        List<int[]> sources = [];
        int[] places = new int[Layers.Length];
        for (int i = 0; i < Layers.Length; i++)
        {
            int[] from = [.. Layers[i].Sources.Select(source => source < 0 ? -1 : places[source])];
            if (Layers[i].IsForTraining)
            {
                places[i] = from[0];
                continue;
            }

            places[i] = needed.Count;
            needed.Add(Layers[i]);
            sources.Add(from);
        }

        return ([.. needed], [.. sources]);
    }

    /// <summary>For each output the lowest slot that holds nothing any more: of a chain, two in turn.</summary>
    private (int[] Slots, int Count) AssignSlots()
    {
        // The last layer that takes each output, and by slot that of what lies in it: a slot is free behind it. -1 is never.
        int[] slots = new int[Prediction.Length];
        int[] lastUse = new int[slots.Length];
        Array.Fill(lastUse, -1);
        for (int i = 0; i < slots.Length; i++)
        {
            foreach (int source in PredictionSources[i].Where(source => source >= 0))
            {
                lastUse[source] = i;
            }
        }

        List<int> takenUntil = [];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = takenUntil.FindIndex(last => last < i);
            if (slots[i] < 0)
            {
                slots[i] = takenUntil.Count;
                takenUntil.Add(-1);
            }

            takenUntil[slots[i]] = lastUse[i];
        }

        return (slots, Math.Max(2, slots.Max() + 1));
    }
}
