namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// What a C programmer gets by calling a BLAS: a GEMM for each product, plain loops over the rest, SGD folded into the
/// dW product by alpha = -rate and beta = 1. Weights are [in, out], the layout that the forward product likes best.
/// </summary>
/// <remarks>
/// The loops between the products are C#, as the JIT compiles them with vectors; they are a few per cent of the time
/// from 64 units up. tanh is the runtime's own, which is the C library's.
/// </remarks>
/// <param name="blas">The library.</param>
/// <param name="onlyProducts">Whether it is measured as a GEMM alone.</param>
internal sealed unsafe class BlasPeer(Blas blas, bool onlyProducts = false) : Peer
{
    private const float Rate = 1e-5f;

    public override string Name => onlyProducts ? blas.Name : "C + " + blas.Name;

    public override string Version => blas.Version;

    public override Func<int, double>? Forward(Workload work, int rows)
    {
        if (work is { Layers: 1 } && work.Output == Activation.Identity)
        {
            // A GEMM is all that is wanted, so it is given without the bias.
            return Product(false, false, rows, work.Outputs, work.Inputs, Weights(work.Inputs, work.Outputs));
        }

        return onlyProducts ? null : Repeat(new Mlp(blas, work, rows).Forward);
    }

    /// <summary>Of one layer without activation: a GEMM for each size, all with the same B.</summary>
    public override IReadOnlyList<Func<int, double>> Forward(Workload work, IReadOnlyList<int> rows)
    {
        int inputs = work.Inputs, units = work.Outputs;
        float* b = Weights(inputs, units);
        return [.. rows.Select(count => Product(false, false, count, units, inputs, b))];
    }

    public override Func<int, double>? Step(Workload work, int rows, bool adam)
    {
        if (adam || onlyProducts)
        {
            return null;
        }

        Mlp mlp = new(blas, work, rows);
        int[] labels = work.Labels(rows);
        return Repeat(() => mlp.Step(labels));
    }

    public override Func<int, double> WeightGradient(int rows, int inputs, int units) => Product(true, false, inputs, units, rows, Weights(rows, units));

    public override Func<int, double> InputGradient(int rows, int inputs, int units) => Product(false, true, rows, inputs, units, Weights(units, inputs));

    private static float* Weights(int k, int n) => Workload.Aligned(Workload.Values(k * n, 2));

    private Func<int, double> Product(bool transposeA, bool transposeB, int m, int n, int k, float* b)
    {
        float* a = Workload.Aligned(Workload.Values(m * k)), c = Workload.Aligned(new float[m * n]);
        return Repeat(() => blas.Multiply(transposeA, transposeB, m, n, k, 1, a, transposeA ? m : k, b, transposeB ? k : n, 0, c, n));
    }

    /// <summary>Memory lives as long as the program: a measurement, not a library.</summary>
    private sealed class Mlp
    {
        private readonly Blas blas;
        private readonly Workload work;
        private readonly int rows;
        private readonly float*[] activations;
        private readonly float*[] deltas;
        private readonly float*[] weights;
        private readonly float*[] biases;

        public Mlp(Blas blas, Workload work, int rows)
        {
            this.blas = blas;
            this.work = work;
            this.rows = rows;
            activations = new float*[work.Layers + 1];
            deltas = new float*[work.Layers + 1];
            weights = new float*[work.Layers];
            biases = new float*[work.Layers];
            activations[0] = Workload.Aligned(Workload.Values(rows * work.Inputs));
            for (int i = 0; i < work.Layers; i++)
            {
                int inputs = work.Sizes[i], units = work.Sizes[i + 1];
                weights[i] = Workload.Aligned(Workload.Values(inputs * units, i), 1 / MathF.Sqrt(inputs));
                biases[i] = Workload.Aligned(Workload.Values(units, 100 + i), 0.1f);
                activations[i + 1] = Workload.Aligned(new float[rows * units]);
                deltas[i + 1] = Workload.Aligned(new float[rows * units]);
            }
        }

        public void Forward()
        {
            for (int i = 0; i < work.Layers; i++)
            {
                int inputs = work.Sizes[i], units = work.Sizes[i + 1];
                float* z = activations[i + 1];
                blas.Multiply(false, false, rows, units, inputs, 1, activations[i], inputs, weights[i], units, 0, z, units);
                Activation activation = i == work.Layers - 1 ? work.Output : work.Hidden;
                for (int row = 0; row < rows; row++)
                {
                    Span<float> values = new(z + (row * units), units);
                    System.Numerics.Tensors.TensorPrimitives.Add(values, new ReadOnlySpan<float>(biases[i], units), values);
                    Activations.Apply(activation, values);
                }
            }
        }

        public void Step(int[] labels)
        {
            Forward();
            int last = work.Layers, outputs = work.Outputs;
            for (int row = 0; row < rows; row++)
            {
                for (int j = 0; j < outputs; j++)
                {
                    int at = (row * outputs) + j;
                    deltas[last][at] = (activations[last][at] - (j == labels[row] ? 1 : 0)) / rows;
                }
            }

            for (int i = last - 1; i >= 0; i--)
            {
                int inputs = work.Sizes[i], units = work.Sizes[i + 1];
                if (i > 0)
                {
                    blas.Multiply(false, true, rows, inputs, units, 1, deltas[i + 1], units, weights[i], units, 0, deltas[i], inputs);
                    Activations.ReluGradient(new Span<float>(deltas[i], rows * inputs), new ReadOnlySpan<float>(activations[i], rows * inputs));
                }

                blas.Multiply(true, false, inputs, units, rows, -Rate, activations[i], inputs, deltas[i + 1], units, 1, weights[i], units);
                Span<float> bias = new(biases[i], units);
                for (int row = 0; row < rows; row++)
                {
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(deltas[i + 1] + (row * units), units), -Rate, bias, bias);
                }
            }
        }
    }
}
