using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Tests.Reference;

/// <summary>Makes the oracle's counterpart of an engine's object. The one place where the two meet.</summary>
internal static class ReferenceBridge
{
    public static ReferenceNetwork From(Network network)
    {
        List<ReferenceLayer> layers = [];
        foreach (NetworkLayer layer in network.Layers)
        {
            if (layer.Spec is not DenseSpec dense)
            {
                continue;
            }

            float[] bias = layer.Tensors.Find(TensorRole.Bias)?.ToArray() ?? [];
            float[] constants = [.. layer.Tensors.Where(tensor => tensor.Role == TensorRole.ActivationConstant).SelectMany(tensor => tensor.ToArray())];
            layers.Add(new ReferenceLayer(layer.InputSize, layer.OutputSize, bias.Length, From(dense.Activation, constants))
            {
                Weight = ToDouble(layer.Tensors.Find(TensorRole.Weight)!.ToArray()),
                Bias = ToDouble(bias),
            });
        }

        return new ReferenceNetwork([.. layers]);
    }

    /// <summary>The network in training, with what its dropout layers drop at a step with a seed; or, with <paramref name="rows"/> 0, at prediction.</summary>
    public static ReferenceGraph GraphFrom(Network network, int rows, int seed = 0, long step = 0)
    {
        ReferenceNetwork layers = From(network);
        DropoutLayer[] dropouts = [.. network.Stack.Layers.OfType<DropoutLayer>()];
        int dense = 0;
        int norm = 0;
        int dropout = 0;
        return new ReferenceGraph(Convert(network.Stack.Specs, network.InputSize));

        ReferenceStage[] Convert(IEnumerable<LayerSpec> specs, int size)
        {
            List<ReferenceStage> stages = [];
            foreach (LayerSpec spec in specs)
            {
                if (spec is DropoutSpec && rows == 0)
                {
                    continue;
                }

                stages.Add(Stage(spec, size));
                size = spec.OutputSize(size);
            }

            return [.. stages];
        }

        ReferenceStage Stage(LayerSpec spec, int size)
        {
            switch (spec)
            {
                case DenseSpec:
                    return new ReferenceDense(layers.Layers[dense++]);
                case DropoutSpec:
                    return new ReferenceDropout(Factors(dropouts[dropout++], rows, seed, step));
                case ActivationSpec alone:
                    return new ReferenceAlone(From(alone.Activation));
                case LayerNormSpec layer:
                    norm++;
                    return new ReferenceLayerNorm(Numbers("weight"), Numbers("bias"), layer.Epsilon);
                case BatchNormSpec batch:
                    norm++;
                    return new ReferenceBatchNorm(
                        Numbers("weight"),
                        Numbers("bias"),
                        batch.Epsilon,
                        rows == 0 ? Numbers("running_mean") : null,
                        rows == 0 ? Numbers("running_var") : null);
                case ResidualSpec block:
                    ReferenceStage[] body = Convert(block.Body, size);
                    return new ReferenceResidual(body, block.OutputSize(size) == size ? null : new ReferenceDense(layers.Layers[dense++]));
                default:
                    throw new ArgumentException($"The oracle has no {spec}.", nameof(network));
            }

            double[] Numbers(string tensor) => ToDouble(network.Tensors[$"norms.{norm - 1}.{tensor}"].ToArray());
        }
    }

    /// <summary>The factors of a dropout layer: what it makes of ones.</summary>
    public static unsafe double[][] Factors(DropoutLayer layer, int rows, int seed, long step)
    {
        int n = layer.OutputSize;
        float[] ones = new float[rows * n];
        float[] kept = new float[rows * layer.Stride];
        float[] a = new float[rows * n];
        Array.Fill(ones, 1);
        fixed (float* x = ones, z = kept, y = a)
        {
            layer.ForwardKeeping(
                new TrainingPass(null, null, seed, step, threads: 1),
                MatrixView.Dense(x, rows, n),
                new MatrixView((nint)z, rows, n, layer.Stride, IsPadded: true),
                MatrixView.Dense(y, rows, n));
        }

        return ToRows(a, n);
    }

    /// <summary>With the activation's own constants, or those that training has reached.</summary>
    public static ReferenceActivation From(Activation activation, params ReadOnlySpan<float> learnt)
    {
        double[] constants = ToDouble([.. activation.Constants]);
        for (int i = 0; i < learnt.Length; i++)
        {
            constants[i] = learnt[i];
        }

        return new ReferenceActivation(Enum.Parse<ReferenceFunction>(activation.Kind.ToString()), activation.IsLearnable, constants);
    }

    public static ReferenceLoss From(Loss loss)
    {
        return new(loss.Kind.ToString())
        {
            Delta = loss.Delta,
            Levels = Numbers(loss.Levels),
            Smoothing = loss.LabelSmoothing,
            ClassWeights = Numbers(loss.ClassWeights),
            PositiveWeights = Numbers(loss.PositiveWeights),
        };

        static double[] Numbers(FloatSequence? values) => values is null ? [] : [.. Enumerable.Range(0, values.Count).Select(i => (double)values[i])];
    }

    /// <summary>The options' limits come with the trainer that keeps to them.</summary>
    public static ReferenceOptimizer From(Optimizer optimizer, TrainerOptions? limits = null)
    {
        ReferenceOptimizer rule = ReferenceOptimizer.Of(optimizer);
        rule.DecayBiases = optimizer.DecayBiases;
        rule.ClipValue = OrInfinity(limits?.ClipValue);
        rule.ClipNorm = OrInfinity(limits?.ClipNorm);
        rule.MaxNorm = OrInfinity(limits?.MaxNorm);
        rule.L1 = limits?.L1 ?? 0;
        return rule;

        static double OrInfinity(float? limit) => limit is > 0 ? limit.Value : double.PositiveInfinity;
    }

    public static double[] ToDouble(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    /// <summary>Flat rows of <paramref name="rowSize"/> values, row by row.</summary>
    public static double[][] ToRows(ReadOnlySpan<float> values, int rowSize)
    {
        double[][] rows = new double[values.Length / rowSize][];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row] = ToDouble(values.Slice(row * rowSize, rowSize));
        }

        return rows;
    }

    /// <summary>Class indices as rows with a single 1.</summary>
    public static double[][] ToOneHotRows(ReadOnlySpan<int> labels, int classCount)
    {
        double[][] rows = new double[labels.Length][];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row] = new double[classCount];
            rows[row][labels[row]] = 1;
        }

        return rows;
    }
}
