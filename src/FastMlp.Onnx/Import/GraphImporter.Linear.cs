namespace FastMlp.Onnx.Import;

/// <summary>Operators that multiply by a matrix, and those that are affine in each feature by definition.</summary>
internal sealed partial class GraphImporter
{
    // Up to here a matrix of the importer's own making is multiplied into the next weight, about a second of work;
    // beyond it, it stays a layer of its own.
    private const double MostMixProducts = 1 << 28;

    private Signal Gemm(Node node, object?[] inputs)
    {
        if (inputs.Length < 2 || inputs[0] is not Signal signal)
        {
            throw node.Refuse("does not take the features as its first factor, A; that was expected.");
        }

        if ((node.Int("transA", 0) != 0) != signal.IsTransposed)
        {
            throw node.Refuse("takes its samples by columns; rows were expected (transA = 0, or a Transpose before it).");
        }

        Constant weight = RequireConstant(node, inputs, 1, "its weight B");
        if (signal.IsTransposed)
        {
            signal = signal.WithAxes(signal.BatchDims, signal.FeatureDims);
        }

        Signal product = Dense(node, signal, weight, node.Int("transB", 0) != 0).Times(node.Float("alpha", 1));
        if (inputs.Length < 3 || inputs[2] is null)
        {
            return product;
        }

        Constant bias = RequireConstant(node, inputs, 2, "its bias C");
        double beta = node.Float("beta", 1);
        (double[] vector, product) = Broadcast(node, bias, product);
        return product.Plus([.. vector.Select(value => beta * value)]);
    }

    private Signal MatMul(Node node, object?[] inputs)
    {
        if (inputs.Length < 2 || inputs[0] is not Signal signal)
        {
            throw node.Refuse("multiplies a constant by the features; features in rows by a constant were expected.");
        }

        if (inputs[1] is Signal)
        {
            throw node.Refuse("multiplies two tensors that both depend on the input; a dense layer multiplies by a constant weight.");
        }

        Constant weight = RequireConstant(node, inputs, 1, "its weight");
        return signal.IsTransposed
            ? throw node.Refuse("takes its samples by columns; rows were expected.")
            : Dense(node, signal, weight, transposed: false);
    }

    /// <summary>signal B, with B [k, n], or [n, k] where it is transposed.</summary>
    private Signal Dense(Node node, Signal signal, Constant weight, bool transposed)
    {
        if (weight.Dims.Length != 2)
        {
            throw node.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}; a matrix was expected.");
        }

        (long k, long n) = transposed ? (weight.Dims[1], weight.Dims[0]) : (weight.Dims[0], weight.Dims[1]);
        if (k == 0 || n == 0)
        {
            throw node.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}; every size must be at least 1.");
        }

        if (signal.FeatureDims.Length != 1)
        {
            throw node.Refuse($"runs over the last axis of {Words.Shape(signal.Dims)} only; a Flatten before it, or features in the last axis, was expected.");
        }

        if (signal.Width < 0)
        {
            throw new WidthWantedException(k);
        }

        if (k != signal.Width)
        {
            throw node.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}, for {k} inputs, but {signal.Width} come in.");
        }

        // A weight that many nodes share would make many layers of one.
        budget.Consider(node.ToString(), n, k);
        return Product(node, signal, transposed ? weight.Values : Transposed(weight.Values, (int)k, (int)n), (int)n);
    }

    /// <summary>W signal, W [width, signal's width], with the scale and shift of the signal and a mix before it folded in.</summary>
    private static Signal Product(Node node, Signal signal, double[] weight, int width, bool isMix = false)
    {
        double[] shift = [0];
        bool shifted = false;
        // The scaling of the input may be kept apart, so it is folded last of all; a product before this one stays a layer.
        if (signal.Stage is ActivationStage or PartStage || (signal.Stage is DenseStage { IsMix: true } before && (double)width * signal.Width * before.Input.Width <= MostMixProducts))
        {
            (weight, shift) = NetworkAssembler.Folded(signal, weight, width);
            shifted = shift.AsSpan().ContainsAnyExcept(0);
            signal = signal.Changed([1], [0], shifted: false);
            if (signal.Stage is DenseStage mix)
            {
                weight = Multiply(weight, width, mix);
                signal = mix.Input;
            }
        }

        return new Signal
        {
            Stage = new DenseStage(signal, weight, width, node.ToString(), isMix),
            BatchDims = signal.BatchDims,
            FeatureDims = [width],
            Shift = shift,
            IsShifted = shifted,
        };
    }

    private static double[] Multiply(double[] weight, int width, DenseStage mix)
    {
        int middle = mix.Width;
        int inputs = mix.Input.Width;
        double[] product = new double[(long)width * inputs];
        for (int row = 0; row < width; row++)
        {
            Span<double> to = product.AsSpan(row * inputs, inputs);
            for (int j = 0; j < middle; j++)
            {
                double factor = weight[(row * middle) + j];
                ReadOnlySpan<double> from = mix.Weight.AsSpan(j * inputs, inputs);
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] += factor * from[i];
                }
            }
        }

        return product;
    }

    private static double[] Transposed(double[] values, int rows, int columns)
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

    /// <summary>scale (x - mean) / sqrt(variance + epsilon) + shift, with one set of constants for each channel: the first axis after the rows.</summary>
    private Signal BatchNormalization(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        if (node.Int("training_mode", 0) != 0 || (node.Version < 7 && node.Int("is_test", 0) == 0))
        {
            throw node.Refuse("is in training mode, where it depends on the other rows; export the model for inference.");
        }

        if (node.Version < 9 && node.Int("spatial", 1) == 0 && signal.Rank > 2)
        {
            throw node.Refuse("normalizes each place alone (spatial = 0); one set of constants for each channel is supported.");
        }

        double epsilon = node.Float("epsilon", 1e-5f);
        Constant[] constants = [.. Enumerable.Range(1, 4).Select(place => RequireConstant(node, inputs, place, "its scale, bias, mean and variance"))];
        int channels = constants[0].Values.Length;
        if (constants.Any(constant => constant.Values.Length != channels) || channels == 0)
        {
            throw node.Refuse($"has constants of {string.Join(", ", constants.Select(constant => constant.Values.Length))} values; as many of each were expected.");
        }

        // Axis 1 are the channels, axis 0 the rows; a tensor of one axis has one channel.
        if (signal.BatchDims.Length != 1 || signal.FeatureDims.Length == 0 || signal.IsTransposed)
        {
            throw node.Refuse($"takes its channels from axis 1 of {Words.Shape(signal.Dims)}, which does not hold features here.");
        }

        if (signal.Width < 0)
        {
            throw signal.FeatureDims.Length == 1 ? new WidthWantedException(channels) : node.Refuse("comes before the number of features is known.");
        }

        if (signal.FeatureDims[0] != channels)
        {
            throw node.Refuse($"has {channels} channels, but its input is {Words.Shape(signal.Dims)}.");
        }

        budget.Consider(node.ToString(), 1, signal.Width);
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

    /// <summary>(x - offset) scale, of ai.onnx.ml.</summary>
    private static Signal Scaler(Node node, Signal signal)
    {
        double[] offset = PerFeature(node, "offset", node.Floats("offset"), 0);
        double[] scale = PerFeature(node, "scale", node.Floats("scale"), 1);
        return signal.Plus([.. offset.Select(value => -value)]).Times(scale);

        double[] PerFeature(Node scaler, string name, IList<float> given, double otherwise)
        {
            if (given.Count > 1 && signal.Width < 0 && signal.FeatureDims.Length == 1)
            {
                throw new WidthWantedException(given.Count);
            }

            return given.Count == 0 ? [otherwise]
                : given.Count == 1 || given.Count == signal.Width ? [.. given.Select(value => (double)value)]
                : throw scaler.Refuse($"has {given.Count} values in {name} for {signal.Width} features.");
        }
    }

    private Signal LinearModel(Node node, Signal signal)
    {
        bool classifies = node.Operator == "LinearClassifier";
        IList<float> coefficients = node.Floats("coefficients");
        IList<float> intercepts = node.Floats("intercepts");
        long outputs = classifies
            ? Math.Max(node.Ints("classlabels_ints").Count, node.Texts("classlabels_strings").Count)
            : node.Int("targets", 1);
        if (outputs < 1 || coefficients.Count == 0 || coefficients.Count % outputs != 0 || (intercepts.Count != 0 && intercepts.Count != outputs))
        {
            throw node.Refuse($"has {coefficients.Count} coefficients and {intercepts.Count} intercepts for {outputs} outputs; a row of coefficients and an intercept for each were expected.");
        }

        if (classifies)
        {
            SetClassNames(node, "classlabels_strings", "classlabels_ints");
        }

        tensors.Found(coefficients.Count);
        Constant weight = new([outputs, coefficients.Count / outputs], [.. coefficients.Select(value => (double)value)], isInteger: false);
        Signal scores = Dense(node, signal, weight, transposed: true);
        if (intercepts.Count > 0)
        {
            scores = scores.Plus([.. intercepts.Select(value => (double)value)]);
        }

        return node.Text("post_transform", "NONE") switch
        {
            "NONE" => scores,
            "LOGISTIC" => Activated(node, scores, Activation.Sigmoid),
            "SOFTMAX" when outputs > 1 => Activated(node, scores, Activation.Softmax),
            string other => throw node.Refuse($"has the post_transform {Words.Quote(other)} for {outputs} outputs; NONE, LOGISTIC and, for two and more, SOFTMAX are supported."),
        };
    }

    /// <summary>x / sum |x|, where the sum is 1 already: behind a softmax, or a sigmoid of two scores that are the negatives of each other.</summary>
    private Signal Normalizer(Node node, Signal signal)
    {
        if (node.Text("norm", "MAX") == "L1" && signal.IsPlain && signal.Stage is ActivationStage stage
            && (stage.Activation == Activation.Softmax || (stage.Activation == Activation.Sigmoid && AreOpposites(stage.Input))))
        {
            notes.Add($"{node} is left out: the numbers before it add up to 1.");
            return signal;
        }

        throw node.Refuse("divides a row by its own size, which no dense layer does; only L1 behind probabilities that add up to 1 is supported, where it changes nothing.");
    }

    private static bool AreOpposites(Signal scores)
    {
        if (scores.Width != 2 || scores.Stage is not DenseStage dense || scores.ShiftAt(0) != -scores.ShiftAt(1) || scores.ScaleAt(0) != scores.ScaleAt(1))
        {
            return false;
        }

        int inputs = dense.Input.Width;
        for (int i = 0; i < inputs; i++)
        {
            if (dense.Weight[i] != -dense.Weight[inputs + i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The parts beside each other, all of them scaled and shifted from one stage.</summary>
    private Signal Concat(Node node, object?[] inputs)
    {
        if (inputs.Length == 1 && inputs[0] is Signal single)
        {
            return single;
        }

        Signal[] parts = [.. inputs.OfType<Signal>()];
        Signal first = parts[0];
        int axis = node.Axis("axis", 1, first.Rank);
        bool alike = parts.Length == inputs.Length && first.FeatureDims.Length == 1 && first.Width > 0 && axis == first.Rank - 1
            && parts.All(part => part.Stage == first.Stage && part.FeatureDims.Length == 1 && part.BatchDims.AsSpan().SequenceEqual(first.BatchDims) && !part.IsTransposed);
        return alike
            ? Stacked(node, parts)
            : throw node.Refuse("puts tensors of different origin beside each other; only parts that are scaled and shifted from one tensor are supported, along the features.");
    }

    /// <summary>A layer of its own whose rows are the features of the parts.</summary>
    private Signal Stacked(Node node, Signal[] parts)
    {
        Stage stage = parts[0].Stage;
        int inputs = stage.Width;
        budget.Consider(node.ToString(), (long)parts.Length * inputs, inputs);
        double[] weight = new double[parts.Length * inputs * inputs];
        double[] shift = new double[parts.Length * inputs];
        for (int part = 0; part < parts.Length; part++)
        {
            for (int i = 0; i < inputs; i++)
            {
                int row = (part * inputs) + i;
                weight[(row * inputs) + i] = parts[part].ScaleAt(i);
                shift[row] = parts[part].ShiftAt(i);
            }
        }

        Signal plain = parts[0].On(stage);
        Signal mixed = Product(node, plain, weight, parts.Length * inputs, isMix: true);
        return parts.Any(part => part.IsShifted) ? mixed.Plus(shift) : mixed;
    }
}
