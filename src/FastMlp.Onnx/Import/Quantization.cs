namespace FastMlp.Onnx.Import;

/// <summary>
/// Integers in the place of numbers. Weights are dequantized, which changes nothing; the rounding of computed values is left out, where
/// <see cref="OnnxImportOptions.QuantizedAsFloat"/> allows it.
/// </summary>
internal static class Quantization
{
    public static Value Quantize(Call call)
    {
        Signal signal = call.Signal();
        double scale = call.Number(1, "its scale") ?? throw call.Refuse("lacks its scale.");
        double zero = call.Number(2, "its zero point") ?? 0;
        int type = call.Optional(2, "its zero point")?.Type ?? (int)call.Node.Int("output_dtype", ElementType.UInt8);
        double least = type switch
        {
            ElementType.UInt8 or ElementType.UInt16 => 0,
            ElementType.Int8 => sbyte.MinValue,
            ElementType.Int16 => short.MinValue,
            _ => throw call.Refuse($"rounds to {ElementType.Name(type)}; integers of 8 or 16 bits are supported."),
        };
        Allow(call);
        // Where the least integer stands for 0, the rounding is a ReLU too, and exporters leave the ReLU before it out.
        return new Quantized(zero == least && !IsNeverNegative(signal) ? call.Activated(signal, Activation.Relu) : signal, scale, zero);
    }

    public static Value Dequantize(Call call)
    {
        Quantized input = Taken(call, 0);
        double scale = call.Number(1, "its scale") ?? throw call.Refuse("lacks its scale.");
        double zero = call.Number(2, "its zero point") ?? 0;
        return scale == input.Scale && zero == input.Zero ? input.Signal : input.Signal.Over([input.Scale]).Plus(input.Zero - zero).Times(scale);
    }

    /// <summary>The three outputs: the signal, its scale and zero point, which are found while it runs and are taken as 1 and 0.</summary>
    public static Value[] QuantizeByRange(Call call)
    {
        Allow(call);
        return [new Quantized(call.Signal(), 1, 0), Constant.Scalar(1), new Constant([], [0], ElementType.UInt8)];
    }

    public static Value MatMulInteger(Call call)
    {
        Quantized input = Taken(call, 0);
        return Linear.Dense(call, input.Scale == 1 ? input.Signal : input.Signal.Over([input.Scale]), Weight(call, 1, null, 3));
    }

    public static Value MatMulIntegerToFloat(Call call) => Biased(call, Linear.Dense(call, Taken(call, 0).Signal, Weight(call, 1, 3, 5)), 6);

    public static Value DynamicQuantizeMatMul(Call call)
    {
        Allow(call);
        return Biased(call, Linear.Dense(call, call.Signal(), Weight(call, 1, 2, 3)), 4);
    }

    public static Value QLinearMatMul(Call call) => Rounded(call, Linear.Dense(call, Taken(call, 0).Signal, Weight(call, 3, 4, 5)), 6);

    public static Value QGemm(Call call)
    {
        Quantized input = Taken(call, 0);
        Constant weight = Weight(call, 3, 4, 5, call.Node.Int("transB", 0) != 0);
        Signal product = Linear.Dense(call, input.Signal, weight).Times(call.Node.Float("alpha", 1));
        if (call.Optional(6, "its bias") is { } bias)
        {
            // The bias is in units of both scales.
            double[] scales = call.Constant(4, "its weight's scale").Values;
            if (bias.Values.Length != product.Width || (scales.Length != 1 && scales.Length != bias.Values.Length))
            {
                throw call.Refuse($"has a bias of {bias.Values.Length} numbers and {scales.Length} scales for {product.Width} outputs.");
            }

            product = product.Plus([.. bias.Values.Select((value, i) => value * input.Scale * scales[scales.Length == 1 ? 0 : i])]);
        }

        return call.At(7) is null ? product : Rounded(call, product, 7);
    }

    /// <summary>(B - zero) scale, with one of each for all or for each column; [k, n].</summary>
    private static Constant Weight(Call call, int place, int? scalePlace, int zeroPlace, bool transposed = false)
    {
        Constant weight = call.Constant(place, "its weight");
        if (weight.Dims.Length != 2)
        {
            throw call.Refuse($"has a weight of the shape {Words.Shape(weight.Dims)}; a matrix was expected.");
        }

        (int rows, int columns) = ((int)weight.Dims[0], (int)weight.Dims[1]);
        double[] values = transposed ? Matrix.Transposed(weight.Values, rows, columns) : weight.Values;
        (rows, columns) = transposed ? (columns, rows) : (rows, columns);
        double[] scale = scalePlace is { } at ? call.Constant(at, "its weight's scale").Values : [1];
        double[] zero = call.Optional(zeroPlace, "its weight's zero point")?.Values ?? [0];
        if ((scale.Length != 1 && scale.Length != columns) || (zero.Length != 1 && zero.Length != columns))
        {
            throw call.Refuse($"has {scale.Length} scales and {zero.Length} zero points for {columns} outputs; one for all or for each was expected.");
        }

        call.Budget.Consider(call.Name, rows, columns);
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int column = i % columns;
            result[i] = (values[i] - zero[zero.Length == 1 ? 0 : column]) * scale[scale.Length == 1 ? 0 : column];
        }

        return new Constant([rows, columns], result, ElementType.Float);
    }

    private static Value Biased(Call call, Signal product, int place) => call.At(place) is { } bias ? Arithmetic.Sum(call, product, bias) : product;

    private static Quantized Rounded(Call call, Signal signal, int place) => new(
        signal,
        call.Number(place, "its output's scale") ?? throw call.Refuse("lacks its output's scale."),
        call.Number(place + 1, "its output's zero point") ?? 0);

    private static Quantized Taken(Call call, int place) => call.At(place) as Quantized
        ?? throw call.Refuse($"does not take its input {place} from a node that rounds the features; that was expected.");

    private static void Allow(Call call)
    {
        OnnxImportOptions options = call.Context.Options;
        if (!options.QuantizedAsFloat)
        {
            throw call.Refuse($"rounds computed values to integers, which no layer of FastMlp does. {options.Ask(nameof(OnnxImportOptions.QuantizedAsFloat))} to compute in float32 instead, which is at least as exact.");
        }

        const string Note = "The file rounds computed values to integers; the network computes them in float32.";
        if (!call.Context.Notes.Contains(Note))
        {
            call.Context.Notes.Add(Note);
        }
    }

    private static bool IsNeverNegative(Signal signal) => signal.IsPlain && signal.Base is ActivationExpression { Activation: var activation }
        && (activation == Activation.Relu || activation == Activation.Sigmoid || activation == Activation.Softmax || activation == Activation.Softplus);
}
