using System.Text.Json;
using FastMlp.Interop.Chains;

namespace FastMlp.Interop.Keras;

/// <summary>The layers of a configuration and what each takes: a Sequential, or a functional model that is a chain with residual sums.</summary>
internal sealed class KerasGraph
{
    private const int MaxDepth = 2000;

    private readonly List<KerasLayer> layers = [];
    private readonly Dictionary<string, KerasLayer> byName = [];
    private readonly List<string> outputs = [];

    public static KerasGraph Parse(string config)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(config);
            KerasGraph graph = new();
            graph.Add(json.RootElement.Clone());
            return graph;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new ModelFormatException($"The configuration of the Keras file cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Where a .keras file keeps the variables of a layer: its class in small letters, numbered from the second on.</summary>
    public string VariableName(KerasLayer layer)
    {
        int before = layers.TakeWhile(other => other != layer).Count(other => other.SnakeName == layer.SnakeName);
        return before == 0 ? layer.SnakeName : $"{layer.SnakeName}_{before}";
    }

    /// <param name="format">What the file is, in words.</param>
    /// <param name="tensorsOf">The tensors of a layer, named by what they are.</param>
    /// <param name="options">The part, if an inner layer is to be the output.</param>
    public Chain ToChain(string format, Func<KerasLayer, List<StoredTensor>> tensorsOf, ForeignModelOptions options)
    {
        if (options.Activations.Count > 0)
        {
            throw new ModelFormatException("The Keras file describes its layers, activations and all: load it without giving activations.");
        }

        string end = options.Part ?? (outputs.Count == 1 ? outputs[0] : throw new ModelFormatException(
            $"The model has {outputs.Count} outputs. {options.Ask(nameof(options.Part))}, one of {StateDict.Listing(outputs)}."));
        if (!byName.ContainsKey(end))
        {
            throw new ModelFormatException($"There is no layer '{end}'; the layers are {StateDict.Listing(layers.Select(layer => layer.Name))}.");
        }

        List<string> notes = [];
        List<Link> links = [];
        AddPath(links, end, null, tensorsOf, notes, 0);
        return new Chain(format, links) { Notes = notes };
    }

    private void Add(JsonElement model)
    {
        string type = model.GetProperty("class_name").GetString() ?? "";
        JsonElement config = model.GetProperty("config");
        JsonElement list = config.ValueKind == JsonValueKind.Array ? config : config.GetProperty("layers");
        bool isSequential = type == "Sequential";
        if (!isSequential && type is not ("Functional" or "Model"))
        {
            throw new ModelFormatException($"The model is a {type}; Sequential and functional models are read.");
        }

        foreach (JsonElement entry in list.EnumerateArray())
        {
            string kind = entry.GetProperty("class_name").GetString() ?? "";
            JsonElement settings = entry.GetProperty("config");
            string name = settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty("name", out JsonElement given) && given.GetString() is { Length: > 0 } own ? own
                : entry.TryGetProperty("name", out JsonElement outer) && outer.GetString() is { Length: > 0 } other ? other : $"layer {layers.Count}";
            KerasLayer layer = new(name, kind, settings);
            if (!byName.TryAdd(name, layer))
            {
                throw new ModelFormatException($"Two layers are called '{name}'.");
            }

            if (isSequential && layers.Count > 0)
            {
                layer.Inputs.Add(layers[^1].Name);
            }
            else if (!isSequential && entry.TryGetProperty("inbound_nodes", out JsonElement inbound))
            {
                if (inbound.GetArrayLength() > 1)
                {
                    throw new ModelFormatException($"Layer '{name}' is used {inbound.GetArrayLength()} times; a layer that shares its weights is not read.");
                }

                CollectInputs(inbound, layer.Inputs, 0);
            }

            layers.Add(layer);
        }

        outputs.AddRange(isSequential ? layers.TakeLast(1).Select(layer => layer.Name) : OutputsOf(config));
    }

    /// <summary>["name", 0, 0] of a model with one output (some Keras 3), or a list of these.</summary>
    private static IEnumerable<string> OutputsOf(JsonElement config)
    {
        JsonElement[] outputs = [.. config.GetProperty("output_layers").EnumerateArray()];
        return outputs is [{ ValueKind: JsonValueKind.String } only, ..]
            ? [only.GetString()!]
            : outputs.Select(each => each[0].GetString() ?? "");
    }

    /// <summary>Layer names in [["name", 0, 0, {}]] (Keras 2), or in the keras_history of tensors (Keras 3).</summary>
    private static void CollectInputs(JsonElement node, List<string> inputs, int depth)
    {
        if (depth > 12)
        {
            return;
        }

        if (node.ValueKind == JsonValueKind.Array)
        {
            if (node.GetArrayLength() >= 3 && node[0].ValueKind == JsonValueKind.String && node[1].ValueKind == JsonValueKind.Number)
            {
                inputs.Add(node[0].GetString() ?? "");
                return;
            }

            foreach (JsonElement inner in node.EnumerateArray())
            {
                CollectInputs(inner, inputs, depth + 1);
            }
        }
        else if (node.ValueKind == JsonValueKind.Object)
        {
            if (node.TryGetProperty("keras_history", out JsonElement history))
            {
                inputs.Add(history[0].GetString() ?? "");
                return;
            }

            foreach (string key in (string[])["args", "config"])
            {
                if (node.TryGetProperty(key, out JsonElement inner))
                {
                    CollectInputs(inner, inputs, depth + 1);
                }
            }
        }
    }

    /// <summary>The links from behind <paramref name="start"/> (null for the input) to a layer.</summary>
    private void AddPath(List<Link> links, string name, string? start, Func<KerasLayer, List<StoredTensor>> tensorsOf, List<string> notes, int depth)
    {
        List<KerasLayer> path = [];
        string? at = name;
        while (at is not null && at != start)
        {
            KerasLayer layer = Layer(at);
            if (path.Count + depth > MaxDepth)
            {
                throw new ModelFormatException($"The model is more than {MaxDepth} layers deep, or goes in a circle.");
            }

            path.Add(layer);
            at = layer.Type == "Add" ? Around(layer).Skip : layer.Inputs.Count switch
            {
                0 => null,
                1 => layer.Inputs[0],
                _ => throw new ModelFormatException($"Layer '{layer.Name}' ({layer.Type}) takes {layer.Inputs.Count} layers; of those only Add is read."),
            };
        }

        if (at != start)
        {
            throw new ModelFormatException($"Layer '{name}' does not come from '{start}'.");
        }

        for (int i = path.Count - 1; i >= 0; i--)
        {
            KerasLayer layer = path[i];
            if (layer.Type != "Add")
            {
                KerasLink.Add(links, layer, tensorsOf(layer), notes);
                continue;
            }

            (string body, string? skip, KerasLayer? projection) = Around(layer);
            List<Link> inner = [];
            AddPath(inner, body, skip, tensorsOf, notes, depth + path.Count);
            List<Link> shortcut = [];
            if (projection is not null)
            {
                KerasLink.Add(shortcut, projection, tensorsOf(projection), notes);
            }

            links.Add(new ResidualLink(layer.Name, inner, shortcut is [LinearLink linear] ? linear : null));
            if (shortcut.Count > 1)
            {
                throw new ModelFormatException($"What goes around to '{layer.Name}' has an activation; a dense layer without one is read there.");
            }
        }
    }

    /// <summary>Of a sum: the end of its body, the layer that both sides come from, and a dense layer on the way around.</summary>
    private (string Body, string? Skip, KerasLayer? Projection) Around(KerasLayer sum)
    {
        if (sum.Inputs is not [var first, var second])
        {
            throw new ModelFormatException($"Layer '{sum.Name}' (Add) takes {sum.Inputs.Count} layers; two are read.");
        }

        if (Before(first).Contains(second))
        {
            return (first, second, null);
        }

        if (Before(second).Contains(first))
        {
            return (second, first, null);
        }

        foreach ((string body, string side) in ((string, string)[])[(first, second), (second, first)])
        {
            if (Layer(side) is { Type: "Dense", Inputs: [var source] } projection && Before(body).Contains(source))
            {
                return (body, source, projection);
            }
        }

        throw new ModelFormatException($"Layer '{sum.Name}' (Add) is no residual sum: one side must be what the other is computed from, or a dense layer of it.");
    }

    /// <summary>All layers that a layer is computed from.</summary>
    private HashSet<string> Before(string name)
    {
        HashSet<string> before = [];
        Stack<string> left = new(Layer(name).Inputs);
        while (left.TryPop(out string? next))
        {
            if (before.Add(next))
            {
                Layer(next).Inputs.ForEach(left.Push);
            }
        }

        return before;
    }

    private KerasLayer Layer(string name) => byName.TryGetValue(name, out KerasLayer? layer) ? layer : throw new ModelFormatException($"There is no layer '{name}', though another takes it.");
}
