namespace FastMlp.Onnx.Import;

/// <summary>Axes: constants laid along features, operators that only rename axes, and the arithmetic on sizes and weights that exporters leave in a graph.</summary>
internal sealed partial class GraphImporter
{
    /// <summary>
    /// The constant as one number for all features or one for each, by ONNX's broadcasting: axes are aligned at their ends, and a
    /// size of 1 fits any. It must be the same for every row.
    /// </summary>
    private (double[] Vector, Signal Signal) Broadcast(Node node, Constant constant, Signal signal)
    {
        long[] dims = constant.Dims;
        if (node.Version is > 0 and < 7 && node.Has("axis") && dims.Length > 0)
        {
            // Before version 7 an attribute said where the constant's axes begin.
            int axis = node.Axis("axis", 0, signal.Rank);
            dims = [.. dims, .. Enumerable.Repeat(1L, Math.Max(0, signal.Rank - axis - dims.Length))];
        }

        while (dims.Length > signal.Rank && dims[0] == 1 && !signal.IsTransposed)
        {
            if (signal.Rank + 1 < dims.Length)
            {
                dims = dims[1..];
                continue;
            }

            signal = signal.WithAxes([1, .. signal.BatchDims], signal.FeatureDims);
        }

        if (constant.Values.Length == 1 && dims.Length <= signal.Rank)
        {
            return ([constant.Values[0]], signal);
        }

        ModelFormatException Misfit(string why) =>
            node.Refuse($"combines a constant of the shape {Words.Shape(constant.Dims)} with features of the shape {Words.Shape(signal.Dims)}; {why}.");
        if (signal.IsTransposed || dims.Length > signal.Rank || constant.Values.Length == 0)
        {
            throw Misfit("one number for all features or one for each was expected");
        }

        long[] aligned = [.. Enumerable.Repeat(1L, signal.Rank - dims.Length), .. dims];
        int rows = signal.BatchDims.Length;
        if (aligned.AsSpan(0, rows).ContainsAnyExcept(1))
        {
            throw Misfit("it differs from row to row, which the weights of a network cannot");
        }

        long[] along = aligned[rows..];
        if (signal.Width < 0)
        {
            throw along.Length == 1 ? new WidthWantedException(along[0]) : Misfit("the number of features must be known before it");
        }

        for (int i = 0; i < along.Length; i++)
        {
            if (along[i] != 1 && along[i] != signal.FeatureDims[i])
            {
                throw Misfit("a size that is 1 or the same was expected along each axis");
            }
        }

        // A list of one number a channel becomes one for each place of an image.
        budget.Consider(node.ToString(), 1, signal.Width);
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

    /// <summary>Flatten, Reshape, Squeeze and Unsqueeze that keep the rows and only join or part the axes of the features.</summary>
    private static Signal Reaxed(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        if (signal.IsTransposed)
        {
            throw node.Refuse("changes the axes of a transposed tensor; that is not supported.");
        }

        long[] dims = signal.Dims;
        switch (node.Operator)
        {
            case "Flatten":
                int axis = node.Axis("axis", 1, signal.Rank, mayBeEnd: true);
                return Rows(node, signal, [Joined(signal, 0, axis), Joined(signal, axis, signal.Rank)]);
            case "Reshape":
                IList<long> shape = node.Version < 5 && inputs.Length < 2
                    ? node.Ints("shape")
                    : [.. RequireConstant(node, inputs, 1, "its shape").Values.Select(size => double.IsNaN(size) ? Unknown : (long)size)];
                bool zeroCopies = node.Int("allowzero", 0) == 0;
                return Rows(node, signal, [.. shape.Select((size, i) =>
                    size == 0 && zeroCopies && i < dims.Length ? (dims[i] < 0 ? Unknown : dims[i]) : size)]);
            case "Squeeze":
                HashSet<int> gone = [.. AxesOf(node, inputs, signal.Rank)];
                if (gone.Count == 0)
                {
                    gone = [.. Enumerable.Range(0, signal.Rank).Where(i => dims[i] == 1)];
                }

                return gone.All(i => dims[i] == 1 || (i < signal.BatchDims.Length && dims[i] == -1))
                    ? signal.WithAxes(
                        [.. signal.BatchDims.Where((_, i) => !gone.Contains(i))],
                        [.. signal.FeatureDims.Where((_, i) => !gone.Contains(i + signal.BatchDims.Length))])
                    : throw node.Refuse($"takes an axis out of {Words.Shape(dims)} that has not the size 1.");
            default:
                int[] added = AxesOf(node, inputs, signal.Rank + (node.Version < 13 ? node.Ints("axes").Count : (inputs.Length > 1 ? (inputs[1] as Constant)?.Values.Length ?? 0 : 0)));
                CheckAxes(node, signal.Rank + added.Length);
                List<long> wider = [.. dims];
                int rows = signal.BatchDims.Length;
                foreach (int place in added.Order())
                {
                    wider.Insert(Math.Min(place, wider.Count), 1);
                    rows += place < rows ? 1 : 0;
                }

                return signal.WithAxes([.. wider.Take(rows)], [.. wider.Skip(rows)]);
        }
    }

    /// <summary>Among wanted sizes: that of the batch, which is not known.</summary>
    private const long Unknown = -2;

    private static long Joined(Signal signal, int from, int to)
    {
        long[] dims = signal.Dims[from..to];
        return dims.Contains(-1) ? (dims.Length == 1 || dims.Count(size => size != 1) == 1 ? Unknown : -1) : Product(dims, "A tensor");
    }

    /// <summary>The signal with other sizes, if some trailing ones of them hold the features and the others the rows.</summary>
    private static Signal Rows(Node node, Signal signal, long[] wanted)
    {
        CheckAxes(node, wanted.Length);
        long batch = signal.BatchDims.Contains(-1) ? Unknown : Product(signal.BatchDims, "A tensor");
        // Without -1 one unknown axis among known ones of size 1 is the batch; among others their product is open.
        bool batchIsOpen = batch == Unknown && signal.BatchDims.Any(size => size > 1);
        IEnumerable<int> places = Enumerable.Range(0, wanted.Length + 1).OrderBy(i => Math.Abs(i - signal.BatchDims.Length));
        foreach (int place in places)
        {
            long[] rows = wanted[..place];
            long[] features = wanted[place..];
            if (wanted.Count(size => size == -1) > 1 || features.Contains(Unknown) || wanted.Any(size => size < Unknown))
            {
                continue;
            }

            bool restIsBatch = rows.Contains(-1);
            long known = 1;
            foreach (long size in rows.Where(size => size >= 0))
            {
                known = checked(Math.Min(known * Math.Min(size, int.MaxValue), int.MaxValue));
            }

            bool rowsFit = restIsBatch
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
                    return signal.WithAxes(Kept(rows), [-1]);
                }

                if (signal.FeatureDims.Length == 1 && features is [> 0])
                {
                    throw new WidthWantedException(features[0]);
                }

                continue;
            }

            long there = 1;
            foreach (long size in features.Where(size => size >= 0))
            {
                there = Math.Min(there * Math.Min(size, int.MaxValue), int.MaxValue);
            }

            if (features.Contains(-1) ? there > 0 && signal.Width % there == 0 : there == signal.Width)
            {
                return signal.WithAxes(Kept(rows), [.. features.Select(size => size == -1 ? signal.Width / there : size)]);
            }
        }

        throw node.Refuse($"makes {Words.Shape(wanted)} of {Words.Shape(signal.Dims)}; only a change that leaves each row its own {(signal.Width < 0 ? "" : signal.Width + " ")}features is supported.");

        static long[] Kept(long[] rows) => [.. rows.Select(size => size < 0 ? -1 : size)];
    }

    /// <summary>The axes of Squeeze and Unsqueeze: an attribute before version 13, then an input.</summary>
    private static int[] AxesOf(Node node, object?[] inputs, int rank)
    {
        IEnumerable<long> axes = inputs.Length > 1 && inputs[1] is not null
            ? RequireConstant(node, inputs, 1, "its axes").Values.Select(axis => (long)axis)
            : node.Ints("axes");
        return [.. axes.Select(axis => axis >= -rank && axis < rank
            ? (int)(axis < 0 ? axis + rank : axis)
            : throw node.Refuse($"has the axis {axis}, but {rank} axes."))];
    }

    private static Signal Transpose(Node node, Signal signal)
    {
        IList<long> order = node.Ints("perm");
        int rank = signal.Rank;
        long[] wanted = order.Count > 0 ? [.. order] : [.. Enumerable.Range(0, rank).Reverse().Select(i => (long)i)];
        if (wanted.Length == rank && wanted.Select((axis, i) => axis == i).All(same => same))
        {
            return signal;
        }

        return rank == 2 && wanted is [1, 0] && signal.BatchDims.Length == 1
            ? signal.WithAxes(signal.BatchDims, signal.FeatureDims, !signal.IsTransposed)
            : throw node.Refuse($"reorders the axes of {Words.Shape(signal.Dims)}; only rows and columns of a matrix for a following transA are supported.");
    }

    /// <summary>The sizes of a tensor; NaN for one that is not known, as is the batch.</summary>
    private static Constant Shape(Node node, Signal signal)
    {
        long[] dims = signal.Dims;
        int start = Place(node.Int("start", 0));
        int end = Place(node.Int("end", long.MaxValue));
        return Import.Constant.Vector([.. dims[start..Math.Max(start, end)].Select(size => size < 0 ? double.NaN : size)], isInteger: true);

        int Place(long place) => (int)Math.Clamp(place < 0 ? place + dims.Length : place, 0, dims.Length);
    }

    private Constant ConstantOf(Node node)
    {
        if (node.Tensor("value") is { } tensor)
        {
            return tensors.Read(tensor, $"The tensor of {node}");
        }

        return node.Has("value_float") ? Import.Constant.Scalar(node.Float("value_float", 0))
            : node.Has("value_int") ? new Constant([], [node.Int("value_int", 0)], isInteger: true)
            : node.Has("value_floats") ? Import.Constant.Vector([.. node.Floats("value_floats").Select(value => (double)value)], isInteger: false)
            : node.Has("value_ints") ? Import.Constant.Vector([.. node.Ints("value_ints").Select(value => (double)value)], isInteger: true)
            : throw node.Refuse("has no value that can be read; value, value_float, value_int, value_floats or value_ints was expected.");
    }

    /// <summary>An operator whose inputs are all constant: arithmetic on sizes, and weights that were left to be transposed or converted.</summary>
    private static Constant Fold(Node node, object?[] inputs)
    {
        Constant first = RequireConstant(node, inputs, 0, "its input");
        if (node.Domain.Length > 0)
        {
            throw node.Refuse($"has constant inputs only, and is not supported among constants.");
        }

        switch (node.Operator)
        {
            case "Identity" or "Dropout":
                return first;
            case "Cast":
                return Converted(node, first, node.Int("to", 0));
            case "Shape":
                return Import.Constant.Vector([.. first.Dims.Select(size => (double)size)], isInteger: true);
            case "Transpose":
                IList<long> order = node.Ints("perm");
                return first.Dims.Length == 2 && (order.Count == 0 || order is [1, 0])
                    ? new Constant([first.Dims[1], first.Dims[0]], Transposed(first.Values, (int)first.Dims[0], (int)first.Dims[1]), first.IsInteger)
                    : order.Select((axis, i) => axis == i).All(same => same) && (order.Count > 0 || first.Dims.Length < 2) ? first
                    : throw node.Refuse("transposes a constant that is no matrix; that is not supported.");
            case "Reshape":
                double[] sizes = RequireConstant(node, inputs, 1, "its shape").Values;
                CheckAxes(node, sizes.Length);
                return first.WithDims(Shaped(node, first, sizes));
            case "Flatten":
                int cut = node.Axis("axis", 1, first.Dims.Length, mayBeEnd: true);
                return first.WithDims([Product(first.Dims[..cut], "A constant"), Product(first.Dims[cut..], "A constant")]);
            case "Squeeze":
                int[] gone = AxesOf(node, inputs, first.Dims.Length);
                return first.Dims.Where((size, i) => size != 1 && gone.Contains(i)).Any()
                    ? throw node.Refuse($"takes an axis out of {Words.Shape(first.Dims)} that has not the size 1.")
                    : first.WithDims([.. first.Dims.Where((size, i) => gone.Length == 0 ? size != 1 : !gone.Contains(i))]);
            case "Unsqueeze":
                int count = inputs.Length > 1 ? RequireConstant(node, inputs, 1, "its axes").Values.Length : node.Ints("axes").Count;
                CheckAxes(node, first.Dims.Length + count);
                List<long> wider = [.. first.Dims];
                foreach (int place in AxesOf(node, inputs, first.Dims.Length + count).Order())
                {
                    wider.Insert(Math.Min(place, wider.Count), 1);
                }

                return first.WithDims([.. wider]);
            case "Gather":
                return Gather(node, first, RequireConstant(node, inputs, 1, "its indices"));
            case "Slice":
                return Slice(node, inputs, first);
            case "Concat":
                return Joined(node, inputs);
            case "Neg":
                return Elementwise(node, first, Import.Constant.Scalar(-1), (x, y) => x * y);
            case "Sqrt":
                return Elementwise(node, first, Import.Constant.Scalar(0), (x, _) => Math.Sqrt(x));
            case "Reciprocal":
                return Elementwise(node, first, Import.Constant.Scalar(1), (x, y) => y / x);
            case "Add" or "Sub" or "Mul" or "Div" or "Pow":
                Constant second = RequireConstant(node, inputs, 1, "its second input");
                bool whole = first.IsInteger && second.IsInteger;
                return Elementwise(node, first, second, node.Operator switch
                {
                    "Add" => (x, y) => x + y,
                    "Sub" => (x, y) => x - y,
                    "Mul" => (x, y) => x * y,
                    "Pow" => Math.Pow,
                    _ when whole => (x, y) => Math.Truncate(x / y),
                    _ => (x, y) => x / y,
                });
            default:
                throw node.Refuse("has constant inputs only, and is not supported among constants.");
        }
    }

    private static void CheckAxes(Node node, int axes)
    {
        if (axes > TensorReader.MostAxes)
        {
            throw node.Refuse($"makes {axes} axes; up to {TensorReader.MostAxes} are supported.");
        }
    }

    private static Constant Converted(Node node, Constant constant, long type) => type switch
    {
        TensorReader.Float => Rounded(constant, value => (float)value),
        TensorReader.Double => new Constant(constant.Dims, constant.Values, isInteger: false),
        TensorReader.Float16 => Rounded(constant, value => (double)(Half)value),
        TensorReader.Int32 or TensorReader.Int64 => constant.IsInteger
            ? constant
            : new Constant(constant.Dims, Array.ConvertAll(constant.Values, Math.Truncate), isInteger: true),
        _ => throw node.Refuse($"converts a constant to {TensorReader.TypeName((int)Math.Clamp(type, int.MinValue, int.MaxValue))}; that is not supported."),
    };

    private static Constant Rounded(Constant constant, Func<double, double> round) =>
        new(constant.Dims, Array.ConvertAll(constant.Values, value => round(value)), isInteger: false);

    private static long[] Shaped(Node node, Constant constant, double[] sizes)
    {
        long[] dims = [.. sizes.Select((size, i) => size == 0 && i < constant.Dims.Length ? constant.Dims[i] : (long)size)];
        if (dims.Count(size => size == -1) <= 1 && dims.All(size => size is >= -1 and <= int.MaxValue))
        {
            long known = Product(dims.Where(size => size >= 0), "A constant");
            if (dims.Contains(-1) && known > 0 && constant.Values.Length % known == 0)
            {
                return [.. dims.Select(size => size == -1 ? constant.Values.Length / known : size)];
            }

            if (!dims.Contains(-1) && known == constant.Values.Length)
            {
                return dims;
            }
        }

        throw node.Refuse($"makes {Words.Shape(dims)} of a constant of the shape {Words.Shape(constant.Dims)}.");
    }

    private static Constant Gather(Node node, Constant data, Constant indices)
    {
        if (data.Dims.Length != 1 || node.Axis("axis", 0, 1) != 0 || indices.Dims.Length > 1)
        {
            throw node.Refuse("picks from a constant that is no list of sizes; that is not supported.");
        }

        double[] picked = [.. indices.Values.Select(index =>
        {
            double at = index < 0 ? index + data.Values.Length : index;
            return at >= 0 && at < data.Values.Length ? data.Values[(int)at] : throw node.Refuse($"picks element {index} of {data.Values.Length}.");
        })];
        return new Constant(indices.Dims, picked, data.IsInteger);
    }

    private static Constant Slice(Node node, object?[] inputs, Constant data)
    {
        double[] starts = Numbers("starts", 1);
        double[] ends = Numbers("ends", 2);
        double[] axes = Numbers("axes", 3);
        double[] steps = inputs.Length > 4 ? Numbers("steps", 4) : [1];
        if (data.Dims.Length != 1 || starts.Length != 1 || ends.Length != 1 || axes is not ([] or [0] or [-1]) || steps is not [1])
        {
            throw node.Refuse("cuts a constant that is no list of sizes; that is not supported.");
        }

        int count = data.Values.Length;
        int start = Place(starts[0]);
        int end = Math.Max(start, Place(ends[0]));
        return Import.Constant.Vector(data.Values[start..end], data.IsInteger);

        int Place(double place) => (int)Math.Clamp(place < 0 ? place + count : place, 0, count);

        double[] Numbers(string name, int place) => inputs.Length > place && inputs[place] is not null
            ? RequireConstant(node, inputs, place, name).Values
            : [.. node.Ints(name).Select(value => (double)value)];
    }

    private static Constant Joined(Node node, object?[] inputs)
    {
        Constant[] parts = [.. Enumerable.Range(0, inputs.Length).Select(i => RequireConstant(node, inputs, i, "its parts"))];
        // A list put beside itself again and again would double each time; lists of sizes are short.
        return parts.All(part => part.Dims.Length == 1) && parts.Sum(part => (long)part.Values.Length) <= TensorReader.MostAxes
            ? Import.Constant.Vector([.. parts.SelectMany(part => part.Values)], parts.All(part => part.IsInteger))
            : throw node.Refuse("puts constants together that are no short lists of sizes; that is not supported.");
    }

    /// <summary>Of two constants, one of which has the shape of the result: more would make a large tensor of two small ones.</summary>
    private static Constant Elementwise(Node node, Constant left, Constant right, Func<double, double, double> operation)
    {
        bool isInteger = left.IsInteger && right.IsInteger;
        if (left.Dims.AsSpan().SequenceEqual(right.Dims) || right.Values.Length == 1)
        {
            double[] values = new double[left.Values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = operation(left.Values[i], right.Values[right.Values.Length == 1 ? 0 : i]);
            }

            return new Constant(left.Dims.Length >= right.Dims.Length ? left.Dims : right.Dims, values, isInteger);
        }

        return left.Values.Length == 1
            ? Elementwise(node, right, left, (x, y) => operation(y, x))
            : throw node.Refuse($"combines constants of the shapes {Words.Shape(left.Dims)} and {Words.Shape(right.Dims)}; one shape, or one number, was expected.");
    }
}
