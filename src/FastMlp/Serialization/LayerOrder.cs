namespace FastMlp.Serialization;

/// <summary>
/// The order of dense layers in a file that names its tensors but does not say in which order they are computed. The reference writer of safetensors
/// sorts the names and MLX writes them in any order, so the order of the data means nothing. FastMlp.Interop compiles this file too: the rule is one.
/// </summary>
internal static class LayerOrder
{
    /// <summary>Steps of the search for a second order. Real files need a few; a crafted one must not take long.</summary>
    private const int MaxSteps = 100_000;

    /// <summary>
    /// Indices in order of computation: by number, where numbers are all that tells the names apart (0, 2, 10), else the one order in which each
    /// layer takes what the one before it gives. Null where there are several such orders, or none.
    /// </summary>
    public static int[]? Find(IReadOnlyList<string> names, IReadOnlyList<(long Inputs, long Outputs)> shapes)
    {
        if (names.Count < 2)
        {
            return names.Count == 0 ? [] : [0];
        }

        if (names.Select(WithoutNumbers).Distinct().Count() == 1)
        {
            return [.. Enumerable.Range(0, names.Count).OrderBy(i => names[i], Comparer<string>.Create(CompareNatural))];
        }

        return shapes.Count == names.Count ? OnlyChain(shapes) : null;
    }

    /// <summary>Indices in the order that is given by name.</summary>
    /// <exception cref="ModelFormatException">A name is unknown, given twice or left out.</exception>
    public static int[] ByNames(IReadOnlyList<string> names, IReadOnlyList<string> order)
    {
        List<int> ordered = [];
        foreach (string name in order)
        {
            int found = names.TakeWhile(known => known != name).Count();
            if (found == names.Count)
            {
                throw new ModelFormatException($"The order names {MessageText.Quote(name)}, but the layers are {MessageText.Quote(names)}.");
            }

            ordered.Add(!ordered.Contains(found) ? found : throw new ModelFormatException($"The order names {MessageText.Quote(name)} twice."));
        }

        string[] left = [.. names.Where((_, i) => !ordered.Contains(i))];
        return left.Length == 0 ? [.. ordered] : throw new ModelFormatException($"The order leaves out {MessageText.Quote(left)}; name every layer that has tensors.");
    }

    private static int[]? OnlyChain(IReadOnlyList<(long Inputs, long Outputs)> shapes)
    {
        int[]? only = null;
        int found = 0, steps = 0;
        bool[] used = new bool[shapes.Count];
        int[] begun = new int[shapes.Count];
        Extend(0);
        return found == 1 && steps < MaxSteps ? only : null;

        void Extend(int length)
        {
            if (length == begun.Length)
            {
                found++;
                only = [.. begun];
                return;
            }

            for (int i = 0; i < used.Length && found < 2 && steps < MaxSteps; i++)
            {
                if (!used[i] && (length == 0 || shapes[begun[length - 1]].Outputs == shapes[i].Inputs))
                {
                    steps++;
                    used[i] = true;
                    begun[length] = i;
                    Extend(length + 1);
                    used[i] = false;
                }
            }
        }
    }

    /// <summary>Ordinal order in which a run of digits counts as its number, so that <c>fc10</c> comes after <c>fc2</c>.</summary>
    private static int CompareNatural(string left, string right)
    {
        int i = 0;
        int j = 0;
        while (i < left.Length && j < right.Length)
        {
            int order;
            if (char.IsAsciiDigit(left[i]) && char.IsAsciiDigit(right[j]))
            {
                ReadOnlySpan<char> a = DigitsAt(left, ref i);
                ReadOnlySpan<char> b = DigitsAt(right, ref j);
                // Without leading zeros the longer number is the larger one, of any length.
                order = a.Length != b.Length ? a.Length - b.Length : a.SequenceCompareTo(b);
            }
            else
            {
                order = left[i++] - right[j++];
            }

            if (order != 0)
            {
                return order;
            }
        }

        int rest = (left.Length - i) - (right.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(left, right);
    }

    private static ReadOnlySpan<char> DigitsAt(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return text.AsSpan(start, position - start).TrimStart('0');
    }

    /// <summary><c>net.10.linear</c> becomes <c>net.#.linear</c>.</summary>
    private static string WithoutNumbers(string name) =>
        string.Concat(name.Select((c, i) => !char.IsAsciiDigit(c) ? $"{c}" : i > 0 && char.IsAsciiDigit(name[i - 1]) ? "" : "#"));
}
