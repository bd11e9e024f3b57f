using FastMlp.Interop.Chains;
using FastMlp.Interop.Pickle;

namespace FastMlp.Interop.PyTorch;

/// <summary>From what a PyTorch file holds to layers: a state dictionary, a checkpoint around one, or a whole module.</summary>
internal static class TorchModel
{
    /// <param name="root">The pickled value.</param>
    /// <param name="tensors">How its tensors are read.</param>
    /// <param name="format">What the file is, in words.</param>
    /// <param name="options">What it does not say.</param>
    public static Chain Read(object? root, TorchTensors tensors, string format, ForeignModelOptions options)
    {
        object? value = Part(root, options.Part, out string? rest);
        if (value is PickleObject module && IsModule(module))
        {
            return OfModule(module, tensors, format, options with { Part = rest });
        }

        List<(string Path, List<StoredTensor> Tensors)> found = tensors.Dictionaries(value);
        if (found.Count == 0)
        {
            List<(string Path, PickleObject Module)> modules = [.. Modules(value)];
            return modules.Count == 1
                ? OfModule(modules[0].Module, tensors, format, options with { Part = rest })
                : throw new ModelFormatException(modules.Count == 0
                    ? $"The file holds no dictionary of tensors and no module{(options.Part is null ? "" : $" under '{options.Part}'")}, so no network."
                    : $"The file holds {modules.Count} modules. {options.Ask(nameof(options.Part))}, one of {StateDict.Listing(modules.Select(each => each.Path))}.");
        }

        if (found.Count > 1)
        {
            throw new ModelFormatException($"The file holds {found.Count} dictionaries of tensors. {options.Ask(nameof(options.Part))}, one of {StateDict.Listing(found.Select(each => each.Path))}.");
        }

        (string path, List<StoredTensor> all) = found[0];
        return new Chain(path.Length == 0 ? $"{format}, state dictionary" : $"{format}, state dictionary under '{path}'", StateDict.Read(all, isOrdered: true, options with { Part = rest }));
    }

    /// <summary>Goes down the keys of a part as far as there are any; the rest is what names of tensors begin with.</summary>
    private static object? Part(object? root, string? part, out string? rest)
    {
        object? value = root;
        rest = part;
        while (rest is not null && TorchTensors.Entries(value) is { } entries)
        {
            string wanted = rest;
            KeyValuePair<object, object?> next = entries.Find(pair => pair.Key is string key && (wanted == key || wanted.StartsWith(key + ".", StringComparison.Ordinal)));
            if (next.Key is not string name || (TorchTensors.Entries(next.Value) is null && (next.Value is not PickleObject built || !IsModule(built))))
            {
                return value;
            }

            value = next.Value;
            rest = rest.Length == name.Length ? null : rest[(name.Length + 1)..];
        }

        return value;
    }

    private static IEnumerable<(string Path, PickleObject Module)> Modules(object? value) =>
        from pair in TorchTensors.Entries(value) ?? []
        where pair is { Key: string, Value: PickleObject }
        let module = (PickleObject)pair.Value!
        where IsModule(module)
        select ((string)pair.Key, module);

    private static bool IsModule(PickleObject value) => TorchTensors.Entries(TorchTensors.Entry(value.State, "_modules")) is not null;

    private static Chain OfModule(PickleObject module, TorchTensors tensors, string format, ForeignModelOptions options)
    {
        if (options.Part is { } part)
        {
            foreach (string name in part.Split('.'))
            {
                module = TorchTensors.Children(module).FirstOrDefault(child => child.Name == name).Module
                    ?? throw new ModelFormatException($"There is no module '{name}' of part '{part}'; there are {StateDict.Listing(TorchTensors.Children(module).Select(child => child.Name))}.");
            }
        }

        format = $"{format}, whole module {module.Type.FullName}";
        if (options.Activations.Count == 0)
        {
            List<Link> links = [];
            AddModule(links, module, "", tensors, options, 0);
            return new Chain(format, links);
        }

        return new Chain(format, StateDict.Read(tensors.OfModule(module), isOrdered: true, options with { Part = null }));
    }

    /// <summary>A module of torch.nn by its attributes. What a class of the user's own computes stands in code that is never run.</summary>
    private static void AddModule(List<Link> links, PickleObject module, string name, TorchTensors tensors, ForeignModelOptions options, int depth)
    {
        tensors.Visit();
        if (depth > 32)
        {
            throw new ModelFormatException("Modules are nested more than 32 deep.");
        }

        string type = module.Type.Module.StartsWith("torch.nn.modules.", StringComparison.Ordinal) ? module.Type.Name : module.Type.FullName;
        switch (type)
        {
            case "Sequential":
                foreach ((string child, PickleObject inner) in TorchTensors.Children(module))
                {
                    AddModule(links, inner, name.Length == 0 ? child : $"{name}.{child}", tensors, options, depth + 1);
                }

                break;
            case "Linear":
                StoredTensor weight = Parameter("weight") ?? throw new ModelFormatException($"Module '{name}' (Linear) has no weight.");
                CheckShape(weight, 2);
                links.Add(new LinearLink(name, weight.Shape[1], weight.Shape[0], weight.Values, Parameter("bias")?.Values));
                break;
            case "BatchNorm1d":
                StoredTensor mean = Buffer("running_mean") ?? throw new ModelFormatException($"Module '{name}' (BatchNorm1d) keeps no running statistics, so its predictions depend on the batch.");
                StoredTensor variance = Buffer("running_var") ?? throw new ModelFormatException($"Module '{name}' (BatchNorm1d) has no running variance.");
                int features = mean.Values.Length;
                links.Add(new BatchNormLink(
                    name, Parameter("weight")?.Values ?? Filled(features, 1), Parameter("bias")?.Values ?? Filled(features, 0), mean.Values, variance.Values, Number("eps", 1e-5f), Number("momentum", 0.1f)));
                break;
            case "LayerNorm":
                StoredTensor scale = Parameter("weight") ?? throw new ModelFormatException($"Module '{name}' (LayerNorm) has no weight, so its size is not known.");
                CheckShape(scale, 1);
                links.Add(new LayerNormLink(name, scale.Values, Parameter("bias")?.Values ?? Filled(scale.Values.Length, 0), Number("eps", 1e-5f)));
                break;
            case "Dropout" or "AlphaDropout" or "Identity" or "Flatten":
                if (type == "Dropout" && Number("p", 0) is > 0 and < 1 and float rate)
                {
                    links.Add(new DropoutLink(name, rate));
                }

                break;
            case "PReLU":
                StoredTensor slope = Parameter("weight") ?? throw new ModelFormatException($"Module '{name}' (PReLU) has no weight.");
                links.Add(new ActivationLink(name, slope.Values is [float only] ? Activation.PRelu(only) : throw new ModelFormatException($"Module '{name}' (PReLU) has {slope.Values.Length} slopes; one for the layer is read.")));
                break;
            default:
                Activation g = TorchActivation.Of(type, Number, TorchTensors.Entry(module.State, "approximate") as string)
                    ?? throw new ModelFormatException(
                        $"Module '{(name.Length == 0 ? "(whole)" : name)}' is a {module.Type.FullName}. {(module.Type.Module.StartsWith("torch.", StringComparison.Ordinal) ? "It is not part of a multilayer perceptron that is read." : $"What a class of its own computes stands in its code, which is never run. {options.Ask(nameof(options.Activations))}, one for each dense layer, and its parts are taken in their order.")}");
                if (g != Activation.Identity)
                {
                    links.Add(new ActivationLink(name, g));
                }

                break;
        }

        StoredTensor? Parameter(string of) => tensors.Tensor(TorchTensors.Entry(TorchTensors.Entry(module.State, "_parameters"), of), $"{name}.{of}");

        StoredTensor? Buffer(string of) => tensors.Tensor(TorchTensors.Entry(TorchTensors.Entry(module.State, "_buffers"), of), $"{name}.{of}");

        float Number(string of, float otherwise) => TorchTensors.Entry(module.State, of) switch
        {
            double value => (float)value,
            long value => value,
            _ => otherwise,
        };
    }

    private static void CheckShape(StoredTensor tensor, int axes)
    {
        if (tensor.Shape.Length != axes)
        {
            throw new ModelFormatException($"Tensor '{tensor.Name}' is {tensor.ShapeText}; it must have {axes} sizes.");
        }
    }

    private static float[] Filled(int count, float value)
    {
        float[] values = new float[count];
        values.AsSpan().Fill(value);
        return values;
    }
}
