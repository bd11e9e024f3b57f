using System.Text.Json;
using FastMlp.Interop.Chains;

namespace FastMlp.Interop.Keras;

/// <summary>From a layer of Keras and its tensors to ours: the one table of classes.</summary>
internal static class KerasLink
{
    public static void Add(List<Link> links, KerasLayer layer, List<StoredTensor> tensors, List<string> notes)
    {
        switch (layer.Type)
        {
            case "InputLayer" or "Flatten" or "Reshape" or "ActivityRegularization": // a row keeps its values in order
                break;
            case "Dense":
                StoredTensor kernel = Required("kernel", 2);
                StoredTensor weight = KerasFile.Transposed(kernel);
                links.Add(new LinearLink(layer.Name, weight.Shape[1], weight.Shape[0], weight.Values, Tensor("bias")?.Values));
                AddActivation(layer.Activation());
                break;
            case "Activation":
                AddActivation(layer.Activation());
                break;
            case "ReLU":
                if (layer.Property("max_value") is not null || layer.Number("threshold", 0) != 0)
                {
                    throw new ModelFormatException($"Layer '{layer.Name}' (ReLU) has a greatest value or a threshold; plain and leaky ones are read.");
                }

                float slope = layer.Number("negative_slope", 0);
                AddActivation(slope == 0 ? Activation.Relu : Activation.LeakyRelu(slope));
                break;
            case "LeakyReLU":
                AddActivation(Activation.LeakyRelu(layer.Number("negative_slope", layer.Number("alpha", 0.3f))));
                break;
            case "ELU":
                AddActivation(Activation.Elu(layer.Number("alpha", 1)));
                break;
            case "Softmax":
                AddActivation(Activation.Softmax);
                break;
            case "PReLU":
                float[] alpha = Required("alpha", 1).Values;
                links.Add(alpha.AsSpan().IndexOfAnyExcept(alpha[0]) < 0
                    ? alpha[0] == 0 ? new ActivationLink(layer.Name, Activation.Relu) : ActivationLink.PRelu(layer.Name, alpha[0])
                    : throw new ModelFormatException($"Layer '{layer.Name}' (PReLU) has {alpha.Length} different slopes; one for the layer is read."));
                break;
            case "Dropout":
                if (layer.Number("rate", layer.Number("p", 0)) is > 0 and < 1 and float rate)
                {
                    links.Add(new DropoutLink(layer.Name, rate));
                }

                break;
            case "GaussianNoise" or "GaussianDropout" or "AlphaDropout":
                notes.Add($"Layer '{layer.Name}' ({layer.Type}) does nothing at prediction and was left out.");
                break;
            case "BatchNormalization":
                float[] mean = Required("moving_mean", 1).Values;
                links.Add(new BatchNormLink(
                    layer.Name, Tensor("gamma")?.Values ?? Filled(mean.Length, 1), Tensor("beta")?.Values ?? Filled(mean.Length, 0), mean, Required("moving_variance", 1).Values,
                    layer.Number("epsilon", KerasLayer.DefaultEpsilon), Math.Clamp(1 - layer.Number("momentum", 0.99f), 0, 1)));
                break;
            case "LayerNormalization":
                float[] scale = Tensor("gamma")?.Values ?? [];
                float[] shift = Tensor("beta")?.Values ?? [];
                int features = Math.Max(scale.Length, shift.Length);
                links.Add(features > 0
                    ? new LayerNormLink(layer.Name, scale.Length > 0 ? scale : Filled(features, 1), shift.Length > 0 ? shift : Filled(features, 0), layer.Number("epsilon", KerasLayer.DefaultEpsilon))
                    : throw new ModelFormatException($"Layer '{layer.Name}' (LayerNormalization) has neither scale nor shift, so its size is not known."));
                break;
            case "Normalization":
                links.Add(Normalization(layer, tensors));
                break;
            default:
                throw new ModelFormatException(
                    $"Layer '{layer.Name}' is a {layer.Type}{(layer.Type.StartsWith("Conv", StringComparison.Ordinal) ? ", so the model is a convolutional network" : layer.Type is "LSTM" or "GRU" or "SimpleRNN" or "Bidirectional" ? ", so the model is a recurrent network" : "")}. Dense, Activation, ReLU, LeakyReLU, PReLU, ELU, Softmax, Dropout, BatchNormalization, LayerNormalization, Normalization, Flatten, Reshape and Add are read.");
        }

        void AddActivation(Activation g)
        {
            if (g != Activation.Identity)
            {
                links.Add(new ActivationLink(layer.Name, g));
            }
        }

        StoredTensor? Tensor(string role) => tensors.Find(tensor => tensor.Name == role);

        StoredTensor Required(string role, int axes) =>
            Tensor(role) is not { } tensor ? throw new ModelFormatException($"Layer '{layer.Name}' ({layer.Type}) has no '{role}' in the file.")
            : tensor.Shape.Length != axes || tensor.Values.Length == 0 ? throw new ModelFormatException($"Layer '{layer.Name}' ({layer.Type}): '{role}' is {tensor.ShapeText}; it must have {axes} sizes and hold float16, float32 or float64.")
            : tensor;
    }

    /// <summary>(x - mean) / max(sqrt(variance), 1e-7), mean and variance learnt from data or given in the configuration.</summary>
    private static AffineLink Normalization(KerasLayer layer, List<StoredTensor> tensors)
    {
        double[] mean = Constants("mean");
        double[] variance = Constants("variance");
        if (layer.Flag("invert", false))
        {
            throw new ModelFormatException($"Layer '{layer.Name}' (Normalization) is inverted, which is not read.");
        }

        if (mean.Length != variance.Length || mean.Length == 0)
        {
            throw new ModelFormatException($"Layer '{layer.Name}' (Normalization) has {mean.Length} means and {variance.Length} variances.");
        }

        return new AffineLink(layer.Name, mean, Array.ConvertAll(variance, value => 1 / Math.Max(Math.Sqrt(value), 1e-7)));

        double[] Constants(string key) =>
            tensors.Find(tensor => tensor.Name == key) is { Values.Length: > 0 } stored ? Array.ConvertAll(stored.Values, value => (double)value)
            : layer.Property(key) is { } given ? [.. Numbers(given)]
            : [];
    }

    private static IEnumerable<double> Numbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => [value.GetDouble()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Numbers),
        _ => [],
    };

    private static float[] Filled(int count, float value)
    {
        float[] values = new float[count];
        values.AsSpan().Fill(value);
        return values;
    }
}
