namespace FastMlp.Onnx.Import;

/// <summary>A dense layer to be made: g(W x + b).</summary>
internal sealed class LayerPlan
{
    public required int Inputs { get; init; }

    public required int Units { get; init; }

    public required double[] Weight { get; set; }

    /// <summary>One number for each unit, one for all, or none.</summary>
    public required double[] Shift { get; set; }

    public required Activation Activation { get; init; }

    public required string Node { get; init; }
}

/// <summary>Stages to layers, from the output back to the input, and layers to a network.</summary>
internal sealed class NetworkAssembler(OnnxImportOptions options, WeightBudget budget, List<string> notes)
{
    /// <summary>The scaling of the inputs, where it is to be kept apart and there is one.</summary>
    public OnnxScaling? InputScaling { get; private set; }

    public List<LayerPlan> Plan(Signal output)
    {
        List<LayerPlan> layers = [];
        (Signal signal, Activation activation) = OfOutput(output);
        while (true)
        {
            layers.Add(PlanLayer(signal, activation));
            // Under a product stands the signal that it took; under any other stage, that stage as it is.
            Stage before = signal.Stage is DenseStage dense ? dense.Input.Stage : signal.Stage;
            switch (before)
            {
                case ActivationStage stage:
                    (signal, activation) = (stage.Input, stage.Activation);
                    break;
                case DenseStage:
                    (signal, activation) = (((DenseStage)signal.Stage).Input, Activation.Identity);
                    break;
                case PartStage part:
                    throw Incomplete(part);
                default:
                    layers.Reverse();
                    return layers;
            }
        }
    }

    public static Network Build(List<LayerPlan> layers)
    {
        NetworkBuilder builder = Network.Input(layers[0].Inputs);
        foreach (LayerPlan layer in layers)
        {
            Bias bias = layer.Shift.Length == 0 ? Bias.None : layer.Shift.Length == 1 && layer.Units > 1 ? Bias.Shared : Bias.PerUnit;
            builder.Dense(layer.Units, layer.Activation, bias);
        }

        Network network = builder.Build();
        for (int i = 0; i < layers.Count; i++)
        {
            network.Tensors[$"layers.{i}.weight"].CopyFrom(Rounded(layers[i], layers[i].Weight, "weight"));
            network.Tensors.Find($"layers.{i}.bias")?.CopyFrom(Rounded(layers[i], layers[i].Shift, "bias"));
        }

        return network;
    }

    private (Signal Signal, Activation Activation) OfOutput(Signal output)
    {
        switch (output.Stage)
        {
            case ActivationStage stage when output.IsPlain:
                return (stage.Input, stage.Activation);

            // c / (1 + e^-z) is an activation of its own, and so needs no layer for c.
            case ActivationStage stage when stage.Activation == Activation.Sigmoid && !output.IsShifted && IsUniform(output.Scale) && Usable(output.Scale[0]):
                return (stage.Input, Activation.ScaledSigmoid((float)output.Scale[0], 1));

            case PartStage { Part: Part.LogSoftmax } part when output.IsPlain:
                if (!options.LogSoftmaxAsSoftmax)
                {
                    throw new ModelFormatException($"{part.Node} answers with logarithms of probabilities, which no layer of FastMlp gives; set {nameof(OnnxImportOptions)}.{nameof(OnnxImportOptions.LogSoftmaxAsSoftmax)} to have the probabilities themselves.");
                }

                notes.Add($"The network answers with probabilities, where {part.Node} in the file gives their logarithms.");
                return (part.Input, Activation.Softmax);

            default:
                return (output, Activation.Identity);
        }
    }

    private static bool IsUniform(double[] values) => !values.AsSpan().ContainsAnyExcept(values[0]);

    private static bool Usable(double value) => float.IsFinite((float)value) && (float)value != 0;

    private static ModelFormatException Incomplete(PartStage part) => new(part.Part switch
    {
        Part.LogSoftmax => $"{part.Node} is a LogSoftmax that is not the output; only there it can be read, as softmax.",
        _ => $"{part.Node} is supported only as a part of an activation (erf in GELU, e^x in a sigmoid or softplus, powers in the tanh form of GELU), and here it is not.",
    });

    private LayerPlan PlanLayer(Signal signal, Activation activation)
    {
        int width = signal.Width;
        string node = signal.Stage.Node;
        if (signal.Stage is PartStage part)
        {
            throw Incomplete(part);
        }

        if (width < 1)
        {
            throw new ModelFormatException("The graph does not tell how many features a row has; give the input a shape whose last size is known.");
        }

        double[] shift = signal.IsShifted ? signal.Shift : [];
        if (signal.Stage is not DenseStage dense)
        {
            budget.Take(node, width, width);
            double[] diagonal = new double[width * width];
            for (int i = 0; i < width; i++)
            {
                diagonal[(i * width) + i] = signal.ScaleAt(i);
            }

            return new LayerPlan { Inputs = width, Units = width, Weight = diagonal, Shift = shift, Activation = activation, Node = node };
        }

        int inputs = dense.Input.Width;
        if (dense.IsMix)
        {
            budget.Take(node, width, inputs);
        }

        double[] weight = dense.Weight;
        double[] before = [0];
        if (dense.Input.Stage is InputStage && !dense.Input.IsPlain && !IsKeptApart(dense.Input))
        {
            (weight, before) = Folded(dense.Input, weight, width);
        }

        if (signal.Scale.AsSpan().ContainsAnyExcept(1))
        {
            double[] scaled = new double[weight.Length];
            for (int i = 0; i < scaled.Length; i++)
            {
                scaled[i] = weight[i] * signal.ScaleAt(i / inputs);
            }

            weight = scaled;
        }

        if (before.AsSpan().ContainsAnyExcept(0))
        {
            double[] moved = Signal.Combine(before, signal.Scale, (a, b) => a * b);
            shift = shift.Length == 0 ? moved : Signal.Combine(moved, shift, (a, b) => a + b);
        }

        return new LayerPlan { Inputs = inputs, Units = width, Weight = weight, Shift = shift, Activation = activation, Node = node };
    }

    /// <summary>W (scale x + shift) as W' x + shift', in double precision; shift' is [0] where there is none.</summary>
    public static (double[] Weight, double[] Shift) Folded(Signal signal, double[] weight, int width)
    {
        int inputs = signal.Width;
        double[] shift = [0];
        if (signal.Shift.AsSpan().ContainsAnyExcept(0))
        {
            shift = new double[width];
            for (int row = 0; row < width; row++)
            {
                for (int column = 0; column < inputs; column++)
                {
                    shift[row] += weight[(row * inputs) + column] * signal.ShiftAt(column);
                }
            }
        }

        if (!signal.Scale.AsSpan().ContainsAnyExcept(1))
        {
            return (weight, shift);
        }

        double[] scaled = new double[weight.Length];
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] = weight[i] * signal.ScaleAt(i % inputs);
        }

        return (scaled, shift);
    }

    /// <summary>Whether the scaling of the input is, by the options, no matter of the network; then it is noted.</summary>
    private bool IsKeptApart(Signal input)
    {
        if (!options.SeparateScaling)
        {
            return false;
        }

        float[] offsets = new float[input.Width];
        float[] scales = new float[input.Width];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = (float)input.ScaleAt(i);
            offsets[i] = (float)(-input.ShiftAt(i) / input.ScaleAt(i));
            if (!Usable(scales[i]) || !float.IsFinite(offsets[i]))
            {
                return false;
            }
        }

        InputScaling = new OnnxScaling(offsets, scales);
        return true;
    }

    private static float[] Rounded(LayerPlan layer, double[] values, string what)
    {
        float[] rounded = new float[values.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)values[i];
            if (!float.IsFinite(rounded[i]))
            {
                throw new ModelFormatException($"{layer.Node} leads to the {what} {values[i]}; numbers within the range of float32 were expected.");
            }
        }

        return rounded;
    }
}
