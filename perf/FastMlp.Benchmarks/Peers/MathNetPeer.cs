using System.Numerics.Tensors;
using System.Reflection;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace FastMlp.Benchmarks.Peers;

/// <summary>MathNet.Numerics with its managed provider on one thread. Its matrices are column-major: element (row, unit) is at unit x rows + row.</summary>
internal sealed class MathNetPeer : Peer
{
    public MathNetPeer() => Control.UseSingleThread();

    public override string Name => "MathNet.Numerics";

    public override string Version { get; } = typeof(Control).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version ?? "unknown";

    public override bool IsManaged => true;

    public override Func<int, double>? Forward(Workload work, int rows)
    {
        // At its 1 to 2 GFLOP/s a single call beyond this takes longer than all the others' samples together.
        const double MostFlop = 2e8;
        if (work.ForwardFlop(rows) > MostFlop)
        {
            return null;
        }

        Matrix<float> x = Matrix<float>.Build.Dense(rows, work.Inputs, Workload.Values(rows * work.Inputs));
        Matrix<float>[] weights = [.. Enumerable.Range(0, work.Layers)
            .Select(i => Matrix<float>.Build.Dense(work.Sizes[i], work.Sizes[i + 1], Workload.Values(work.Sizes[i] * work.Sizes[i + 1], i)))];
        float[][] biases = [.. Enumerable.Range(0, work.Layers).Select(i => Workload.Values(work.Sizes[i + 1], 100 + i))];
        float[] sums = new float[rows];
        return Repeat(() =>
        {
            Matrix<float> a = x;
            for (int i = 0; i < work.Layers; i++)
            {
                a = a.Multiply(weights[i]);
                Span<float> values = a.AsColumnMajorArray();
                for (int unit = 0; unit < biases[i].Length; unit++)
                {
                    Span<float> column = values.Slice(unit * rows, rows);
                    TensorPrimitives.Add(column, biases[i][unit], column);
                }

                Activation activation = i == work.Layers - 1 ? work.Output : work.Hidden;
                if (activation == Activation.Softmax)
                {
                    Softmax(values, sums);
                }
                else
                {
                    Activations.Apply(activation, values);
                }
            }
        });
    }

    /// <summary>Over the rows of a column-major matrix.</summary>
    private static void Softmax(Span<float> values, Span<float> sums)
    {
        int rows = sums.Length;
        sums.Clear();
        TensorPrimitives.Exp(values, values);
        for (int start = 0; start < values.Length; start += rows)
        {
            TensorPrimitives.Add(sums, values.Slice(start, rows), sums);
        }

        for (int start = 0; start < values.Length; start += rows)
        {
            TensorPrimitives.Divide(values.Slice(start, rows), sums, values.Slice(start, rows));
        }
    }
}
