namespace FastMlp.Onnx.Import;

/// <summary>Arithmetic with constants, activations, and the forms in which exporters spell activations out.</summary>
internal sealed partial class GraphImporter
{
    // Exporters write sqrt(2) and the like as float32; this is a little above the rounding of a few of those.
    private const double Rounding = 1e-6;

    // Exporters differ in the digits of 0.044715 and of sqrt(2 / pi) = 0.79788...
    private const double TanhGeluRounding = 1e-4;

    private const double TanhGeluCubic = 0.044715;

    // Of Klambauer et al. (2017), as the operator's defaults have them.
    private const double SeluAlpha = 1.67326319217681884765625;
    private const double SeluGamma = 1.05070102214813232421875;

    private static readonly double tanhGeluScale = Math.Sqrt(2 / Math.PI);

    private Signal Arithmetic(Node node, object?[] inputs)
    {
        if (inputs.Length != 2 || inputs[0] is null || inputs[1] is null)
        {
            throw node.Refuse($"has {inputs.Length} inputs; two were expected.");
        }

        if (inputs[0] is Signal left && inputs[1] is Signal right)
        {
            return node.Operator switch
            {
                "Add" => Added(node, left, right),
                "Sub" => Added(node, left, right.Times(-1)),
                "Mul" => Multiplied(node, left, right),
                _ => throw node.Refuse("divides two tensors that both depend on the input; no dense layer does that."),
            };
        }

        Signal signal = inputs[0] as Signal ?? (Signal)inputs[1]!;
        Constant constant = inputs[0] as Constant ?? (Constant)inputs[1]!;
        (double[] vector, signal) = Broadcast(node, constant, signal);
        bool signalFirst = inputs[0] is Signal;
        return node.Operator switch
        {
            "Add" => signal.Plus(vector),
            "Mul" => signal.Times(vector),
            "Sub" => signalFirst ? signal.Plus([.. vector.Select(value => -value)]) : signal.Times(-1).Plus(vector),
            _ => signalFirst ? Quotient(signal, vector) : Quotient(node, vector, signal),
        };
    }

    /// <summary>Scale and shift divided, not multiplied by the reciprocal, so that x / x is exactly 1.</summary>
    private static Signal Quotient(Signal signal, double[] divisor) => signal.Changed(
        Signal.Combine(signal.Scale, divisor, (a, b) => a / b),
        Signal.Combine(signal.Shift, divisor, (a, b) => a / b),
        signal.IsShifted);

    /// <summary>c / (k (1 + e^x)), which is c / k sigmoid(-x).</summary>
    private Signal Quotient(Node node, double[] dividend, Signal divisor)
    {
        if (divisor.Stage is PartStage { Part: Part.Exp } exp && IsOnePlusPart(divisor, out double factor))
        {
            return Activated(node, exp.Input.Times(-1), Activation.Sigmoid).Times([.. dividend.Select(value => value / factor)]);
        }

        throw node.Refuse("divides by a tensor that depends on the input; of such, only the sigmoid 1 / (1 + e^-x) is supported.");
    }

    private Signal Sum(Node node, object?[] inputs)
    {
        object? sum = inputs.Length > 0 ? inputs[0] : null;
        for (int i = 1; i < inputs.Length; i++)
        {
            sum = (sum, inputs[i]) switch
            {
                (Signal a, Signal b) => Added(node, a, b),
                (Signal a, Constant b) => Plus(a, b),
                (Constant a, Signal b) => Plus(b, a),
                (Constant a, Constant b) => Elementwise(node, a, b, (x, y) => x + y),
                _ => throw node.Refuse("lacks an input."),
            };
        }

        return sum as Signal ?? throw node.Refuse("lacks an input.");

        Signal Plus(Signal signal, Constant constant)
        {
            (double[] vector, Signal aligned) = Broadcast(node, constant, signal);
            return aligned.Plus(vector);
        }
    }

    private static Signal Added(Node node, Signal left, Signal right)
    {
        CheckSameAxes(node, left, right);
        if (left.Stage == right.Stage)
        {
            return left.Changed(
                Signal.Combine(left.Scale, right.Scale, (a, b) => a + b),
                Signal.Combine(left.Shift, right.Shift, (a, b) => a + b),
                left.IsShifted || right.IsShifted);
        }

        foreach ((Signal x, Signal y) in new[] { (left, right), (right, left) })
        {
            if (y.Stage is PartStage { Part: Part.Cube } cube && IsScaled(y, out double factor) && Ratio(x, cube.Input) is { } k
                && Near(factor / k, TanhGeluCubic, TanhGeluRounding))
            {
                return Partial(node, Part.TanhGeluInner, cube.Input).Times(k);
            }
        }

        throw node.Refuse($"adds two tensors that both depend on the input (a residual connection, or branches of {left.Stage.Node} and {right.Stage.Node}); a chain of dense layers has no such sum, and it is not supported.");
    }

    private Signal Multiplied(Node node, Signal left, Signal right)
    {
        CheckSameAxes(node, left, right);
        foreach ((Signal x, Signal y) in new[] { (left, right), (right, left) })
        {
            switch (y.Stage)
            {
                // x sigmoid(x), and with a factor inside, x sigmoid(b x) = silu(b x) / b.
                case ActivationStage stage when stage.Activation == Activation.Sigmoid && IsScaled(y, out double factor) && Ratio(x, stage.Input) is { } k:
                    return Activated(node, stage.Input, Activation.Silu).Times(k * factor);

                // x (1 + erf(x / sqrt 2)) is 2 gelu(x).
                case PartStage { Part: Part.Erf } erf when IsOnePlusPart(y, out double factor) && Ratio(x, erf.Input.Times(Math.Sqrt(2))) is { } k:
                    return Activated(node, x.Times(1 / k), Activation.Gelu).Times(2 * k * factor);

                // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) is nearly that.
                case ActivationStage { Input: { Stage: PartStage { Part: Part.TanhGeluInner } inner } argument } stage
                    when stage.Activation == Activation.Tanh && IsOnePlusPart(y, out double factor) && IsScaled(argument, out double scale)
                    && Near(scale, tanhGeluScale, TanhGeluRounding) && Ratio(x, inner.Input) is { } k:
                    return TanhGelu(node, x.Times(1 / k)).Times(2 * k * factor);

                case PartStage { Part: Part.Square } square when IsScaled(y, out double factor) && Ratio(x, square.Input) is { } k:
                    return Partial(node, Part.Cube, square.Input).Times(k * factor);

                default:
                    break;
            }
        }

        // x x, on the way to x x x.
        return Ratio(left, right) is { } ratio
            ? Partial(node, Part.Square, right).Times(ratio)
            : throw node.Refuse("multiplies two tensors that both depend on the input; of such products, only the activations silu, swish and gelu are supported.");
    }

    private Signal TanhGelu(Node node, Signal signal)
    {
        if (!options.TanhGeluAsGelu)
        {
            throw node.Refuse($"is the tanh approximation of GELU; FastMlp computes the exact one, which differs by up to 0.0005. Set {nameof(OnnxImportOptions)}.{nameof(OnnxImportOptions.TanhGeluAsGelu)} to take that instead.");
        }

        notes.Add($"{node}, the tanh approximation of GELU, is computed as the exact one.");
        return Activated(node, signal, Activation.Gelu);
    }

    private static Signal Power(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        Constant exponent = RequireConstant(node, inputs, 1, "its exponent");
        return exponent.Values switch
        {
            [1] => signal,
            [2] => Partial(node, Part.Square, signal),
            [3] => Partial(node, Part.Cube, signal),
            _ => throw node.Refuse("raises to a power; the exponents 1, and 2 and 3 as part of a GELU, are supported."),
        };
    }

    /// <summary>ln(1 + e^x) is softplus.</summary>
    private Signal Logarithm(Node node, Signal signal) => signal.Stage switch
    {
        PartStage { Part: Part.Exp } exp when IsOnePlusPart(signal, out double factor) && factor == 1 => Activated(node, exp.Input, Activation.Softplus),
        ActivationStage stage when signal.IsPlain && stage.Activation == Activation.Softmax => Partial(node, Part.LogSoftmax, stage.Input),
        _ => throw node.Refuse("takes a logarithm; only the softplus ln(1 + e^x) and the logarithm of a softmax at the output are supported."),
    };

    private Signal Activate(Node node, Signal signal)
    {
        switch (node.Operator)
        {
            case "Relu":
                return Activated(node, signal, Activation.Relu);
            case "Sigmoid":
                return Activated(node, signal, Activation.Sigmoid);
            case "Tanh":
                return Activated(node, signal, Activation.Tanh);
            case "Softplus":
                return Activated(node, signal, Activation.Softplus);
            case "LeakyRelu":
                return Activated(node, signal, Activation.LeakyRelu(Constant(node, "alpha", 0.01f)));
            case "Elu":
                return Activated(node, signal, Activation.Elu(Constant(node, "alpha", 1)));
            case "Selu":
                float alpha = Constant(node, "alpha", (float)(node.Version < 6 ? 1.6732 : SeluAlpha));
                float gamma = Constant(node, "gamma", (float)(node.Version < 6 ? 1.0507 : SeluGamma));
                return Near(alpha, SeluAlpha, Rounding) && Near(gamma, SeluGamma, Rounding)
                    ? Activated(node, signal, Activation.Selu)
                    : Activated(node, signal, Activation.Elu(alpha)).Times(gamma);
            case "Celu":
                // max(0, x) + min(0, alpha (e^(x / alpha) - 1)) is alpha elu(x / alpha).
                float celu = Constant(node, "alpha", 1);
                return celu > 0
                    ? Activated(node, Quotient(signal, [celu]), Activation.Elu()).Times(celu)
                    : throw node.Refuse($"has the alpha {celu}; a number above 0 was expected.");
            case "HardSigmoid":
                Signal line = signal.Times(Constant(node, "alpha", 0.2f)).Plus(Constant(node, "beta", 0.5f));
                return Clipped(node, line, 0, 1);
            case "Swish":
                float beta = Constant(node, "alpha", 1);
                return beta != 0
                    ? Activated(node, signal.Times(beta), Activation.Silu).Times(1 / (double)beta)
                    : throw node.Refuse("has the alpha 0; a number other than 0 was expected.");
            default:
                return node.Text("approximate", "none") switch
                {
                    "none" => Activated(node, signal, Activation.Gelu),
                    "tanh" => TanhGelu(node, signal),
                    string other => throw node.Refuse($"has the approximation {Words.Quote(other)}; none or tanh was expected."),
                };
        }
    }

    private static float Constant(Node node, string name, float otherwise)
    {
        float value = (float)node.Float(name, otherwise);
        return float.IsFinite(value) ? value : throw node.Refuse($"has the {name} {value}; a finite number was expected.");
    }

    /// <summary>x where x &gt;= 0, else slope x. Slopes that differ from feature to feature take two units a feature: relu(x) - slope relu(-x).</summary>
    private Signal PRelu(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        Constant slope = RequireConstant(node, inputs, 1, "its slope");
        // Before version 7 one axis of slopes belonged to the channels, wherever these are.
        if (node.Version < 7 && slope.Dims.Length == 1 && slope.Dims[0] > 1 && signal.Rank > 2)
        {
            slope = slope.WithDims([slope.Dims[0], .. Enumerable.Repeat(1L, signal.Rank - 2)]);
        }

        (double[] slopes, signal) = Broadcast(node, slope, signal);
        if (slopes.Any(value => !float.IsFinite((float)value)))
        {
            throw node.Refuse("has a slope that is not a finite number.");
        }

        if (!slopes.AsSpan().ContainsAnyExcept(slopes[0]))
        {
            return Activated(node, signal, Activation.PRelu((float)slopes[0]));
        }

        int width = signal.Width;
        budget.Consider(node.ToString(), width, 2L * width);
        double[] mix = new double[2 * width * width];
        for (int i = 0; i < width; i++)
        {
            mix[(i * 2 * width) + i] = 1;
            mix[(i * 2 * width) + width + i] = -slopes[i];
        }

        Signal both = Activated(node, Both(node, signal), Activation.Relu);
        return Product(node, both, mix, width, isMix: true).WithAxes(signal.BatchDims, signal.FeatureDims);
    }

    /// <summary>x and -x beside each other.</summary>
    private Signal Both(Node node, Signal signal)
    {
        if (signal.Stage is not DenseStage dense)
        {
            return Stacked(node, [signal, signal.Times(-1)]);
        }

        int inputs = dense.Input.Width;
        budget.Consider(node.ToString(), 2, dense.Weight.Length);
        double[] weight = new double[2L * dense.Weight.Length];
        double[] shift = new double[2 * signal.Width];
        for (int row = 0; row < signal.Width; row++)
        {
            for (int column = 0; column < inputs; column++)
            {
                int at = (row * inputs) + column;
                weight[at] = dense.Weight[at] * signal.ScaleAt(row);
                weight[dense.Weight.Length + at] = -weight[at];
            }

            shift[row] = signal.ShiftAt(row);
            shift[signal.Width + row] = -shift[row];
        }

        return new Signal
        {
            Stage = new DenseStage(dense.Input, weight, 2 * signal.Width, node.ToString(), isMix: false),
            Shift = shift,
            IsShifted = signal.IsShifted,
            BatchDims = signal.BatchDims,
            FeatureDims = [2 * signal.Width],
        };
    }

    private Signal Clip(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        double low = double.NegativeInfinity;
        double high = double.PositiveInfinity;
        if (node.Version < 11)
        {
            low = node.Float("min", float.MinValue);
            high = node.Float("max", float.MaxValue);
        }
        else
        {
            low = Bound(1, low);
            high = Bound(2, high);
        }

        return Clipped(node, signal, low, high);

        double Bound(int place, double otherwise) => inputs.Length <= place || inputs[place] is null
            ? otherwise
            : RequireConstant(node, inputs, place, "its bounds") is { Values: [double bound] } ? bound : throw node.Refuse("has a bound that is not one number.");
    }

    private Signal Extreme(Node node, object?[] inputs)
    {
        if (inputs.Length == 1)
        {
            return Only(node, inputs);
        }

        Signal[] signals = [.. inputs.OfType<Signal>()];
        double[] bounds = [.. inputs.OfType<Constant>().Select(constant =>
            constant.Values is [double bound] ? bound : throw node.Refuse("has a bound that is not one number; of tensors, the same bound for all features is supported."))];
        if (signals.Length != 1 || bounds.Length + 1 != inputs.Length)
        {
            throw node.Refuse("compares two tensors that both depend on the input; one and a constant bound are supported.");
        }

        return node.Operator == "Max"
            ? Clipped(node, signals[0], bounds.Max(), double.PositiveInfinity)
            : Clipped(node, signals[0], double.NegativeInfinity, bounds.Min());
    }

    /// <summary>min(max(x, low), high) from ReLUs: low + (h - relu(h - relu(x - low))), h = high - low.</summary>
    private Signal Clipped(Node node, Signal signal, double low, double high)
    {
        if (double.IsNaN(low) || double.IsNaN(high) || low >= high)
        {
            throw node.Refuse($"has the bounds {low} and {high}; a lower one below an upper one was expected.");
        }

        // What float32 cannot pass bounds nothing.
        bool bounded = low > float.MinValue;
        if (bounded)
        {
            signal = Activated(node, low == 0 ? signal : signal.Plus(-low), Activation.Relu);
        }

        double height = bounded ? high - low : high;
        if (high < float.MaxValue)
        {
            signal = Activated(node, signal.Times(-1).Plus(height), Activation.Relu).Times(-1).Plus(height);
        }

        return bounded && low != 0 ? signal.Plus(low) : signal;
    }

    /// <summary>x &gt; c, which a Cast makes the step of x - c.</summary>
    private Signal Comparison(Node node, object?[] inputs)
    {
        if (inputs.Length != 2 || (inputs[0] is Signal && inputs[1] is Signal))
        {
            throw node.Refuse("compares two tensors that both depend on the input; one and a constant are supported.");
        }

        Signal signal = inputs[0] as Signal ?? (Signal)inputs[1]!;
        Constant constant = inputs[0] as Constant ?? inputs[1] as Constant ?? throw node.Refuse("lacks an input.");
        (double[] bound, signal) = Broadcast(node, constant, signal);
        Signal difference = bound.AsSpan().ContainsAnyExcept(0) ? signal.Plus([.. bound.Select(value => -value)]) : signal;
        bool rises = (node.Operator == "Greater") == inputs[0] is Signal;
        return Activated(node, rises ? difference : difference.Times(-1), Activation.Step).AsLogical(true);
    }

    /// <summary>Over the last axis: from version 13 on over one axis, before that over all axes from one on.</summary>
    private Signal Softmax(Node node, Signal signal)
    {
        bool overOne = node.Version >= 13;
        int axis = node.Axis("axis", overOne ? -1 : 1, signal.Rank, mayBeEnd: !overOne);
        int rows = signal.BatchDims.Length;
        bool fits = !signal.IsTransposed && (overOne
            ? axis >= rows && signal.FeatureDims.Where((size, i) => i != axis - rows).All(size => size == 1)
            : signal.BatchDims.Skip(axis).All(size => size == 1) && signal.FeatureDims.Take(axis - rows).All(size => size == 1));
        if (!fits)
        {
            throw node.Refuse($"runs over axis {axis} of {Words.Shape(signal.Dims)}{(overOne ? "" : " and those after it")}; the features of a row, all of them, were expected.");
        }

        return node.Operator == "Softmax" ? Activated(node, signal, Activation.Softmax) : Partial(node, Part.LogSoftmax, signal);
    }

    private static Signal Dropout(Node node, object?[] inputs)
    {
        Signal signal = Only(node, inputs);
        bool trains = node.Version < 7
            ? node.Int("is_test", 0) == 0
            : node.Version >= 12 && inputs.Length > 2 && inputs[2] is not null && RequireConstant(node, inputs, 2, "its training mode").Values is not [0];
        return trains ? throw node.Refuse("is in training mode, where its result is random; export the model for inference.") : signal;
    }

    private static Signal Cast(Node node, Signal signal)
    {
        long type = node.Has("to") && node.Version < 6 ? node.Text("to", "").ToUpperInvariant() switch { "FLOAT" => 1, "DOUBLE" => 11, _ => 0 } : node.Int("to", 0);
        return type is TensorReader.Float or TensorReader.Double
            ? signal.AsLogical(false)
            : throw node.Refuse($"rounds to {TensorReader.TypeName((int)Math.Clamp(type, int.MinValue, int.MaxValue))}; only float32 and float64, which change nothing, are supported.");
    }

    private Signal Activated(Node node, Signal signal, Activation activation)
    {
        if (signal.Stage is not DenseStage)
        {
            budget.Consider(node.ToString(), signal.Width, signal.Width);
        }

        return signal.On(new ActivationStage(signal, activation, node.ToString()));
    }

    private static Signal Partial(Node node, Part part, Signal signal) => signal.On(new PartStage(part, signal, node.ToString()));

    private static void CheckSameAxes(Node node, Signal left, Signal right)
    {
        if (left.IsTransposed != right.IsTransposed || !left.FeatureDims.AsSpan().SequenceEqual(right.FeatureDims) || left.BatchDims.Length != right.BatchDims.Length)
        {
            throw node.Refuse($"combines tensors of the shapes {Words.Shape(left.Dims)} and {Words.Shape(right.Dims)}, which both depend on the input; of such, only parts of an activation in one shape are supported.");
        }
    }

    /// <summary>k, if x = k y for every feature up to rounding; a k that is a small binary fraction but for rounding is given as that.</summary>
    private static double? Ratio(Signal x, Signal y)
    {
        if (x.Stage != y.Stage)
        {
            return null;
        }

        int count = Math.Max(Math.Max(x.Scale.Length, x.Shift.Length), Math.Max(y.Scale.Length, y.Shift.Length));
        double k = double.NaN;
        for (int i = 0; i < count; i++)
        {
            if (double.IsNaN(k) && y.ScaleAt(i) != 0)
            {
                k = x.ScaleAt(i) / y.ScaleAt(i);
            }
        }

        if (!double.IsFinite(k) || k == 0)
        {
            return null;
        }

        for (int i = 0; i < count; i++)
        {
            if (!Near(x.ScaleAt(i), k * y.ScaleAt(i), Rounding) || !Near(x.ShiftAt(i), k * y.ShiftAt(i), Rounding))
            {
                return null;
            }
        }

        double whole = Math.Round(k * 16) / 16;
        return whole != 0 && Near(k, whole, Rounding) ? whole : k;
    }

    private static bool Near(double value, double wanted, double relative) => Math.Abs(value - wanted) <= relative * Math.Abs(wanted);

    /// <summary>Whether the signal is its stage times one number.</summary>
    private static bool IsScaled(Signal signal, out double factor)
    {
        factor = signal.Scale[0];
        return !signal.Scale.AsSpan().ContainsAnyExcept(factor) && !signal.Shift.AsSpan().ContainsAnyExcept(0) && factor != 0;
    }

    /// <summary>Whether the signal is 1 plus its stage, times one number.</summary>
    private static bool IsOnePlusPart(Signal signal, out double factor)
    {
        factor = signal.Scale[0];
        return !signal.Scale.AsSpan().ContainsAnyExcept(factor) && !signal.Shift.AsSpan().ContainsAnyExcept(factor) && factor != 0;
    }
}
