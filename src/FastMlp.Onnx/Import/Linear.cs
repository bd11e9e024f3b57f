namespace FastMlp.Onnx.Import;

/// <summary>Operators that multiply by a matrix, and those that are affine in each feature by definition.</summary>
internal static class Linear
{
    public static Value Gemm(Call call)
    {
        bool transA = call.Node.Int("transA", 0) != 0;
        bool transB = call.Node.Int("transB", 0) != 0;
        Signal product = Product(call, Oriented(call, 0, transA), Oriented(call, 1, transB)).Times(call.Node.Float("alpha", 1));
        if (call.At(2) is null)
        {
            return product;
        }

        double beta = call.Node.Float("beta", 1);
        return Arithmetic.Sum(call, product, call.At(2) switch
        {
            Signal bias => bias.Times(beta),
            Constant bias when beta == 1 => bias,
            Constant bias => bias with { Values = Array.ConvertAll(bias.Values, value => beta * value) },
            _ => throw call.Refuse("has a bias that is no number."),
        });
    }

    public static Value MatMul(Call call)
    {
        _ = call.Pair();
        return Product(call, Oriented(call, 0, false), Oriented(call, 1, false));
    }

    /// <summary>scale (x - mean) / sqrt(variance + epsilon) + shift, with one set of constants for each channel: the first axis after the rows.</summary>
    public static Value BatchNormalization(Call call)
    {
        Signal signal = call.Signal();
        Node node = call.Node;
        // Version 9 has no mode of its own: five outputs, of which the last are the batch's own averages, are training.
        bool trains = node.Int("training_mode", 0) != 0 || (node.Version < 7 && node.Int("is_test", 0) == 0)
            || (node.Version is >= 7 and < 14 && node.Outputs.Count > 1);
        if (trains)
        {
            throw call.Refuse($"is in training mode{(node.Outputs.Count > 1 ? $" ({node.Outputs.Count} outputs)" : "")}, where it depends on the other rows; export the model for inference.");
        }

        if (node.Version < 9 && node.Int("spatial", 1) == 0 && signal.Rank > 2)
        {
            throw call.Refuse("normalizes each place alone (spatial = 0); one set of constants for each channel is supported.");
        }

        double epsilon = node.Float("epsilon", 1e-5f);
        Constant[] constants = [.. Enumerable.Range(1, 4).Select(place => call.Constant(place, "its scale, bias, mean and variance"))];
        int channels = constants[0].Values.Length;
        if (constants.Any(constant => constant.Values.Length != channels) || channels == 0)
        {
            throw call.Refuse($"has constants of {string.Join(", ", constants.Select(constant => constant.Values.Length))} values; as many of each were expected.");
        }

        // Axis 1 are the channels, axis 0 the rows; a tensor of one axis has one channel.
        if (signal.BatchDims.Length != 1 || signal.FeatureDims.Length == 0 || signal.IsTransposed)
        {
            throw call.Refuse($"takes its channels from axis 1 of {Words.Shape(signal.Dims)}, which does not hold features here.");
        }

        if (signal.Width < 0)
        {
            throw signal.FeatureDims.Length == 1 ? WidthWantedException.For(signal, channels) : call.Refuse("comes before the number of features is known.");
        }

        if (signal.FeatureDims[0] != channels)
        {
            throw call.Refuse($"has {channels} channels, but its input is {Words.Shape(signal.Dims)}.");
        }

        call.Budget.Consider(call.Name, 1, signal.Width);
        double[] factor = new double[signal.Width];
        double[] addend = new double[signal.Width];
        int places = signal.Width / channels;
        for (int i = 0; i < factor.Length; i++)
        {
            int channel = i / places;
            factor[i] = constants[0].Values[channel] / Math.Sqrt(constants[3].Values[channel] + epsilon);
            addend[i] = constants[1].Values[channel] - (constants[2].Values[channel] * factor[i]);
        }

        return signal.Affine(factor, addend);
    }

    public static Value LayerNormalization(Call call)
    {
        Signal signal = call.Signal();
        int axis = call.Node.Axis("axis", -1, signal.Rank);
        bool fits = !signal.IsTransposed && signal.Width > 0
            && Enumerable.Range(0, signal.Rank).All(i => signal.Dims[i] == 1 || (i >= axis) == (i >= signal.FeatureAxis));
        if (!fits)
        {
            throw call.Refuse(signal.Width < 0
                ? "comes before the number of features is known."
                : $"runs over the axes from {axis} on of {Words.Shape(signal.Dims)}; the features of a row, all of them, were expected.");
        }

        float epsilon = (float)call.Node.Float("epsilon", 1e-5f);
        if (!(epsilon > 0) || !float.IsFinite(epsilon))
        {
            throw call.Refuse($"has the epsilon {epsilon}; a finite number above 0 was expected.");
        }

        Signal normalized = signal.On(new NormExpression(signal, epsilon, call.Name));
        (double[] scale, normalized) = Axes.Broadcast(call, call.Constant(1, "its scale"), normalized);
        normalized = normalized.Times(scale);
        if (call.Optional(2, "its bias") is { } bias)
        {
            (double[] shift, normalized) = Axes.Broadcast(call, bias, normalized);
            normalized = normalized.Plus(shift);
        }

        return normalized;
    }

    /// <summary>signal B, with B [k, n].</summary>
    public static Signal Dense(Call call, Signal signal, Constant weight)
    {
        // Axes of one row before the features count rows.
        while (signal.FeatureDims.Length > 1 && signal.FeatureDims[0] == 1)
        {
            signal = signal with { BatchDims = [.. signal.BatchDims, 1], FeatureDims = signal.FeatureDims[1..] };
        }

        (int k, int n) = ((int)weight.Dims[0], (int)weight.Dims[1]);
        if (k == 0 || n == 0)
        {
            throw call.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}; every size must be at least 1.");
        }

        if (signal.FeatureDims.Length != 1)
        {
            throw call.Refuse($"runs over the last axis of {Words.Shape(signal.Dims)} only; a Flatten before it, or features in the last axis, was expected.");
        }

        if (signal.Width < 0)
        {
            throw WidthWantedException.For(signal, k);
        }

        if (k != signal.Width)
        {
            throw call.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}, for {k} inputs, but {signal.Width} come in.");
        }

        // A weight that many nodes share would make many layers of one.
        call.Budget.Consider(call.Name, n, k);
        return signal.Along(new LinearExpression(n, call.Name, [new Term(signal, Matrix.Transposed(weight.Values, k, n), 0, n)], isMade: false));
    }

    /// <summary>A factor as it is multiplied, after the node's own transposition.</summary>
    private static Value Oriented(Call call, int place, bool transposed)
    {
        switch (call.At(place))
        {
            case Signal signal:
                return !transposed ? signal
                    : signal is { BatchDims.Length: 1, FeatureDims.Length: 1 } ? signal with { IsTransposed = !signal.IsTransposed }
                    : throw call.Refuse($"transposes {Words.Shape(signal.Dims)}; a matrix was expected.");
            case Constant constant:
                while (constant.Dims.Length > 2 && constant.Dims[0] == 1)
                {
                    constant = constant with { Dims = constant.Dims[1..] };
                }

                return constant.Dims.Length != 2 ? throw call.Refuse($"has a weight of the shape {Words.Shape(constant.Dims)}; a matrix was expected.")
                    : !transposed ? constant
                    : new Constant([constant.Dims[1], constant.Dims[0]], Matrix.Transposed(constant.Values, (int)constant.Dims[0], (int)constant.Dims[1]), constant.Type);
            case Texts:
                throw call.Refuse($"multiplies by {Words.Quote(call.Node.Inputs[place])}, which holds texts (string); numbers were expected.");
            default:
                throw call.Refuse($"lacks its input {place}.");
        }
    }

    private static Signal Product(Call call, Value left, Value right) => (left, right) switch
    {
        (Signal { IsTransposed: false } signal, Constant weight) => Dense(call, signal, weight),
        (Signal signal, Constant) => throw call.Refuse($"multiplies {Words.Shape(signal.Dims)}, whose samples stand in columns, from the right; features in rows were expected."),
        // W x, samples in columns, is x W^T on its side.
        (Constant weight, Signal { IsTransposed: true } signal) =>
            Dense(call, signal with { IsTransposed = false }, new Constant([weight.Dims[1], weight.Dims[0]], Matrix.Transposed(weight.Values, (int)weight.Dims[0], (int)weight.Dims[1]), weight.Type)) with { IsTransposed = true },
        (Constant, Signal signal) => throw call.Refuse($"multiplies a constant by {Words.Shape(signal.Dims)}, whose samples stand in rows; features in columns, or the constant as the second factor, were expected."),
        _ => throw call.Refuse("multiplies two tensors that both depend on the input, as attention does; a dense layer multiplies by a constant weight."),
    };
}
