using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>a = x + y: the end of a residual block, x from its body and y from around it.</summary>
/// <param name="size">Features.</param>
/// <param name="skip">The stage that y comes from; -1 is the network's input.</param>
/// <param name="parameterOffset">Where parameters would be.</param>
internal sealed unsafe class SumLayer(int size, int skip, nint parameterOffset) : Layer(size, size, parameterOffset)
{
    /// <summary>The stage that y comes from; -1 is the network's input.</summary>
    public int Skip => skip;

    public override SumSpec Spec { get; } = new();

    public override IReadOnlyList<int> Sources => [Source, skip];

    /// <summary>a &lt;- x + y.</summary>
    public static void Forward(MatrixView x, MatrixView y, MatrixView a, int threads) => Elementwise.Add(x, y, a, threads);

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads) => throw new NotSupportedException("A sum has two summands.");

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) => throw new NotSupportedException("A sum has two summands.");

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) => throw new NotSupportedException("A sum has two summands.");

    /// <summary>dL/dx = dL/dy = dL/da.</summary>
    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        new Span<float>(delta.Pointer, checked((int)(delta.Rows * Stride))).CopyTo(new Span<float>(deltaOfX.Pointer, checked((int)(delta.Rows * Stride))));
}
