using System.Globalization;

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
        List<Group> ordered = InOrder(groups, isOrdered, options.Order);
        int dense = ordered.Count(group => group.IsDense);
        if (dense == 0)
        {
            throw new ModelFormatException(
                $"No tensor is the weight [out, in] of a dense layer{(options.Part is null ? "" : $" in part '{options.Part}'")}. The file has {Listing(tensors.Select(tensor => $"{tensor.Name} {tensor.ShapeText}"))}.");
        }

        if (options.Activations.Count == 0)
        {
            throw new ModelFormatException(
                $"The file holds weights only, of {dense} dense layers ({Listing(ordered.Where(group => group.IsDense).Select(group => group.Name))}): give the activation of each.");
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

    private static List<Group> InOrder(List<Group> groups, bool isOrdered, IReadOnlyList<string> order)
    {
        if (order.Count > 0)
        {
            return ByNames(groups, order);
        }

        if (isOrdered || groups.Count(group => group.IsDense) < 2)
        {
            return groups;
        }

        // Numbers decide only where they are all that tells the names apart: 0, 2, 10 or layers.0.linear, layers.1.linear.
        if (groups.Select(group => Skeleton(group.Name)).Distinct().Count() == 1)
        {
            return [.. groups.OrderBy(group => Number(group.Name))];
        }

        List<Group>? only = OnlyOrder(groups);
        return only ?? throw new ModelFormatException(
            $"The names {Listing(groups.Where(group => group.IsDense).Select(group => $"{group.Name} {group.Weight!.ShapeText}"))} do not say in which order the layers come, the file sorts them, and more than one order fits the shapes or none does: give the order.");
    }

    private static List<Group> ByNames(List<Group> groups, IReadOnlyList<string> order)
    {
        List<Group> ordered = [];
        foreach (string name in order)
        {
            Group group = groups.Find(group => group.Name == name) ?? throw new ModelFormatException($"The order names '{name}', but the layers are {Listing(groups.Select(each => each.Name))}.");
            ordered.Add(ordered.Contains(group) ? throw new ModelFormatException($"The order names '{name}' twice.") : group);
        }

        string[] left = [.. groups.Except(ordered).Select(group => group.Name)];
        return left.Length == 0 ? ordered : throw new ModelFormatException($"The order leaves out {Listing(left)}; name every layer that has tensors.");
    }

    /// <summary>The one order of dense layers in which each takes what the one before gives; null where there are several or none, or other layers.</summary>
    private static List<Group>? OnlyOrder(List<Group> groups)
    {
        if (groups.Exists(group => !group.IsDense) || groups.Count > 9)
        {
            return null;
        }

        List<Group>? found = null;
        int count = 0;
        Extend([], groups);
        return count == 1 ? found : null;

        void Extend(List<Group> begun, List<Group> left)
        {
            if (left.Count == 0)
            {
                count++;
                found = begun;
                return;
            }

            foreach (Group next in left.Where(group => begun.Count == 0 || begun[^1].Weight!.Shape[0] == group.Weight!.Shape[1]))
            {
                if (count < 2)
                {
                    Extend([.. begun, next], [.. left.Where(group => group != next)]);
                }
            }
        }
    }

    private static string Skeleton(string name) => string.Concat(name.Select(c => char.IsAsciiDigit(c) ? '#' : c)).Replace("##", "#", StringComparison.Ordinal).Replace("##", "#", StringComparison.Ordinal);

    private static decimal Number(string name)
    {
        // Several numbers count from the left: block1.2 comes before block2.0.
        decimal number = 0;
        foreach (string part in name.Split(name.Where(c => !char.IsAsciiDigit(c)).Distinct().ToArray(), StringSplitOptions.RemoveEmptyEntries).Take(3))
        {
            number = (number * 1_000_000) + (decimal.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out decimal value) && value < 1_000_000 ? value : 999_999);
        }

        return number;
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

    internal static string Listing(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return string.Join(", ", all.Take(12).Select(name => $"'{(name.Length <= 80 ? name : name[..77] + "...")}'")) + (all.Length > 12 ? $" and {all.Length - 12} more" : "");
    }

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
