namespace FastMlp.Onnx.Export;

/// <summary>How each kind of layer is written. To add one, add a line to the table.</summary>
internal static class LayerForms
{
    private static readonly Dictionary<Type, Form> table = new()
    {
        [typeof(DenseSpec)] = Dense,
        [typeof(DropoutSpec)] = (_, _, inputs) => inputs[0],
        [typeof(ActivationSpec)] = (writer, layer, inputs) => ActivationForms.Write(writer, layer.Name, ((ActivationSpec)layer.Spec).Activation, [], inputs[0]),
        [typeof(SumSpec)] = (writer, layer, inputs) => writer.Add("Add", layer.Name, inputs),
        [typeof(BatchNormSpec)] = BatchNorm,
        [typeof(LayerNormSpec)] = LayerNorm,
    };

    /// <summary>Adds what computes a layer; returns the name of its result.</summary>
    private delegate string Form(GraphWriter writer, NetworkLayer layer, string[] inputs);

    /// <summary>The specifications that can be written.</summary>
    public static IEnumerable<Type> Kinds => table.Keys;

    /// <summary>Adds what computes a layer on the named results; returns the name of its own.</summary>
    public static string Write(GraphWriter writer, NetworkLayer layer, string[] inputs) => table.TryGetValue(layer.Spec.GetType(), out Form? form)
        ? form(writer, layer, inputs)
        : throw new NotSupportedException($"{layer} has no form in ONNX here.");

    private static string Dense(GraphWriter writer, NetworkLayer layer, string[] inputs)
    {
        string z = writer.Add("Gemm", $"{layer.Name}.gemm", [.. inputs, .. Tensors(writer, layer, TensorRole.Weight, TensorRole.Bias)]);
        writer.Set("transB", 1);
        float[] learnt = [.. layer.Tensors.Where(tensor => tensor.Role == TensorRole.ActivationConstant).SelectMany(tensor => tensor.ToArray())];
        return ActivationForms.Write(writer, layer.Name + ".activation", ((DenseSpec)layer.Spec).Activation, learnt, z);
    }

    private static string BatchNorm(GraphWriter writer, NetworkLayer layer, string[] inputs)
    {
        string[] tensors = [.. Tensors(writer, layer, TensorRole.Scale, TensorRole.Shift, TensorRole.RunningMean, TensorRole.RunningVariance)];
        string result = writer.Add("BatchNormalization", layer.Name, [.. inputs, .. tensors]);
        writer.SetNumber("epsilon", ((BatchNormSpec)layer.Spec).Epsilon);
        return result;
    }

    private static string LayerNorm(GraphWriter writer, NetworkLayer layer, string[] inputs)
    {
        string result = writer.Add("LayerNormalization", layer.Name, [.. inputs, .. Tensors(writer, layer, TensorRole.Scale, TensorRole.Shift)]);
        writer.Set("axis", -1);
        writer.SetNumber("epsilon", ((LayerNormSpec)layer.Spec).Epsilon);
        return result;
    }

    /// <summary>The names of a layer's tensors of these roles, as far as it has them, in this order.</summary>
    private static IEnumerable<string> Tensors(GraphWriter writer, NetworkLayer layer, params TensorRole[] roles) =>
        roles.Select(layer.Tensors.Find).OfType<Tensor>().Select(tensor => writer.Tensor(tensor.Name, [.. tensor.Shape], tensor.ToArray()));
}
