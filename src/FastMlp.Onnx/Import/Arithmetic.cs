namespace FastMlp.Onnx.Import;

/// <summary>Sums, products and comparisons, and the activations that exporters spell out with them.</summary>
internal static class Arithmetic
{
    // Exporters differ in the digits of 0.044715 and of sqrt(2 / pi) = 0.79788...
    private const double TanhGeluRounding = 1e-4;

    private const double TanhGeluCubic = 0.044715;

    private static readonly double tanhGeluScale = Math.Sqrt(2 / Math.PI);

    public static Value Add(Call call) => call.Inputs.Select((_, i) => call.At(i) ?? throw call.Refuse("lacks an input.")).Aggregate((sum, next) => Sum(call, sum, next));

    public static Value Subtract(Call call) => call.Pair() switch
    {
        (Signal left, Signal right) => Difference(call, left, right),
        (Signal left, Constant right) => Sum(call, left, right with { Values = Array.ConvertAll(right.Values, value => -value) }),
        (Constant left, Signal right) => Sum(call, left, right.Times(-1)),
        _ => throw call.Refuse("subtracts what is no number."),
    };

    public static Value Multiply(Call call) => call.Pair() switch
    {
        (Signal left, Signal right) => Product(call, left, right),
        (Signal signal, Constant constant) => Scaled(call, signal, constant),
        (Constant constant, Signal signal) => Scaled(call, signal, constant),
        _ => throw call.Refuse("multiplies what is no number."),
    };

    public static Value Divide(Call call)
    {
        switch (call.Pair())
        {
            case (Signal signal, Constant constant):
                (double[] divisor, signal) = Axes.Broadcast(call, constant, signal);
                return signal.Over(divisor);
            case (Constant constant, Signal divided):
                (double[] dividend, divided) = Axes.Broadcast(call, constant, divided);
                return Quotient(call, dividend, divided);
            case (Signal left, Signal right):
                return Quotient(call, left, right);
            default:
                throw call.Refuse("divides what is no number.");
        }
    }

    public static Value Reciprocal(Call call) => call.Signal() is { Base: PartExpression { Part: Part.Deviation or Part.SumOfExp } } signal
        ? signal with { IsInverse = !signal.IsInverse }
        : Quotient(call, [1], call.Signal());

    public static Value Power(Call call)
    {
        Signal signal = call.Signal();
        double exponent = call.Number(1, "its exponent") ?? throw call.Refuse("lacks its exponent.");
        return exponent switch
        {
            1 => signal,
            2 => call.Partial(Part.Square, signal),
            3 => call.Partial(Part.Cube, signal),
            0.5 => Root(call, signal),
            -0.5 => Root(call, signal) with { IsInverse = true },
            _ => throw call.Refuse("raises to a power; the exponents 1, and 2, 3 and 0.5 as part of a GELU or a layer normalization, are supported."),
        };
    }

    public static Value Sqrt(Call call) => Root(call, call.Signal());

    public static Value Exp(Call call)
    {
        Signal signal = call.Signal();
        return signal is { IsPlain: true, Base: PartExpression { Part: Part.LogSoftmax } log } ? call.Activated(log.Input, Activation.Softmax) : call.Partial(Part.Exp, signal);
    }

    /// <summary>ln(1 + e^x) is softplus.</summary>
    public static Value Log(Call call)
    {
        Signal signal = call.Signal();
        return signal.Base switch
        {
            PartExpression { Part: Part.Exp } exp when signal.IsScaledSum(1, out double factor) && factor == 1 => call.Activated(exp.Input, Activation.Softplus),
            PartExpression { Part: Part.SumOfExp } sum when signal.IsPlain => signal.On(new PartExpression(Part.LogSumExp, sum.Input, call.Name, 1)),
            ActivationExpression softmax when signal.IsPlain && softmax.Activation == Activation.Softmax => call.Partial(Part.LogSoftmax, softmax.Input),
            _ => throw call.Refuse("takes a logarithm; only the softplus ln(1 + e^x) and the logarithm of a softmax at the output are supported."),
        };
    }

    public static Value Mean(Call call)
    {
        Signal signal = call.Signal();
        if (signal is { IsPlain: true, Base: PartExpression { Part: Part.Square, Input: { IsPlain: true, Base: CentredExpression } centred } })
        {
            return call.PartialOfRow(Part.Variance, centred, Axes.RequireReduction(call, signal));
        }

        return Axes.Reduced(call, divides: true);
    }

    public static Value ReduceSum(Call call)
    {
        Signal signal = call.Signal();
        return signal is { IsPlain: true, Base: PartExpression { Part: Part.Exp } exp }
            ? call.PartialOfRow(Part.SumOfExp, exp.Input, Axes.RequireReduction(call, signal))
            : Axes.Reduced(call, divides: false);
    }

    public static Value ReduceMax(Call call) => call.PartialOfRow(Part.Largest, call.Signal(), Axes.RequireReduction(call, call.Signal()));

    public static Value ReduceLogSumExp(Call call) => call.PartialOfRow(Part.LogSumExp, call.Signal(), Axes.RequireReduction(call, call.Signal()));

    /// <summary>x &gt; c, which a Cast makes the step of x - c.</summary>
    public static Value Compare(Call call)
    {
        (Value first, Value second) = call.Pair();
        if ((first, second) is not ((Signal, Constant) or (Constant, Signal)))
        {
            throw call.Refuse("compares two tensors that both depend on the input; one and a constant are supported.");
        }

        Signal signal = first as Signal ?? (Signal)second;
        (double[] bound, signal) = Axes.Broadcast(call, first as Constant ?? (Constant)second, signal);
        Signal difference = bound.AsSpan().ContainsAnyExcept(0) ? signal.Plus([.. bound.Select(value => -value)]) : signal;
        bool rises = (call.Node.Operator == "Greater") == first is Signal;
        return call.Activated(rises ? difference : difference.Times(-1), Activation.Step) with { IsLogical = true };
    }

    public static Signal TanhGelu(Call call, Signal signal)
    {
        if (!call.Context.Options.TanhGeluAsGelu)
        {
            throw call.Refuse($"is the tanh approximation of GELU; FastMlp computes the exact one, which differs by up to 0.0005. {call.Context.Options.Ask(nameof(OnnxImportOptions.TanhGeluAsGelu))} to take that instead.");
        }

        call.Context.Notes.Add($"{call.Node}, the tanh approximation of GELU, is computed as the exact one.");
        return call.Activated(signal, Activation.Gelu);
    }

    public static Value Sum(Call call, Value left, Value right)
    {
        switch (left, right)
        {
            case (Signal a, Signal b):
                return Sum(call, a, b);
            case (Constant constant, Signal signal):
                return Sum(call, signal, constant);
            case (Signal signal, Constant constant):
                (double[] vector, signal) = Axes.Broadcast(call, constant, signal);
                return signal.Plus(vector);
            case (Constant a, Constant b):
                return Folding.Pairs((x, y) => x + y)(new Call(call.Context, call.Node, [a, b]));
            default:
                throw call.Refuse("adds what is no number.");
        }
    }

    private static Signal Sum(Call call, Signal left, Signal right)
    {
        (left, right) = Alike(call, left, right);
        if (left.Base == right.Base)
        {
            return left with
            {
                Scale = Signal.Combine(left.Scale, right.Scale, (a, b) => a + b),
                Shift = Signal.Combine(left.Shift, right.Shift, (a, b) => a + b),
                IsShifted = left.IsShifted || right.IsShifted,
            };
        }

        foreach ((Signal x, Signal y) in new[] { (left, right), (right, left) })
        {
            if (y.Base is PartExpression { Part: Part.Cube } cube && y.IsScaled(out double factor) && x.RatioTo(cube.Input) is { } k
                && Signal.Near(factor / k, TanhGeluCubic, TanhGeluRounding))
            {
                return call.Partial(Part.TanhGeluInner, cube.Input).Times(k);
            }
        }

        return left.On(new LinearExpression(left.Width, call.Name, [Term.Of(left), Term.Of(right)], isMade: true));
    }

    private static Signal Difference(Call call, Signal left, Signal right)
    {
        if (right.Base.Width == 1 && right.IsPlain)
        {
            switch (right.Base)
            {
                case LinearExpression { Terms: [{ Weight: { } weight, Input: { } averaged }] } when Same(averaged, left) && weight.All(value => value == 1.0 / weight.Length):
                    return left.On(new CentredExpression(left, right, call.Name));
                case PartExpression { Part: Part.Largest } largest when Same(largest.Input, left):
                    return call.Partial(Part.Shifted, left);
                case PartExpression { Part: Part.LogSumExp } log when Same(log.Input, left):
                    return call.Partial(Part.LogSoftmax, Unshifted(left));
            }
        }

        return Sum(call, left, right.Times(-1));
    }

    private static Signal Scaled(Call call, Signal signal, Constant constant)
    {
        (double[] vector, signal) = Axes.Broadcast(call, constant, signal);
        return signal.Times(vector);
    }

    private static Signal Product(Call call, Signal left, Signal right)
    {
        foreach ((Signal x, Signal y) in new[] { (left, right), (right, left) })
        {
            if (y is { IsInverse: true, IsPlain: true })
            {
                return Quotient(call, x, y with { IsInverse = false });
            }
        }

        (left, right) = Alike(call, left, right);
        foreach ((Signal x, Signal y) in new[] { (left, right), (right, left) })
        {
            if (ActivationForms.Gated(call, x, y) is { } activated)
            {
                return activated;
            }

            switch (y.Base)
            {
                // x (1 + erf(x / sqrt 2)) is 2 gelu(x).
                case PartExpression { Part: Part.Erf } erf when y.IsScaledSum(1, out double factor) && x.RatioTo(erf.Input.Times(Math.Sqrt(2))) is { } k:
                    return call.Activated(x.Times(1 / k), Activation.Gelu).Times(2 * k * factor);

                // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) is nearly that.
                case ActivationExpression { Input: { Base: PartExpression { Part: Part.TanhGeluInner } inner } argument } tanh
                    when tanh.Activation == Activation.Tanh && y.IsScaledSum(1, out double factor) && argument.IsScaled(out double scale)
                    && Signal.Near(scale, tanhGeluScale, TanhGeluRounding) && x.RatioTo(inner.Input) is { } k:
                    return TanhGelu(call, x.Times(1 / k)).Times(2 * k * factor);

                case PartExpression { Part: Part.Square } square when y.IsScaled(out double factor) && x.RatioTo(square.Input) is { } k:
                    return call.Partial(Part.Cube, square.Input).Times(k * factor);
            }
        }

        // x x, on the way to x x x.
        return left.RatioTo(right) is { } ratio
            ? call.Partial(Part.Square, right).Times(ratio)
            : throw call.Refuse("multiplies two tensors that both depend on the input; of such products, only those that are an activation (silu, swish, gelu) are supported.");
    }

    /// <summary>c / (k (1 + e^x)), which is c / k sigmoid(-x).</summary>
    private static Signal Quotient(Call call, double[] dividend, Signal divisor)
    {
        if (divisor.Base is PartExpression { Part: Part.Exp } exp && divisor.IsScaledSum(1, out double factor))
        {
            return call.Activated(exp.Input.Times(-1), Activation.Sigmoid).Times([.. dividend.Select(value => value / factor)]);
        }

        throw call.Refuse("divides by a tensor that depends on the input; of such, only the sigmoid 1 / (1 + e^-x), softmax and layer normalization are supported.");
    }

    private static Signal Quotient(Call call, Signal left, Signal right)
    {
        // What is centred, by the root of its variance and epsilon.
        if (right is { IsPlain: true, Base: PartExpression { Part: Part.Deviation, Input: { } radicand } }
            && radicand is { Base: PartExpression { Part: Part.Variance } variance } && radicand.Scale is [1] && radicand.Shift is [> 0]
            && Same(variance.Input, left) && left is { IsPlain: true, Base: CentredExpression centred })
        {
            return left.On(new NormExpression(centred.Of, (float)radicand.Shift[0], call.Name));
        }

        if (right is { IsPlain: true, Base: PartExpression { Part: Part.SumOfExp } sum } && left is { IsPlain: true, Base: PartExpression { Part: Part.Exp } exp } && Same(sum.Input, exp.Input))
        {
            return call.Activated(Unshifted(exp.Input), Activation.Softmax);
        }

        throw call.Refuse("divides two tensors that both depend on the input; of such, only softmax and layer normalization are supported.");
    }

    private static Signal Root(Call call, Signal signal) => signal.Base is PartExpression { Part: Part.Variance }
        ? call.Partial(Part.Deviation, signal)
        : throw call.Refuse("takes a square root; only that of a layer normalization is supported.");

    /// <summary>What a softmax is taken of: it is the same where a row is shifted.</summary>
    private static Signal Unshifted(Signal signal) => signal is { IsPlain: true, Base: PartExpression { Part: Part.Shifted } shifted } ? shifted.Input : signal;

    private static bool Same(Signal left, Signal right) => left.RatioTo(right) == 1 || (left.Base == right.Base && left.IsPlain && right.IsPlain);

    /// <summary>Both in one shape; one feature is repeated beside several.</summary>
    private static (Signal Left, Signal Right) Alike(Call call, Signal left, Signal right)
    {
        left = Padded(left, right);
        right = Padded(right, left);
        if (left.FeatureDims.Length == 1 && right.FeatureDims.Length == 1 && left.Width > 0 && right.Width > 0 && left.Width != right.Width)
        {
            left = left.Width == 1 ? Axes.Repeated(call, left, right.Width) : left;
            right = right.Width == 1 ? Axes.Repeated(call, right, left.Width) : right;
        }

        return left.IsTransposed == right.IsTransposed && left.FeatureDims.AsSpan().SequenceEqual(right.FeatureDims) && left.BatchDims.Length == right.BatchDims.Length
            && (left.Width > 0 || left.Base == right.Base)
            ? (left, right)
            : throw call.Refuse($"combines tensors of the shapes {Words.Shape(left.Dims)} and {Words.Shape(right.Dims)}, which both depend on the input; the same features were expected.");
    }

    /// <summary>With a leading axis of 1 where the other has one more.</summary>
    private static Signal Padded(Signal signal, Signal other) =>
        !signal.IsTransposed && signal.BatchDims.Length + 1 == other.BatchDims.Length && other.BatchDims[0] == 1 && signal.FeatureDims.Length == other.FeatureDims.Length
            ? signal with { BatchDims = [1, .. signal.BatchDims] }
            : signal;
}
