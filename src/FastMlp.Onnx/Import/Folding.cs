namespace FastMlp.Onnx.Import;

/// <summary>Operators whose inputs are all constant: arithmetic on sizes, and weights that were left to be transposed, joined or converted.</summary>
internal static class Folding
{
    /// <summary>Of two tensors, by ONNX's broadcasting: axes are aligned at their ends, and a size of 1 fits any.</summary>
    public static Func<Call, Value> Pairs(Func<double, double, double> operation, int? type = null) => call =>
    {
        Constant result = call.Constant(0, "its first input");
        for (int i = 1; i < call.Inputs.Length; i++)
        {
            result = Broadcast(call, result, call.Constant(i, "its inputs"), operation, type);
        }

        return result;
    };

    public static Func<Call, Value> Each(Func<double, double> operation, int? type = null) => call =>
    {
        Constant input = call.Constant(0, "its input");
        Count(call, input.Values.Length);
        return new Constant(input.Dims, Array.ConvertAll(input.Values, value => operation(value)), type ?? input.Type);
    };

    public static Value First(Call call) => call.At(0) ?? throw call.Refuse("lacks an input.");

    public static Value Divide(Call call)
    {
        bool whole = call.Constant(0, "its first input").IsInteger && call.Constant(1, "its second input").IsInteger;
        return Pairs(whole ? (x, y) => Math.Truncate(x / y) : (x, y) => x / y)(call);
    }

    public static Value Clip(Call call)
    {
        double low = call.Number(1, "its bounds") ?? call.Node.Float("min", double.NegativeInfinity);
        double high = call.Number(2, "its bounds") ?? call.Node.Float("max", double.PositiveInfinity);
        return Each(value => Math.Min(Math.Max(value, low), high))(call);
    }

    public static Value Constant(Call call)
    {
        Node node = call.Node;
        return node.Tensor("value") is { } tensor ? call.Context.Tensors.ReadAny(tensor, $"The tensor of {node}")
            : node.Has("value_float") ? Import.Constant.Scalar(node.Float("value_float", 0))
            : node.Has("value_int") ? new Constant([], [node.Int("value_int", 0)], ElementType.Int64)
            : node.Has("value_floats") ? new Constant([node.Floats("value_floats").Count], [.. node.Floats("value_floats").Select(value => (double)value)], ElementType.Float)
            : node.Has("value_ints") ? Import.Constant.Integers([.. node.Ints("value_ints").Select(value => (double)value)])
            : node.Has("value_strings") ? new Texts([.. node.Texts("value_strings")])
            : throw node.Refuse("has no value that can be read; value, value_float, value_int or a list of them was expected.");
    }

    public static Value Cast(Call call)
    {
        Constant constant = call.Constant(0, "its input");
        int type = (int)Math.Clamp(call.Node.Int("to", 0), 0, int.MaxValue);
        Func<double, double> round = type switch
        {
            ElementType.Float => value => (float)value,
            ElementType.Double => value => value,
            ElementType.Float16 => value => (double)(Half)value,
            ElementType.BFloat16 => value => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)value) & 0xFFFF0000),
            ElementType.Bool => value => value == 0 ? 0 : 1,
            ElementType.Int32 or ElementType.Int64 => Math.Truncate,
            _ => throw call.Refuse($"converts a constant to {ElementType.Name(type)}; that is not supported."),
        };
        return Each(round, type)(call);
    }

    public static Value Shape(Call call) => call.At(0) switch
    {
        Constant constant => Axes.ShapeOf(call, constant.Dims),
        Texts texts => Axes.ShapeOf(call, [texts.Values.Length]),
        _ => throw call.Refuse("lacks an input."),
    };

    public static Value Size(Call call) => new Constant([], [call.Constant(0, "its input").Values.Length], ElementType.Int64);

    public static Value Transpose(Call call)
    {
        Constant input = call.Constant(0, "its input");
        int rank = input.Dims.Length;
        IList<long> order = call.Node.Ints("perm");
        int[] perm = order.Count == 0 ? [.. Enumerable.Range(0, rank).Reverse()] : [.. order.Select(axis => (int)axis)];
        if (perm.Length != rank || !perm.Order().SequenceEqual(Enumerable.Range(0, rank)))
        {
            throw call.Refuse($"has the permutation {Words.Shape([.. order])} for {rank} axes.");
        }

        if (perm is [1, 0])
        {
            Count(call, input.Values.Length);
            return new Constant([input.Dims[1], input.Dims[0]], Matrix.Transposed(input.Values, (int)input.Dims[0], (int)input.Dims[1]), input.Type);
        }

        long[] dims = [.. perm.Select(axis => input.Dims[axis])];
        long[] steps = Steps(input.Dims);
        return Filled(call, dims, input.Type, place => input.Values[perm.Select((axis, i) => place[i] * steps[axis]).Sum()]);
    }

    public static Value Reshape(Call call)
    {
        long[] sizes = call.Integers("shape", 1, "its shape") ?? throw call.Refuse("has no shape.");
        if (call.At(0) is Texts texts)
        {
            return texts;
        }

        Constant input = call.Constant(0, "its input");
        Axes.CheckCount(call, sizes.Length);
        bool zeroCopies = call.Node.Int("allowzero", 0) == 0;
        long[] dims = [.. sizes.Select((size, i) => size == 0 && zeroCopies && i < input.Dims.Length ? input.Dims[i] : size)];
        if (dims.Count(size => size == -1) <= 1 && dims.All(size => size is >= -1 and <= int.MaxValue))
        {
            long known = Call.Product(dims.Where(size => size >= 0), "A constant");
            if (dims.Contains(-1) ? known > 0 && input.Values.Length % known == 0 : known == input.Values.Length)
            {
                return input with { Dims = [.. dims.Select(size => size == -1 ? input.Values.Length / known : size)] };
            }
        }

        throw call.Refuse($"makes {Words.Shape(dims)} of a constant of the shape {Words.Shape(input.Dims)}.");
    }

    public static Value Flatten(Call call)
    {
        Constant input = call.Constant(0, "its input");
        int axis = call.Node.Axis("axis", 1, input.Dims.Length, mayBeEnd: true);
        return input with { Dims = [Call.Product(input.Dims[..axis], "A constant"), Call.Product(input.Dims[axis..], "A constant")] };
    }

    public static Value Squeeze(Call call)
    {
        Constant input = call.Constant(0, "its input");
        int[] gone = Axes.Of(call, input.Dims.Length) ?? [.. Enumerable.Range(0, input.Dims.Length).Where(i => input.Dims[i] == 1)];
        return gone.All(axis => input.Dims[axis] == 1)
            ? input with { Dims = [.. input.Dims.Where((_, i) => !gone.Contains(i))] }
            : throw call.Refuse($"takes an axis out of {Words.Shape(input.Dims)} that has not the size 1.");
    }

    public static Value Unsqueeze(Call call)
    {
        Constant input = call.Constant(0, "its input");
        return input with { Dims = Axes.Widened(call, input.Dims, out _) };
    }

    public static Value Gather(Call call)
    {
        Constant indices = call.Constant(1, "its indices");
        if (call.At(0) is Texts texts)
        {
            return new Texts([.. indices.Values.Select(index => texts.Values[Index(call, index, texts.Values.Length)])]);
        }

        Constant data = call.Constant(0, "its data");
        int axis = call.Node.Axis("axis", 0, data.Dims.Length);
        int[] picked = [.. indices.Values.Select(index => Index(call, index, data.Dims[axis]))];
        long[] steps = Steps(data.Dims);
        long[] dims = [.. data.Dims[..axis], .. indices.Dims, .. data.Dims[(axis + 1)..]];
        Axes.CheckCount(call, dims.Length);
        long[] indexSteps = Steps(indices.Dims);
        return Filled(call, dims, data.Type, place =>
        {
            long at = 0;
            for (int i = 0; i < axis; i++)
            {
                at += place[i] * steps[i];
            }

            long index = 0;
            for (int i = 0; i < indices.Dims.Length; i++)
            {
                index += place[axis + i] * indexSteps[i];
            }

            at += picked[index] * steps[axis];
            for (int i = axis + 1; i < data.Dims.Length; i++)
            {
                at += place[i + indices.Dims.Length - 1] * steps[i];
            }

            return data.Values[at];
        });
    }

    public static Value Slice(Call call)
    {
        Constant data = call.Constant(0, "its data");
        long[] dims = [.. data.Dims];
        long[] starts = new long[dims.Length];
        long[] strides = [.. dims.Select(_ => 1L)];
        foreach ((int axis, int[] indices) in Axes.Slices(call, data.Dims))
        {
            dims[axis] = indices.Length;
            starts[axis] = indices.Length > 0 ? indices[0] : 0;
            strides[axis] = indices.Length > 1 ? indices[1] - indices[0] : 1;
        }

        long[] steps = Steps(data.Dims);
        return Filled(call, dims, data.Type, place => data.Values[place.Select((at, i) => (starts[i] + (at * strides[i])) * steps[i]).Sum()]);
    }

    public static Value Concat(Call call)
    {
        if (call.Inputs.All(input => input is Texts))
        {
            return new Texts([.. call.Inputs.Cast<Texts>().SelectMany(texts => texts.Values)]);
        }

        Constant[] parts = [.. Enumerable.Range(0, call.Inputs.Length).Select(i => call.Constant(i, "its parts"))];
        int rank = parts.Length > 0 ? parts[0].Dims.Length : throw call.Refuse("has no inputs.");
        int axis = call.Node.Axis("axis", 1, rank);
        if (parts.Any(part => part.Dims.Length != rank || part.Dims.Where((size, i) => i != axis && size != parts[0].Dims[i]).Any()))
        {
            throw call.Refuse($"joins constants of the shapes {string.Join(", ", parts.Take(4).Select(part => Words.Shape(part.Dims)))}, which differ beside axis {axis}.");
        }

        long[] dims = [.. parts[0].Dims];
        dims[axis] = parts.Sum(part => part.Dims[axis]);
        long count = Call.Product(dims, "A constant");
        Count(call, count);
        int inner = (int)Call.Product(dims[(axis + 1)..], "A constant");
        int outer = (int)Call.Product(dims[..axis], "A constant");
        double[] values = new double[count];
        int at = 0;
        for (int i = 0; i < outer; i++)
        {
            foreach (Constant part in parts)
            {
                int run = (int)part.Dims[axis] * inner;
                part.Values.AsSpan(i * run, run).CopyTo(values.AsSpan(at));
                at += run;
            }
        }

        return new Constant(dims, values, parts[0].Type);
    }

    public static Value[] Split(Call call)
    {
        Constant data = call.Constant(0, "its data");
        return [.. Axes.Splits(call, data.Dims, out int axis).Select(part =>
        {
            long[] dims = [.. data.Dims];
            dims[axis] = part.Count;
            long[] steps = Steps(data.Dims);
            return Filled(call, dims, data.Type, place => data.Values[place.Select((at, i) => (at + (i == axis ? part.Start : 0)) * steps[i]).Sum()]);
        })];
    }

    public static Value Expand(Call call)
    {
        // The batch, of which nothing is known, is left to broadcasting.
        double[] sizes = [.. call.Constant(1, "its shape").Values.Select(size => double.IsNaN(size) ? 1 : size)];
        Constant ones = new([.. sizes.Select(size => (long)size)], [], ElementType.Float);
        return Broadcast(call, call.Constant(0, "its input"), ones, (value, _) => value, null);
    }

    public static Value ConstantOfShape(Call call)
    {
        long[] dims = [.. call.Constant(0, "its shape").Values.Select(size => double.IsNaN(size) ? 1 : (long)size)];
        Constant value = call.Node.Tensor("value") is { } tensor ? call.Context.Tensors.Read(tensor, $"The tensor of {call.Node}") : Import.Constant.Scalar(0);
        return value.IsOne(out double number)
            ? Filled(call, dims, value.Type, _ => number)
            : throw call.Refuse("has a value that is not one number.");
    }

    public static Value Range(Call call)
    {
        double[] bounds = [.. Enumerable.Range(0, 3).Select(i => call.Constant(i, "its start, limit and delta") is { Values: [double one] } ? one : throw call.Refuse("has a bound that is not one number."))];
        double count = Math.Max(0, Math.Ceiling((bounds[1] - bounds[0]) / bounds[2]));
        return count <= int.MaxValue
            ? Filled(call, [(long)count], call.Constant(0, "its start").Type, place => bounds[0] + (place[0] * bounds[2]))
            : throw call.Refuse("counts numbers without end.");
    }

    public static Value Where(Call call)
    {
        Constant condition = call.Constant(0, "its condition");
        Constant yes = Broadcast(call, condition, call.Constant(1, "its values"), (is1, value) => is1 != 0 ? value : double.NaN, ElementType.Double);
        Constant no = Broadcast(call, condition, call.Constant(2, "its values"), (is1, value) => is1 == 0 ? value : double.NaN, ElementType.Double);
        return Broadcast(call, yes, no, (a, b) => double.IsNaN(a) ? b : a, call.Constant(1, "its values").Type);
    }

    /// <summary>Sum, mean, product, least or largest of some axes.</summary>
    public static Func<Call, Value> Reduce(Func<double, double, double> operation, double start, bool divides = false) => call =>
    {
        Constant input = call.Constant(0, "its input");
        int[] axes = Axes.Of(call, input.Dims.Length) ?? [.. Enumerable.Range(0, input.Dims.Length)];
        bool keeps = call.Node.Int("keepdims", 1) != 0;
        long[] kept = [.. input.Dims.Select((size, i) => axes.Contains(i) ? 1 : size)];
        long[] steps = Steps(kept);
        double[] result = new double[Call.Product(kept, "A constant")];
        Array.Fill(result, start);
        long[] place = new long[input.Dims.Length];
        foreach (double value in input.Values)
        {
            long at = 0;
            for (int i = 0; i < place.Length; i++)
            {
                at += kept[i] == 1 ? 0 : place[i] * steps[i];
            }

            result[at] = operation(result[at], value);
            Advance(place, input.Dims);
        }

        double count = (double)input.Values.Length / Math.Max(1, result.Length);
        return new Constant(
            keeps ? kept : [.. input.Dims.Where((_, i) => !axes.Contains(i))],
            divides ? [.. result.Select(value => value / count)] : result,
            input.Type);
    };

    /// <summary>A product of two matrices, as where a weight is stored in two factors.</summary>
    public static Value MatMul(Call call)
    {
        Constant left = call.Constant(0, "its first factor");
        Constant right = call.Constant(1, "its second factor");
        if (left.Dims.Length != 2 || right.Dims.Length != 2 || left.Dims[1] != right.Dims[0])
        {
            throw call.Refuse($"multiplies constants of the shapes {Words.Shape(left.Dims)} and {Words.Shape(right.Dims)}; two matrices that fit were expected.");
        }

        (int rows, int middle, int columns) = ((int)left.Dims[0], (int)left.Dims[1], (int)right.Dims[1]);
        Count(call, (long)rows * columns);
        return call.Budget.Affords(rows, middle, columns)
            ? new Constant([rows, columns], Matrix.Product(left.Values, rows, middle, right.Values, columns), left.Type)
            : throw call.Refuse("multiplies constants that are too large for that; multiply them before the export.");
    }

    /// <summary>(x - zero) scale, with one of each for all or for each place along an axis.</summary>
    public static Value Dequantize(Call call)
    {
        Constant input = call.Constant(0, "its input");
        Constant scale = call.Constant(1, "its scale");
        Constant? zero = call.Optional(2, "its zero point");
        if (zero is not null && zero.Values.Length != scale.Values.Length)
        {
            throw call.Refuse($"has {scale.Values.Length} scales and {zero.Values.Length} zero points; as many of each were expected.");
        }

        if (call.Node.Int("block_size", 0) != 0)
        {
            throw call.Refuse("has scales for blocks (block_size); one scale for all or for each place along an axis is supported.");
        }

        if (scale.Values.Length == 1)
        {
            double shift = zero?.Values[0] ?? 0;
            return Each(value => (value - shift) * scale.Values[0], ElementType.Float)(call);
        }

        int axis = call.Node.Axis("axis", 1, input.Dims.Length);
        if (input.Dims[axis] != scale.Values.Length)
        {
            throw call.Refuse($"has {scale.Values.Length} scales for the axis {axis} of {Words.Shape(input.Dims)}.");
        }

        long step = Call.Product(input.Dims[(axis + 1)..], "A constant");
        Count(call, input.Values.Length);
        double[] values = new double[input.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int place = (int)(i / step % input.Dims[axis]);
            values[i] = (input.Values[i] - (zero?.Values[place] ?? 0)) * scale.Values[place];
        }

        return new Constant(input.Dims, values, ElementType.Float);
    }

    public static int Index(Call call, double index, long size)
    {
        double at = index < 0 ? index + size : index;
        return at >= 0 && at < size ? (int)at : throw call.Refuse($"picks element {index} of {size}.");
    }

    private static void Count(Call call, long elements) => call.Budget.Consider(call.Name, 1, elements);

    private static long[] Steps(long[] dims)
    {
        long[] steps = new long[dims.Length];
        long step = 1;
        for (int i = dims.Length - 1; i >= 0; i--)
        {
            steps[i] = step;
            step *= dims[i];
        }

        return steps;
    }

    private static void Advance(long[] place, long[] dims)
    {
        for (int i = place.Length - 1; i >= 0 && ++place[i] == dims[i]; i--)
        {
            place[i] = 0;
        }
    }

    private static Constant Filled(Call call, long[] dims, int type, Func<long[], double> value)
    {
        if (dims.Any(size => size < 0))
        {
            throw call.Refuse($"makes a constant of the shape {Words.Shape(dims)}; a size below 0 cannot be.");
        }

        long count = Call.Product(dims, "A constant");
        Count(call, count);
        double[] values = new double[count];
        long[] place = new long[dims.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(place);
            Advance(place, dims);
        }

        return new Constant(dims, values, type);
    }

    private static Constant Broadcast(Call call, Constant left, Constant right, Func<double, double, double> operation, int? type)
    {
        int rank = Math.Max(left.Dims.Length, right.Dims.Length);
        long[] leftDims = [.. Enumerable.Repeat(1L, rank - left.Dims.Length), .. left.Dims];
        long[] rightDims = [.. Enumerable.Repeat(1L, rank - right.Dims.Length), .. right.Dims];
        long[] dims = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            dims[i] = leftDims[i] == rightDims[i] || rightDims[i] == 1 ? leftDims[i] : leftDims[i] == 1 ? rightDims[i]
                : throw call.Refuse($"combines constants of the shapes {Words.Shape(left.Dims)} and {Words.Shape(right.Dims)}, which do not fit.");
        }

        long[] leftSteps = Steps(leftDims);
        long[] rightSteps = Steps(rightDims);
        return Filled(call, dims, type ?? left.Type, place =>
        {
            long a = 0;
            long b = 0;
            for (int i = 0; i < place.Length; i++)
            {
                a += leftDims[i] == 1 ? 0 : place[i] * leftSteps[i];
                b += rightDims[i] == 1 ? 0 : place[i] * rightSteps[i];
            }

            return operation(left.Values[a], right.Values.Length == 0 ? 0 : right.Values[b]);
        });
    }
}

/// <summary>The little of matrices that an import needs, row-major, in double precision.</summary>
internal static class Matrix
{
    public static double[] Product(double[] left, int rows, int middle, double[] right, int columns)
    {
        double[] product = new double[(long)rows * columns];
        for (int row = 0; row < rows; row++)
        {
            Span<double> to = product.AsSpan(row * columns, columns);
            for (int j = 0; j < middle; j++)
            {
                double factor = left[(row * middle) + j];
                if (factor == 0)
                {
                    continue;
                }

                ReadOnlySpan<double> from = right.AsSpan(j * columns, columns);
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] += factor * from[i];
                }
            }
        }

        return product;
    }

    public static double[] Transposed(double[] values, int rows, int columns)
    {
        double[] transposed = new double[values.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                transposed[(j * rows) + i] = values[(i * columns) + j];
            }
        }

        return transposed;
    }
}
