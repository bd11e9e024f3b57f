using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>a = x + y: the end of a residual block, x from its body and y from around it.</summary>
internal sealed unsafe class SumLayer(int size, SumSpec spec, nint parameterOffset) : Layer(size, size, parameterOffset)
{
    public override SumSpec Spec => spec;

    public override void Forward(float* parameters, ReadOnlySpan<MatrixView> x, MatrixView a, int threads) => Elementwise.Add(x[0], x[1], a, threads);

    public override void ForwardRow(float* parameters, float** x, float* a, bool isPadded) =>
        Elementwise.Add(MatrixView.Dense(x[0], 1, OutputSize), MatrixView.Dense(x[1], 1, OutputSize), MatrixView.Dense(a, 1, OutputSize), threads: 1);

    public override void ForwardKeeping(in TrainingPass pass, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a) =>
        Elementwise.Add(x[0], x[1], a, pass.Threads);

    /// <summary>dL/dx = dL/dy = dL/da.</summary>
    public override void InputDelta(in TrainingPass pass, int input, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX)
    {
        int length = checked((int)(delta.Rows * Stride));
        new Span<float>(delta.Pointer, length).CopyTo(new Span<float>(deltaOfX.Pointer, length));
    }
}
