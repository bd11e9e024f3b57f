using System.Runtime.InteropServices;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks;

/// <summary>A network shape as it is written in tables: 784-128-10, with the activation of its hidden layers.</summary>
internal sealed record Workload(int[] Sizes, Activation Hidden, Activation Output)
{
    /// <summary>A classifier: ReLU, then softmax; one output is a regression.</summary>
    public static Workload Relu(params int[] sizes) =>
        new(sizes, Activation.Relu, sizes[^1] > 1 ? Activation.Softmax : Activation.Identity);

    /// <summary>A GEMM in the clothes of a layer: C[m,n] = A[m,k] B[k,n], no activation.</summary>
    public static Workload Layer(int k, int n) => new([k, n], Activation.Identity, Activation.Identity);

    public int Layers => Sizes.Length - 1;

    public int Inputs => Sizes[0];

    public int Outputs => Sizes[^1];

    public string Name => string.Join('-', Sizes);

    public double ForwardFlop(int rows) => Flops.Forward(Sizes, rows);

    public double StepFlop(int rows) => Flops.TrainingStep(Sizes, rows);

    public Network Build()
    {
        NetworkBuilder builder = Network.Input(Inputs);
        for (int layer = 1; layer <= Layers; layer++)
        {
            builder.Dense(Sizes[layer], layer == Layers ? Output : Hidden);
        }

        return builder.Build(seed: 1);
    }

    /// <summary>"784-128-10" to sizes.</summary>
    public static int[] Parse(string name) => [.. name.Split('-').Select(int.Parse)];

    /// <summary>Dense values on [-1, 1): no zeros that a kernel might skip.</summary>
    public static float[] Values(int count, int seed = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    /// <summary>
    /// A copy that starts on a cache line, times <paramref name="scale"/>, for as long as the program lives: a measurement, not a
    /// library. All systems but those that must have arrays read and write such memory: where vectors cross lines a layer of
    /// 64 x 64 x 64 takes 1.4 % longer.
    /// </summary>
    public static unsafe float* Aligned(ReadOnlySpan<float> values, float scale = 1)
    {
        float* copy = (float*)NativeMemory.AlignedAlloc((nuint)values.Length * sizeof(float), 64);
        for (int i = 0; i < values.Length; i++)
        {
            copy[i] = values[i] * scale;
        }

        return copy;
    }

    public int[] Labels(int rows) => [.. Enumerable.Range(0, rows).Select(row => row * 7 % Outputs)];
}
