using System.Globalization;
using FastMlp.Serialization;

namespace FastMlp.Interop.Chains;

/// <summary>
/// Layers from named tensors alone, PyTorch's form: <c>NAME.weight</c> [out, in] with <c>NAME.bias</c> [out] is a dense layer, one with
/// <c>NAME.running_mean</c> a batch normalization, a weight [n] with a bias [n] a layer normalization, a weight [1] a PReLU.
/// </summary>
internal static class StateDict
{
    private const float TorchEpsilon = 1e-5f;
    private const float TorchMomentum = 0.1f;

    /// <param name="tensors">In the order of the file.</param>
    /// <param name="isOrdered">Whether that order is the one in which the layers were made; else numbers in the names decide, or the shapes if only one order fits.</param>
    /// <param name="options">Activations, order, part.</param>
    public static List<Link> Read(IReadOnlyList<StoredTensor> tensors, bool isOrdered, ForeignModelOptions options)
    {
        List<Group> groups = Grouped(Of(tensors, options.Part));
        List<Group> ordered = InOrder(groups, isOrdered, options);
        int dense = ordered.Count(group => group.IsDense);
        if (dense == 0)
        {
            throw new ModelFormatException(
                $"No tensor is the weight [out, in] of a dense layer{(options.Part is null ? "" : $" in part '{options.Part}'")}. The file has {Listing(tensors.Select(tensor => $"{tensor.Name} {tensor.ShapeText}"))}.");
        }

        if (options.Activations.Count == 0)
        {
            throw new ModelFormatException(
                $"The file holds weights only, of {dense} dense layers ({Listing(ordered.Where(group => group.IsDense).Select(group => group.Name))}). {options.Ask(nameof(options.Activations))}: the activation of each, in order.");
        }

        if (options.Activations.Count != dense)
        {
            throw new ModelFormatException(
                $"The file has {dense} dense layers ({Listing(ordered.Where(group => group.IsDense).Select(group => group.Name))}), but {options.Activations.Count} activations were given; give one for each.");
        }

        return Links(ordered, options.Activations);
    }

    /// <summary>The tensors of a part, without its name in front.</summary>
    private static List<StoredTensor> Of(IReadOnlyList<StoredTensor> tensors, string? part)
    {
        if (part is null)
        {
            return [.. tensors];
        }

        string prefix = part + ".";
        List<StoredTensor> found = [.. tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => tensor with { Name = tensor.Name[prefix.Length..] })];
        return found.Count > 0 ? found : throw new ModelFormatException(
            $"No tensor's name begins with '{prefix}'. Names begin with {Listing(tensors.Select(tensor => tensor.Name.Split('.')[0]).Distinct())}.");
    }

    private static List<Group> Grouped(List<StoredTensor> tensors)
    {
        List<Group> groups = [];
        Dictionary<string, Group> byName = [];
        foreach (StoredTensor tensor in tensors)
        {
            int dot = tensor.Name.LastIndexOf('.');
            string name = dot < 0 ? "" : tensor.Name[..dot];
            if (!byName.TryGetValue(name, out Group? group))
            {
                groups.Add(byName[name] = group = new Group(name, groups.Count));
            }

            group.Add(tensor.Name[(dot + 1)..], tensor);
        }

        foreach (Group group in groups)
        {
            group.Check();
        }

        return groups;
    }

    private static List<Group> InOrder(List<Group> groups, bool isOrdered, ForeignModelOptions options)
    {
        string[] names = [.. groups.Select(group => group.Name)];
        if (options.Order.Count == 0 && isOrdered)
        {
            return groups;
        }

        // A normalization fits wherever its size does, so shapes decide only among dense layers.
        (long Inputs, long Outputs)[] shapes = groups.TrueForAll(group => group.IsDense) ? [.. groups.Select(group => ((long)group.Weight!.Shape[1], (long)group.Weight.Shape[0]))] : [];
        int[] order = options.Order.Count > 0 ? LayerOrder.ByNames(names, options.Order)
            : LayerOrder.Find(names, shapes)
            ?? throw new ModelFormatException(
                $"Neither the names nor the shapes of the weights say in which order the layers come ({string.Join(", ", groups.Where(group => group.IsDense).Take(12).Select(group => $"{MessageText.Quote(group.Name)} {group.Weight!.ShapeText}"))}). {options.Ask(nameof(options.Order))}: the names in order, such as {string.Join(',', names.Take(12))}.");
        return [.. order.Select(i => groups[i])];
    }

    /// <summary>
    /// The given activations at their places: behind the normalizations of their dense layer, or before them where the numbers of an
    /// nn.Sequential leave room there (0 dense, 2 normalization: 1 is the activation).
    /// </summary>
    private static List<Link> Links(List<Group> groups, IReadOnlyList<Activation> activations)
    {
        List<Link> links = [];
        int next = 0;
        for (int i = 0; i < groups.Count; i++)
        {
            if (!groups[i].IsDense)
            {
                links.Add(groups[i].ToLink());
                continue;
            }

            Activation g = activations[next++];
            links.Add(groups[i].ToLink());
            int end = i + 1;
            while (end < groups.Count && groups[end].IsNorm)
            {
                end++;
            }

            bool roomBefore = end > i + 1 && Gap(groups[i].Name, groups[i + 1].Name) > 1;
            if (roomBefore)
            {
                AddActivation(groups[i].Name, g);
            }

            while (i + 1 < end)
            {
                links.Add(groups[++i].ToLink());
            }

            if (!roomBefore)
            {
                AddActivation(groups[i].Name, g);
            }
        }

        return links;

        void AddActivation(string name, Activation g)
        {
            // A PReLU of the file stands in for the one that is given, for it has the slope.
            if (g != Activation.Identity && g.Name != "PRelu")
            {
                links.Add(new ActivationLink($"activation of {name}", g));
            }
        }
    }

    /// <summary>How far two names of the same module are apart in its numbering; 0 where they are not numbered.</summary>
    private static int Gap(string first, string second)
    {
        int a = first.LastIndexOf('.') + 1;
        int b = second.LastIndexOf('.') + 1;
        return first[..a] == second[..b]
            && int.TryParse(first[a..], NumberStyles.None, CultureInfo.InvariantCulture, out int x)
            && int.TryParse(second[b..], NumberStyles.None, CultureInfo.InvariantCulture, out int y) ? y - x : 0;
    }

    internal static string Listing(IEnumerable<string> names) => MessageText.Quote([.. names]);

    /// <summary>The tensors whose names differ in the last word only.</summary>
    private sealed class Group(string name, int place)
    {
        private readonly Dictionary<string, StoredTensor> tensors = [];

        public string Name => name.Length > 0 ? name : "(no name)";

        public int Place => place;

        public StoredTensor? Weight => tensors.GetValueOrDefault("weight");

        public bool IsDense => Weight?.Shape.Length == 2;

        public bool IsNorm => !IsDense && !IsPRelu;

        private bool IsPRelu => Weight is { Shape: [1] } && tensors.Count == 1;

        public void Add(string last, StoredTensor tensor)
        {
            if (!tensors.TryAdd(last, tensor))
            {
                throw new ModelFormatException($"Tensor '{tensor.Name}' is there twice.");
            }
        }

        public void Check()
        {
            foreach ((string last, StoredTensor tensor) in tensors)
            {
                bool isKnown = last switch
                {
                    "weight" => tensor.Shape.Length is 1 or 2,
                    "bias" => tensor.Shape.Length == 1,
                    "running_mean" or "running_var" => tensor.Shape.Length == 1,
                    "num_batches_tracked" => true,
                    _ => false,
                };
                if (!isKnown || Weight is null)
                {
                    throw new ModelFormatException($"Tensor '{tensor.Name}' {tensor.ShapeText} {WhatItIs(last, tensor)}. Dense layers, batch and layer normalization and PReLU are read.");
                }

                int size = Weight.Shape[0];
                if (last is "bias" or "running_mean" or "running_var" && tensor.Shape[0] != size)
                {
                    throw new ModelFormatException($"Tensor '{tensor.Name}' has {tensor.Shape[0]} values beside a weight {Weight.ShapeText}; it must have {size}.");
                }
            }
        }

        private static string WhatItIs(string last, StoredTensor tensor) =>
            last.StartsWith("weight_ih", StringComparison.Ordinal) || last.StartsWith("weight_hh", StringComparison.Ordinal) ? "belongs to a recurrent layer (LSTM, GRU, RNN)"
            : last.StartsWith("in_proj", StringComparison.Ordinal) ? "belongs to attention"
            : last == "weight" && tensor.Shape.Length is 3 or 4 or 5 ? "is the weight of a convolution"
            : "is no part of a multilayer perceptron";

        public Link ToLink()
        {
            float[]? bias = tensors.GetValueOrDefault("bias")?.Values;
            StoredTensor weight = Weight!;
            if (IsDense)
            {
                return new LinearLink(Name, weight.Shape[1], weight.Shape[0], weight.Values, bias);
            }

            if (IsPRelu)
            {
                return new ActivationLink(Name, Activation.PRelu(weight.Values[0]));
            }

            float[] shift = bias ?? new float[weight.Shape[0]];
            return tensors.TryGetValue("running_mean", out StoredTensor? mean) && tensors.TryGetValue("running_var", out StoredTensor? variance)
                ? new BatchNormLink(Name, weight.Values, shift, mean.Values, variance.Values, TorchEpsilon, TorchMomentum)
                : bias is not null ? new LayerNormLink(Name, weight.Values, shift, TorchEpsilon)
                : throw new ModelFormatException($"Tensor '{weight.Name}' {weight.ShapeText} has neither a bias nor running statistics beside it: a PReLU with a slope for each feature, or an RMS normalization, is not read.");
        }
    }
}
