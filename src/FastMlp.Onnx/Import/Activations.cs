namespace FastMlp.Onnx.Import;

/// <summary>Operators that are an activation, or come to some.</summary>
internal static class Activations
{
    // Of Klambauer et al. (2017), as the operator's defaults have them.
    private const double SeluAlpha = 1.67326319217681884765625;
    private const double SeluGamma = 1.05070102214813232421875;

    public static Func<Call, Value> Of(Activation activation) => call => call.Activated(call.Signal(), activation);

    public static Func<Call, Value> Of(Func<float, Activation> activation, string attribute, float otherwise) =>
        call => call.Activated(call.Signal(), activation(Number(call, attribute, otherwise)));

    public static Value Selu(Call call)
    {
        bool isFirst = call.Node.Version < 6;
        float alpha = Number(call, "alpha", (float)(isFirst ? 1.6732 : SeluAlpha));
        float gamma = Number(call, "gamma", (float)(isFirst ? 1.0507 : SeluGamma));
        return Signal.Near(alpha, SeluAlpha, Signal.Rounding) && Signal.Near(gamma, SeluGamma, Signal.Rounding)
            ? call.Activated(call.Signal(), Activation.Selu)
            : call.Activated(call.Signal(), Activation.Elu(alpha)).Times(gamma);
    }

    /// <summary>max(0, x) + min(0, alpha (e^(x / alpha) - 1)) is alpha elu(x / alpha).</summary>
    public static Value Celu(Call call)
    {
        float alpha = Number(call, "alpha", 1);
        return alpha > 0
            ? call.Activated(call.Signal().Over([alpha]), Activation.Elu()).Times(alpha)
            : throw call.Refuse($"has the alpha {alpha}; a number above 0 was expected.");
    }

    public static Value HardSigmoid(Call call) =>
        Clipped(call, call.Signal().Times(Number(call, "alpha", 0.2f)).Plus(Number(call, "beta", 0.5f)), 0, 1);

    public static Value Swish(Call call)
    {
        float beta = Number(call, "alpha", 1);
        return beta != 0
            ? call.Activated(call.Signal().Times(beta), Activation.Silu).Times(1 / (double)beta)
            : throw call.Refuse("has the alpha 0; a number other than 0 was expected.");
    }

    public static Value Gelu(Call call) => call.Node.Text("approximate", "none") switch
    {
        "none" => call.Activated(call.Signal(), Activation.Gelu),
        "tanh" => Arithmetic.TanhGelu(call, call.Signal()),
        string other => throw call.Refuse($"has the approximation {Words.Quote(other)}; none or tanh was expected."),
    };

    /// <summary>|x| = relu(x) + relu(-x).</summary>
    public static Value Abs(Call call)
    {
        Signal signal = call.Signal();
        Signal rises = call.Activated(signal, Activation.Relu);
        Signal falls = call.Activated(signal.Times(-1), Activation.Relu);
        return Arithmetic.Sum(call, rises, falls);
    }

    /// <summary>x where x &gt; lambda, x - bias above, x + bias below -lambda, 0 between; where both are one, that is relu(x - lambda) - relu(-x - lambda).</summary>
    public static Value Shrink(Call call)
    {
        float bias = Number(call, "bias", 0);
        float lambda = Number(call, "lambd", 0.5f);
        if (bias != lambda)
        {
            throw call.Refuse($"jumps by {lambda - bias} at {lambda}; a bias of lambd, with which it does not jump, was expected.");
        }

        Signal signal = call.Signal();
        Signal above = call.Activated(signal.Plus(-lambda), Activation.Relu);
        Signal below = call.Activated(signal.Times(-1).Plus(-lambda), Activation.Relu);
        return Arithmetic.Sum(call, above, below.Times(-1));
    }

    /// <summary>x where x &gt;= 0, else slope x. Slopes that differ from feature to feature take two units a feature: relu(x) - slope relu(-x).</summary>
    public static Value PRelu(Call call)
    {
        Signal signal = call.Signal();
        Constant slope = call.Constant(1, "its slope");
        // Before version 7 one axis of slopes belonged to the channels, wherever these are.
        if (call.Node.Version < 7 && slope.Dims.Length == 1 && slope.Dims[0] > 1 && signal.Rank > 2)
        {
            slope = slope with { Dims = [slope.Dims[0], .. Enumerable.Repeat(1L, signal.Rank - 2)] };
        }

        (double[] slopes, signal) = Axes.Broadcast(call, slope, signal);
        if (slopes.Any(value => !float.IsFinite((float)value)))
        {
            throw call.Refuse("has a slope that is not a finite number.");
        }

        if (!slopes.AsSpan().ContainsAnyExcept(slopes[0]))
        {
            return call.Activated(signal, Activation.PRelu((float)slopes[0]));
        }

        Signal both = signal.Along(new LinearExpression(2 * signal.Width, call.Name, [new Term(signal, null, 0, signal.Width), new Term(signal.Times(-1), null, signal.Width, signal.Width)], isMade: true));
        call.Budget.Consider(call.Name, 2, signal.Width);
        Signal rectified = call.Activated(both, Activation.Relu);
        Signal rises = Axes.Selected(call, rectified, [.. Enumerable.Range(0, signal.Width)], int.MaxValue);
        Signal falls = Axes.Selected(call, rectified, [.. Enumerable.Range(signal.Width, signal.Width)], int.MaxValue);
        Expression mix = new LinearExpression(signal.Width, call.Name, [Term.Of(rises), Term.Of(falls.Times([.. slopes.Select(value => -value)]))], isMade: true);
        return signal.On(mix);
    }

    public static Value Clip(Call call)
    {
        Signal signal = call.Signal();
        bool byAttributes = call.Node.Version < 11;
        double low = byAttributes ? call.Node.Float("min", float.MinValue) : call.Number(1, "its lower bound") ?? double.NegativeInfinity;
        double high = byAttributes ? call.Node.Float("max", float.MaxValue) : call.Number(2, "its upper bound") ?? double.PositiveInfinity;
        return Clipped(call, signal, low, high);
    }

    /// <summary>Max or Min of a signal and some numbers.</summary>
    public static Value Extreme(Call call)
    {
        Signal[] signals = [.. call.Inputs.OfType<Signal>()];
        double[] bounds = [.. Enumerable.Range(0, call.Inputs.Length).Where(i => call.At(i) is Constant).Select(i => call.Number(i, "a bound")!.Value)];
        if (signals.Length != 1 || bounds.Length + 1 != call.Inputs.Length)
        {
            throw call.Refuse("compares two tensors that both depend on the input; one and a constant bound are supported.");
        }

        return bounds.Length == 0 ? signals[0]
            : call.Node.Operator == "Max" ? Clipped(call, signals[0], bounds.Max(), double.PositiveInfinity)
            : Clipped(call, signals[0], double.NegativeInfinity, bounds.Min());
    }

    /// <summary>Over the features: from version 13 on over one axis, before that over all axes from one on.</summary>
    public static Value Softmax(Call call)
    {
        Signal signal = call.Signal();
        bool overOne = call.Node.Version >= 13;
        int axis = call.Node.Axis("axis", overOne ? -1 : 1, signal.Rank, mayBeEnd: !overOne);
        int rows = signal.BatchDims.Length;
        bool fits = overOne
            ? signal.IsAlongFeatures(axis)
            : !signal.IsTransposed && signal.BatchDims.Skip(axis).All(size => size == 1) && signal.FeatureDims.Take(axis - rows).All(size => size == 1);
        if (!fits)
        {
            throw call.Refuse($"runs over axis {axis} of {Words.Shape(signal.Dims)}{(overOne ? "" : " and those after it")}; the features of a row, all of them, were expected.");
        }

        return call.Node.Operator == "Softmax" ? call.Activated(signal, Activation.Softmax) : call.Partial(Part.LogSoftmax, signal);
    }

    /// <summary>min(max(x, low), high) from ReLUs: low + (h - relu(h - relu(x - low))), h = high - low.</summary>
    public static Signal Clipped(Call call, Signal signal, double low, double high)
    {
        if (double.IsNaN(low) || double.IsNaN(high) || low >= high)
        {
            throw call.Refuse($"has the bounds {low} and {high}; a lower one below an upper one was expected.");
        }

        // What float32 cannot pass bounds nothing.
        bool bounded = low > float.MinValue;
        if (bounded)
        {
            signal = call.Activated(low == 0 ? signal : signal.Plus(-low), Activation.Relu);
        }

        double height = bounded ? high - low : high;
        if (high < float.MaxValue)
        {
            signal = call.Activated(signal.Times(-1).Plus(height), Activation.Relu).Times(-1).Plus(height);
        }

        return bounded && low != 0 ? signal.Plus(low) : signal;
    }

    private static float Number(Call call, string name, float otherwise)
    {
        float value = (float)call.Node.Float(name, otherwise);
        return float.IsFinite(value) ? value : throw call.Refuse($"has the {name} {value}; a finite number was expected.");
    }
}
