using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>Makes a model of a file without a specification, from the names and shapes of its tensors.</summary>
internal static class ForeignModel
{
    private const string Weight = "weight";
    private const string BiasSuffix = "bias";

    /// <summary>Dense layers in the order given, or the one that <see cref="LayerOrder"/> finds.</summary>
    /// <exception cref="ModelFormatException">The tensors do not form a chain of dense layers with these activations.</exception>
    public static ModelContents Read(Stream stream, ReadOnlySpan<Activation> activations, IReadOnlyList<string> order)
    {
        SafetensorsHeader header = Safetensors.ReadHeader(stream);
        if (header.Metadata.ContainsKey(Specification.Key))
            throw new ModelFormatException($"The file has its own specification (metadata key '{Specification.Key}'); load it without giving activations.");

        TensorMap map = new(header);
        TensorInfo[] weights = FindWeights(header, map, order, out HashSet<string> biases);
        map.RefuseOthers("is neither the weight [out, in] of a dense layer nor a bias [out] beside one");
        if (weights.Length == 0)
            throw new ModelFormatException("The file has no tensor whose name ends in '.weight', so no dense layer.");
        if (weights.Length != activations.Length)
            throw new ModelFormatException($"The file has {weights.Length} dense layers ({Names(weights)}), but {activations.Length} activations were given; give one for each.");
        CheckChain(weights);
        map.ReadData(stream);

        DenseSpec[] layers = new DenseSpec[weights.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            Bias bias = biases.Contains(BiasOf(weights[i])) ? Bias.PerUnit : Bias.None;
            layers[i] = new DenseSpec((int)weights[i].Shape[0], activations[i], bias, DenseSpec.DefaultInitializer(activations[i]));
        }
        Graph graph = new((int)weights[0].Shape[1], layers);
        Dictionary<string, float[]> tensors = [];
        for (int i = 0; i < layers.Length; i++)
        {
            // Learnable constants, which such a file does not have, start as they were given.
            Queue<float> constants = new(layers[i].Activation.Constants);
            foreach (ParameterTensor place in graph.Layers[i].Tensors)
                tensors.Add(place.Name, place.Role switch
                {
                    TensorRole.Weight => map[weights[i].Name],
                    TensorRole.Bias => map[BiasOf(weights[i])],
                    _ => [constants.Dequeue()],
                });
        }
        return new ModelContents(graph.InputSize, layers, tensors, header.Metadata.ToDictionary(), Seed: 0);
    }

    private static TensorInfo[] FindWeights(SafetensorsHeader header, TensorMap map, IReadOnlyList<string> order, out HashSet<string> biases)
    {
        HashSet<string> names = [.. header.Tensors.Select(tensor => tensor.Name)];
        List<TensorInfo> weights = [];
        biases = [];
        foreach (TensorInfo tensor in header.Tensors)
        {
            if (tensor.Name != Weight && !tensor.Name.EndsWith("." + Weight, StringComparison.Ordinal))
                continue;
            if (tensor.Shape.Length != 2)
                throw new ModelFormatException($"Tensor {tensor.Quoted} has shape {tensor.ShapeText}; the weight of a dense layer must be [out, in].");
            if (tensor.Shape[0] is < 1 or > int.MaxValue || tensor.Shape[1] is < 1 or > int.MaxValue)
                throw new ModelFormatException($"Tensor {tensor.Quoted} has shape {tensor.ShapeText}; each size must be from 1 to {int.MaxValue}.");
            map.Require(tensor.Name, tensor.Shape);
            if (names.Contains(BiasOf(tensor)))
            {
                map.Require(BiasOf(tensor), [tensor.Shape[0]]);
                biases.Add(BiasOf(tensor));
            }
            weights.Add(tensor);
        }
        return InOrder(weights, order);
    }

    private static TensorInfo[] InOrder(List<TensorInfo> weights, IReadOnlyList<string> order)
    {
        string[] names = [.. weights.Select(LayerOf)];
        int[] found = order.Count > 0 ? LayerOrder.ByNames(names, order)
            : LayerOrder.Find(names, [.. weights.Select(weight => (weight.Shape[1], weight.Shape[0]))])
            ?? throw new ModelFormatException($"Neither the names nor the shapes of the weights say in which order the layers come ({string.Join(", ", weights.Select(weight => $"{weight.Quoted} {weight.ShapeText}"))}): give the names of the layers in order, such as order: [{string.Join(", ", names.Select(name => $"\"{name}\""))}].");
        return [.. found.Select(i => weights[i])];
    }

    private static void CheckChain(TensorInfo[] weights)
    {
        for (int i = 1; i < weights.Length; i++)
        {
            if (weights[i].Shape[1] != weights[i - 1].Shape[0])
                throw new ModelFormatException($"Tensor {weights[i].Quoted} of shape {weights[i].ShapeText} does not fit behind {weights[i - 1].Quoted} of shape {weights[i - 1].ShapeText}: its second size must be {weights[i - 1].Shape[0]}. Layers are taken in the order {Names(weights)}; give their names in order if it is another.");
        }
    }

    private static string Names(TensorInfo[] weights) => MessageText.Quote([.. weights.Select(weight => weight.Name)]);

    /// <summary>The name of the layer; empty for a lone <c>weight</c>.</summary>
    private static string LayerOf(TensorInfo weight) => weight.Name[..^Weight.Length].TrimEnd('.');

    private static string BiasOf(TensorInfo weight) => weight.Name[..^Weight.Length] + BiasSuffix;
}
