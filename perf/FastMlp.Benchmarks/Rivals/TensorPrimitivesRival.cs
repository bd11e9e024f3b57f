using System.Numerics.Tensors;
using System.Reflection;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>System.Numerics.Tensors: a dot product for each unit of each row, and its own activations.</summary>
internal sealed class TensorPrimitivesRival : Rival
{
    public override string Name => "TensorPrimitives";

    public override string Version { get; } = typeof(TensorPrimitives).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public override Func<int, double> Predict(Net net, int rows)
    {
        float[][] values = [.. net.Sizes.Select(size => Net.Values(rows * size))];
        float[][] weights = [.. Enumerable.Range(0, net.Layers).Select(i => Net.Values(net.Sizes[i] * net.Sizes[i + 1], i))];
        float[][] biases = [.. Enumerable.Range(0, net.Layers).Select(i => Net.Values(net.Sizes[i + 1], 100 + i))];
        return Repeat(() =>
        {
            for (int i = 0; i < net.Layers; i++)
            {
                int inputs = net.Sizes[i], units = net.Sizes[i + 1];
                for (int row = 0; row < rows; row++)
                {
                    ReadOnlySpan<float> x = values[i].AsSpan(row * inputs, inputs);
                    Span<float> y = values[i + 1].AsSpan(row * units, units);
                    for (int unit = 0; unit < units; unit++)
                    {
                        y[unit] = TensorPrimitives.Dot(x, weights[i].AsSpan(unit * inputs, inputs)) + biases[i][unit];
                    }

                    Apply(i == net.Layers - 1 ? net.Output : net.Hidden, y);
                }
            }
        });
    }

    private static void Apply(Activation activation, Span<float> row)
    {
        if (activation == Activation.Relu)
        {
            TensorPrimitives.Max(row, 0, row);
        }
        else if (activation == Activation.Tanh)
        {
            TensorPrimitives.Tanh(row, row);
        }
        else if (activation == Activation.Softmax)
        {
            // Its own SoftMax does not subtract the maximum, and overflows.
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.SoftMax(row, row);
        }
    }
}
