namespace FastMlp.Onnx.Import;

/// <summary>Axes: constants laid along features, operators that only rename or select axes.</summary>
internal static class Axes
{
    /// <summary>Among wanted sizes: that of the batch, which is not known.</summary>
    public const long Unknown = -2;

    // Selections from selections are followed this far; beyond, a matrix selects.
    private const int MostSelections = 32;

    public static void CheckCount(Call call, int axes)
    {
        if (axes > TensorReader.MostAxes)
        {
            throw call.Refuse($"makes {axes} axes; up to {TensorReader.MostAxes} are supported.");
        }
    }

    /// <summary>The axes of Squeeze and reductions: an attribute in early versions, then an input; null where there are none.</summary>
    public static int[]? Of(Call call, int rank) => call.Integers("axes", 1, "its axes") is { Length: > 0 } axes
        ? [.. axes.Select(axis => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw call.Refuse($"has the axis {axis}, but {rank} axes."))]
        : null;

    /// <summary>Sizes with the axes of an Unsqueeze put in.</summary>
    public static long[] Widened(Call call, long[] dims, out int[] added)
    {
        int count = call.Integers("axes", 1, "its axes")?.Length ?? 0;
        CheckCount(call, dims.Length + count);
        added = [.. (Of(call, dims.Length + count) ?? []).Order()];
        List<long> wider = [.. dims];
        foreach (int place in added)
        {
            wider.Insert(Math.Min(place, wider.Count), 1);
        }

        return [.. wider];
    }

    /// <summary>The sizes as a constant; NaN for one that is not known, as is the batch.</summary>
    public static Constant ShapeOf(Call call, long[] dims)
    {
        int start = Place(call.Node.Int("start", 0));
        int end = Place(call.Node.Int("end", long.MaxValue));
        return Constant.Integers([.. dims[start..Math.Max(start, end)].Select(size => size < 0 ? double.NaN : size)]);

        int Place(long place) => (int)Math.Clamp(place < 0 ? place + dims.Length : place, 0, dims.Length);
    }

    /// <summary>The elements that a Slice takes along each axis that it cuts.</summary>
    public static IEnumerable<(int Axis, int[] Indices)> Slices(Call call, long[] dims)
    {
        long[] starts = call.Integers("starts", 1, "its starts") ?? throw call.Refuse("has no starts.");
        long[] ends = call.Integers("ends", 2, "its ends") ?? throw call.Refuse("has no ends.");
        long[] axes = call.Integers("axes", 3, "its axes") ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        long[] steps = call.Integers("steps", 4, "its steps") ?? [.. starts.Select(_ => 1L)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw call.Refuse($"has {starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps; as many of each were expected.");
        }

        for (int i = 0; i < starts.Length; i++)
        {
            long axis = axes[i] < 0 ? axes[i] + dims.Length : axes[i];
            long step = steps[i];
            if (axis < 0 || axis >= dims.Length || step is 0 or < -int.MaxValue or > int.MaxValue)
            {
                throw call.Refuse($"cuts the axis {axes[i]} of {Words.Shape(dims)} in steps of {step}.");
            }

            long size = dims[axis];
            if (size < 0)
            {
                // Of an axis of unknown size, only the whole is known to be the whole.
                if (starts[i] != 0 || ends[i] < int.MaxValue || step != 1)
                {
                    throw call.Refuse($"takes elements {starts[i]} to {ends[i]} of the axis {axis} of {Words.Shape(dims)}, whose size is not known; only features can be selected.");
                }

                continue;
            }

            long first = Bound(starts[i]);
            long last = Bound(ends[i]);
            List<int> indices = [];
            for (long at = first; step > 0 ? at < last : at > last; at += step)
            {
                indices.Add((int)at);
            }

            yield return ((int)axis, [.. indices]);

            long Bound(long place)
            {
                long counted = place < 0 ? place + size : place;
                return step > 0 ? Math.Clamp(counted, 0, size) : Math.Clamp(counted, -1, size - 1);
            }
        }
    }

    /// <summary>The parts that a Split makes of an axis.</summary>
    public static IReadOnlyList<(int Start, int Count)> Splits(Call call, long[] dims, out int axis)
    {
        axis = call.Node.Axis("axis", 0, dims.Length);
        long size = dims[axis];
        int outputs = call.Node.Outputs.Count;
        if (size < 0)
        {
            throw call.Refuse($"parts the axis {axis} of {Words.Shape(dims)}, whose size is not known; only features can be parted.");
        }

        long each = (size + outputs - 1) / outputs;
        long[] sizes = call.Integers("split", 1, "its sizes")
            ?? [.. Enumerable.Range(0, outputs).Select(i => Math.Max(0, Math.Min(each, size - (i * each))))];
        if (sizes.Length != outputs || sizes.Any(part => part < 0 || part > size) || sizes.Sum() != size)
        {
            throw call.Refuse($"parts {size} elements into {Words.Shape(sizes)} for {outputs} outputs.");
        }

        List<(int, int)> parts = [];
        long start = 0;
        foreach (long part in sizes)
        {
            parts.Add(((int)start, (int)part));
            start += part;
        }

        return parts;
    }

    /// <summary>
    /// The constant as one number for all features or one for each, by ONNX's broadcasting: axes are aligned at their ends, and a
    /// size of 1 fits any. It must be the same for every row. A signal of one feature is repeated where the constant has more.
    /// </summary>
    public static (double[] Vector, Signal Signal) Broadcast(Call call, Constant constant, Signal signal)
    {
        long[] dims = constant.Dims;
        if (call.Node.Version is > 0 and < 7 && call.Node.Has("axis") && dims.Length > 0)
        {
            // Before version 7 an attribute said where the constant's axes begin.
            int axis = call.Node.Axis("axis", 0, signal.Rank);
            dims = [.. dims, .. Enumerable.Repeat(1L, Math.Max(0, signal.Rank - axis - dims.Length))];
        }

        while (dims.Length > signal.Rank && dims[0] == 1 && !signal.IsTransposed)
        {
            if (signal.Rank + 1 < dims.Length)
            {
                dims = dims[1..];
                continue;
            }

            signal = signal with { BatchDims = [1, .. signal.BatchDims] };
        }

        if (constant.IsOne(out double one) && dims.Length <= signal.Rank)
        {
            return ([one], signal);
        }

        ModelFormatException Misfit(string why) =>
            call.Refuse($"combines a constant of the shape {Words.Shape(constant.Dims)} with features of the shape {Words.Shape(signal.Dims)}; {why}.");
        if (dims.Length > signal.Rank || constant.Values.Length == 0)
        {
            throw Misfit("one number for all features or one for each was expected");
        }

        long[] aligned = [.. Enumerable.Repeat(1L, signal.Rank - dims.Length), .. dims];
        int first = signal.FeatureAxis;
        int end = first + signal.FeatureDims.Length;
        if (aligned.Where((size, i) => size != 1 && (i < first || i >= end)).Any())
        {
            throw Misfit("it differs from row to row, which the weights of a network cannot");
        }

        long[] along = aligned[first..end];
        if (signal.Width < 0)
        {
            throw along.Length == 1 ? WidthWantedException.For(signal, along[0]) : Misfit("the number of features must be known before it");
        }

        if (signal.Width == 1 && along.Length == 1 && along[0] > 1)
        {
            signal = Repeated(call, signal, (int)along[0]);
        }

        for (int i = 0; i < along.Length; i++)
        {
            if (along[i] != 1 && along[i] != signal.FeatureDims[i])
            {
                throw Misfit("a size that is 1 or the same was expected along each axis");
            }
        }

        // A list of one number a channel becomes one for each place of an image.
        call.Budget.Consider(call.Name, 1, signal.Width);
        double[] vector = new double[signal.Width];
        for (int feature = 0; feature < vector.Length; feature++)
        {
            long rest = feature;
            long at = 0;
            long step = 1;
            for (int i = along.Length - 1; i >= 0; i--)
            {
                long place = rest % signal.FeatureDims[i];
                rest /= signal.FeatureDims[i];
                at += along[i] == 1 ? 0 : place * step;
                step *= along[i];
            }

            vector[feature] = constant.Values[at];
        }

        return (vector, signal);
    }

    /// <summary>The one feature of the signal again and again.</summary>
    public static Signal Repeated(Call call, Signal signal, int width) => call.Mixed(signal, [.. Enumerable.Repeat(1.0, width)], width);

    public static Signal Flatten(Call call)
    {
        Signal signal = Upright(call);
        int axis = call.Node.Axis("axis", 1, signal.Rank, mayBeEnd: true);
        return Rows(call, signal, [Joined(signal, 0, axis), Joined(signal, axis, signal.Rank)]);
    }

    public static Signal Reshape(Call call)
    {
        Signal signal = Upright(call);
        long[] shape = call.Integers("shape", 1, "its shape") ?? throw call.Refuse("has no shape.");
        long[] dims = signal.Dims;
        bool zeroCopies = call.Node.Int("allowzero", 0) == 0;
        return Rows(call, signal, [.. shape.Select((size, i) =>
            size == 0 && zeroCopies && i < dims.Length ? (dims[i] < 0 ? Unknown : dims[i]) : size)]);
    }

    public static Signal Squeeze(Call call)
    {
        Signal signal = Upright(call);
        long[] dims = signal.Dims;
        int[] gone = Of(call, signal.Rank) ?? [.. Enumerable.Range(0, signal.Rank).Where(i => dims[i] == 1)];
        int rows = signal.BatchDims.Length;
        return gone.All(i => dims[i] == 1 || (i < rows && dims[i] == -1))
            ? signal with
            {
                BatchDims = [.. signal.BatchDims.Where((_, i) => !gone.Contains(i))],
                FeatureDims = [.. signal.FeatureDims.Where((_, i) => !gone.Contains(i + rows))],
            }
            : throw call.Refuse($"takes an axis out of {Words.Shape(dims)} that has not the size 1.");
    }

    public static Signal Unsqueeze(Call call)
    {
        Signal signal = Upright(call);
        long[] wider = Widened(call, signal.Dims, out int[] added);
        int rows = signal.BatchDims.Length;
        foreach (int place in added)
        {
            // An axis before those of the features counts rows.
            rows += place <= rows ? 1 : 0;
        }

        return signal with { BatchDims = wider[..rows], FeatureDims = wider[rows..] };
    }

    /// <summary>Expand to the signal's own sizes, or of one feature to several.</summary>
    public static Signal Expand(Call call)
    {
        Signal signal = Upright(call);
        long[] wanted = call.Integers("shape", 1, "its shape") ?? throw call.Refuse("has no shape.");
        long[] dims = signal.Dims;
        long[] aligned = [.. Enumerable.Repeat(1L, Math.Max(0, dims.Length - wanted.Length)), .. wanted];
        if (aligned.Length == dims.Length)
        {
            bool[] stays = [.. aligned.Select((size, i) => size == 1 || size == dims[i] || (dims[i] == -1 && size == Unknown))];
            if (stays.All(stay => stay))
            {
                return signal;
            }

            if (signal.Width == 1 && signal.FeatureDims.Length == 1 && aligned[^1] is > 1 and <= int.MaxValue && stays[..^1].All(stay => stay))
            {
                return Repeated(call, signal, (int)aligned[^1]);
            }
        }

        throw call.Refuse($"makes {Words.Shape(wanted)} of {Words.Shape(dims)}; only one feature can be repeated.");
    }

    public static Signal Transpose(Call call)
    {
        Signal signal = call.Signal();
        IList<long> order = call.Node.Ints("perm");
        int rank = signal.Rank;
        long[] wanted = order.Count > 0 ? [.. order] : [.. Enumerable.Range(0, rank).Reverse().Select(i => (long)i)];
        if (wanted.Length == rank && wanted.Select((axis, i) => axis == i).All(same => same))
        {
            return signal;
        }

        return rank == 2 && wanted is [1, 0] && signal.BatchDims.Length == 1
            ? signal with { IsTransposed = !signal.IsTransposed }
            : throw call.Refuse($"reorders the axes of {Words.Shape(signal.Dims)}; only rows and columns of a matrix can change places.");
    }

    public static Value Shape(Call call) => ShapeOf(call, call.Signal().Dims);

    /// <summary>Features of several tensors beside each other.</summary>
    public static Value Concat(Call call)
    {
        Signal[] parts = [.. Enumerable.Range(0, call.Inputs.Length).Select(i => call.At(i) is Constant constant ? Row(call, constant) : call.Signal(i))];
        Signal first = parts.First(part => part.Base is not LinearExpression { Terms.Count: 0 });
        int axis = call.Node.Axis("axis", 1, first.Rank);
        if (parts.Any(part => part.Width < 0))
        {
            throw call.Refuse("joins features of which the number is not known; give the input a shape.");
        }

        parts = [.. parts.Select(part => part.Base is LinearExpression { Terms.Count: 0 } ? part with { BatchDims = first.BatchDims, IsTransposed = first.IsTransposed } : part)];
        if (!parts.All(part => part.IsTransposed == first.IsTransposed && part.BatchDims.Length == first.BatchDims.Length && part.FeatureDims.Length == first.FeatureDims.Length)
            || !ArePlacedBeside(axis - first.FeatureAxis))
        {
            throw call.Refuse($"puts tensors beside each other along axis {axis} of {Words.Shape(first.Dims)}; along the features of a row, and of nothing else, it is supported.");
        }

        if (parts.Length == 1)
        {
            return first;
        }

        int width = (int)Call.Product([parts.Sum(part => (long)part.Width)], $"{call.Name}");
        List<Term> terms = [];
        int row = 0;
        double[] shift = [0];
        foreach (Signal part in parts)
        {
            if (part.Base is LinearExpression { Terms.Count: 0 })
            {
                shift = shift.Length == 1 ? new double[width] : shift;
                part.Shift.CopyTo(shift, row);
            }
            else
            {
                terms.Add(new Term(part, null, row, part.Width));
            }

            row += part.Width;
        }

        Signal joined = first.On(new LinearExpression(width, call.Name, terms, isMade: true)) with { FeatureDims = [.. first.FeatureDims.Select((size, i) => i == axis - first.FeatureAxis ? parts.Sum(part => part.FeatureDims[i]) : size)] };
        return shift.Length > 1 ? joined.Plus(shift) : joined;

        // Along the first of the features' axes, or one with nothing but 1 before it: [n, 1, k] of encoders.
        bool ArePlacedBeside(int along) => along >= 0 && along < first.FeatureDims.Length
            && parts.All(part => part.FeatureDims.Take(along).All(size => size == 1) && part.FeatureDims.Skip(along + 1).SequenceEqual(first.FeatureDims.Skip(along + 1)));
    }

    public static Value Gather(Call call)
    {
        Signal signal = call.Signal();
        Constant indices = call.Constant(1, "its indices");
        int axis = call.Node.Axis("axis", 0, signal.Rank);
        if (indices.Dims.Length > 1)
        {
            throw call.Refuse($"picks by indices of the shape {Words.Shape(indices.Dims)}; a list of features or one of them was expected.");
        }

        Signal picked = Along(call, signal, axis, "picks along", size => [.. indices.Values.Select(index => Folding.Index(call, index, size))]);
        return indices.Dims.Length == 0 ? picked with { FeatureDims = [.. picked.FeatureDims.Where((_, i) => i != axis - picked.FeatureAxis)] } : picked;
    }

    public static Value Slice(Call call)
    {
        Signal signal = call.Signal();
        foreach ((int axis, int[] indices) in Slices(call, signal.Dims))
        {
            if (indices.Select((index, i) => index == i).All(same => same) && indices.Length == signal.Dims[axis])
            {
                continue;
            }

            signal = Along(call, signal, axis, "cuts", _ => indices);
        }

        return signal;
    }

    public static Value[] Split(Call call)
    {
        Signal signal = call.Signal();
        IReadOnlyList<(int Start, int Count)> parts = Splits(call, signal.Dims, out int axis);
        int along = axis;
        return [.. parts.Select(part => Along(call, signal, along, "parts", _ => [.. Enumerable.Range(part.Start, part.Count)]))];
    }

    /// <summary>Sum or mean over the features of a row.</summary>
    public static Signal Reduced(Call call, bool divides)
    {
        Signal signal = call.Signal();
        bool keeps = RequireReduction(call, signal);
        double factor = divides ? 1.0 / signal.Width : 1;
        Signal reduced = call.Mixed(signal, [.. Enumerable.Repeat(factor, signal.Width)], 1);
        return reduced with { FeatureDims = keeps ? [.. signal.FeatureDims.Select(_ => 1L)] : [] };
    }

    /// <summary>Whether a reduction over the features of a row, all of them, keeps their axis.</summary>
    public static bool RequireReduction(Call call, Signal signal)
    {
        int[] axes = Of(call, signal.Rank) ?? [.. Enumerable.Range(0, signal.Rank)];
        int first = signal.FeatureAxis;
        int end = first + signal.FeatureDims.Length;
        bool fits = signal.Width > 0 && axes.All(axis => (axis >= first && axis < end) || signal.Dims[axis] == 1)
            && Enumerable.Range(first, end - first).All(axis => axes.Contains(axis) || signal.Dims[axis] == 1);
        return fits
            ? call.Node.Int("keepdims", 1) != 0
            : throw call.Refuse($"runs over the axes {string.Join(", ", axes)} of {Words.Shape(signal.Dims)}; the features of a row, all of them, were expected.");
    }

    /// <summary>Some of the features, in this order.</summary>
    public static Signal Selected(Call call, Signal signal, int[] indices, int depth = 0)
    {
        if (indices.Length == 0)
        {
            throw call.Refuse("takes none of the features.");
        }

        double[] scale = signal.Scale.Length == 1 ? signal.Scale : [.. indices.Select(index => signal.Scale[index])];
        double[] shift = signal.Shift.Length == 1 ? signal.Shift : [.. indices.Select(index => signal.Shift[index])];
        Expression selected = Selected(call, signal.On(signal.Base), signal.Base, indices, depth);
        return signal.Along(selected) with { Scale = scale, Shift = shift, IsShifted = signal.IsShifted, IsLogical = signal.IsLogical };
    }

    private static Expression Selected(Call call, Signal plain, Expression of, int[] indices, int depth)
    {
        bool isRange = indices.Select((index, i) => index == indices[0] + i).All(same => same);
        switch (of)
        {
            case LinearExpression { Terms: [{ Weight: { } weight, Row: 0 } term] } linear when term.Rows == linear.Width:
                call.Budget.Consider(call.Name, indices.Length, term.Input.Width);
                int columns = term.Input.Width;
                double[] rows = new double[(long)indices.Length * columns];
                for (int i = 0; i < indices.Length; i++)
                {
                    weight.AsSpan(indices[i] * columns, columns).CopyTo(rows.AsSpan(i * columns, columns));
                }

                return new LinearExpression(indices.Length, linear.Node, [new Term(term.Input, rows, 0, indices.Length)], linear.IsMade);

            case ActivationExpression activation when activation.Activation != Activation.Softmax && depth < MostSelections:
                return new ActivationExpression(Selected(call, activation.Input, indices, depth + 1), activation.Activation, activation.Node);

            default:
                if (isRange)
                {
                    return new LinearExpression(indices.Length, call.Name, [new Term(plain, null, 0, indices.Length, indices[0])], isMade: true);
                }

                call.Budget.Consider(call.Name, indices.Length, of.Width);
                double[] picks = new double[(long)indices.Length * of.Width];
                for (int i = 0; i < indices.Length; i++)
                {
                    picks[(i * of.Width) + indices[i]] = 1;
                }

                return new LinearExpression(indices.Length, call.Name, [new Term(plain, picks, 0, indices.Length)], isMade: true);
        }
    }

    /// <summary>A constant among features: a row that is the same for all.</summary>
    private static Signal Row(Call call, Constant constant) => constant.Values.Length > 0 && constant.Dims.Length > 0 && constant.Dims[^1] == constant.Values.Length
        ? new Signal { Base = new LinearExpression(constant.Values.Length, call.Name, [], isMade: true), Shift = constant.Values, IsShifted = true, BatchDims = [1], FeatureDims = [constant.Values.Length] }
        : throw call.Refuse($"joins a constant of the shape {Words.Shape(constant.Dims)} to features; one row, the same for all, was expected.");

    /// <summary>Some of the places along one axis of the features.</summary>
    private static Signal Along(Call call, Signal signal, int axis, string does, Func<long, int[]> choose)
    {
        int place = axis - signal.FeatureAxis;
        if (signal.Width < 1 || place < 0 || place >= signal.FeatureDims.Length)
        {
            throw call.Refuse($"{does} axis {axis} of {Words.Shape(signal.Dims)}; along the features of a row, and of nothing else, it is supported.");
        }

        int size = (int)signal.FeatureDims[place];
        int inner = (int)Call.Product(signal.FeatureDims[(place + 1)..], "A tensor");
        int outer = signal.Width / size / inner;
        int[] indices = choose(size);
        call.Budget.Consider(call.Name, outer * (long)inner, indices.Length);
        int[] all = [.. Enumerable.Range(0, outer).SelectMany(i => indices.SelectMany(index => Enumerable.Range((((i * size) + index) * inner), inner)))];
        long[] dims = [.. signal.FeatureDims];
        dims[place] = indices.Length;
        return Selected(call, signal, all) with { FeatureDims = dims };
    }

    private static Signal Upright(Call call) => call.Signal() is { IsTransposed: false } signal
        ? signal
        : throw call.Refuse("changes the axes of a transposed tensor; that is not supported.");

    private static long Joined(Signal signal, int from, int to)
    {
        long[] dims = signal.Dims[from..to];
        return dims.Contains(-1) ? (dims.Length == 1 || dims.Count(size => size != 1) == 1 ? Unknown : -1) : Call.Product(dims, "A tensor");
    }

    /// <summary>The signal with other sizes, if some trailing ones of them hold the features and the others the rows.</summary>
    private static Signal Rows(Call call, Signal signal, long[] wanted)
    {
        CheckCount(call, wanted.Length);
        long batch = signal.BatchDims.Contains(-1) ? Unknown : Call.Product(signal.BatchDims, "A tensor");
        // Without -1 one unknown axis among known ones of size 1 is the batch; among others their product is open.
        bool batchIsOpen = batch == Unknown && signal.BatchDims.Any(size => size > 1);
        foreach (int place in Enumerable.Range(0, wanted.Length + 1).OrderBy(i => Math.Abs(i - signal.BatchDims.Length)))
        {
            long[] rows = wanted[..place];
            long[] features = wanted[place..];
            if (wanted.Count(size => size == -1) > 1 || features.Contains(Unknown) || wanted.Any(size => size < Unknown))
            {
                continue;
            }

            long known = Limited(rows);
            bool rowsFit = rows.Contains(-1)
                ? batch == Unknown || (known > 0 && batch % known == 0)
                : batch == Unknown ? !batchIsOpen && rows.Count(size => size == Unknown) == 1 && known == 1 : !rows.Contains(Unknown) && known == batch;
            if (!rowsFit)
            {
                continue;
            }

            if (signal.Width < 0)
            {
                // One axis of features of unknown number may only stay as it is.
                if (signal.FeatureDims.Length == 1 && features is [-1])
                {
                    return signal with { BatchDims = Kept(rows), FeatureDims = [-1] };
                }

                if (signal.FeatureDims.Length == 1 && features is [> 0])
                {
                    throw WidthWantedException.For(signal, features[0]);
                }

                continue;
            }

            long there = Limited(features);
            if (features.Contains(-1) ? there > 0 && signal.Width % there == 0 : there == signal.Width)
            {
                return signal with { BatchDims = Kept(rows), FeatureDims = [.. features.Select(size => size == -1 ? signal.Width / there : size)] };
            }
        }

        throw call.Refuse($"makes {Words.Shape(wanted)} of {Words.Shape(signal.Dims)}; only a change that leaves each row its own {(signal.Width < 0 ? "" : signal.Width + " ")}features is supported.");

        static long[] Kept(long[] rows) => [.. rows.Select(size => size < 0 ? -1 : size)];

        static long Limited(long[] sizes)
        {
            long product = 1;
            foreach (long size in sizes.Where(size => size >= 0))
            {
                product = Math.Min(product * Math.Min(size, int.MaxValue), int.MaxValue);
            }

            return product;
        }
    }
}
