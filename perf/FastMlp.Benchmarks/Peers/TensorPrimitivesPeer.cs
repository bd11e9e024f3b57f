using System.Numerics.Tensors;
using System.Reflection;

namespace FastMlp.Benchmarks.Peers;

/// <summary>System.Numerics.Tensors: a dot product for every unit of every row, the way its documentation leads.</summary>
internal sealed unsafe class TensorPrimitivesPeer : Peer
{
    public override string Name => "TensorPrimitives";

    public override string Version { get; } = typeof(TensorPrimitives).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version ?? "unknown";

    public override bool IsManaged => true;

    public override Func<int, double> Forward(Workload work, int rows)
    {
        float*[] activations = new float*[work.Layers + 1], weights = new float*[work.Layers];
        activations[0] = Workload.Aligned(Workload.Values(rows * work.Inputs));
        for (int i = 0; i < work.Layers; i++)
        {
            weights[i] = Workload.Aligned(Workload.Values(work.Sizes[i] * work.Sizes[i + 1], i));
            activations[i + 1] = Workload.Aligned(new float[rows * work.Sizes[i + 1]]);
        }

        float[][] biases = [.. Enumerable.Range(0, work.Layers).Select(i => Workload.Values(work.Sizes[i + 1], 100 + i))];
        return Repeat(() =>
        {
            for (int i = 0; i < work.Layers; i++)
            {
                int inputs = work.Sizes[i], units = work.Sizes[i + 1];
                for (int row = 0; row < rows; row++)
                {
                    ReadOnlySpan<float> x = new(activations[i] + (row * inputs), inputs);
                    Span<float> y = new(activations[i + 1] + (row * units), units);
                    for (int unit = 0; unit < units; unit++)
                    {
                        y[unit] = TensorPrimitives.Dot(x, new ReadOnlySpan<float>(weights[i] + (unit * inputs), inputs)) + biases[i][unit];
                    }

                    Activations.Apply(i == work.Layers - 1 ? work.Output : work.Hidden, y);
                }
            }
        });
    }
}
