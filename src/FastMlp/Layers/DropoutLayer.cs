using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>Inverted dropout: a = f x in training, f drawn anew at each step; a = x at prediction, which leaves it out. It keeps f.</summary>
/// <param name="size">Features in and out.</param>
/// <param name="spec">The rate.</param>
/// <param name="parameterOffset">Where parameters would be.</param>
internal sealed unsafe class DropoutLayer(int size, DropoutSpec spec, nint parameterOffset) : SingleInputLayer(size, size, parameterOffset)
{
    public override DropoutSpec Spec => spec;

    public override bool IsForTraining => true;

    public override nint KeptLength(nint rows) => rows * Stride;

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads) => Rows.Copy(x.Pointer, x.Stride, a.Pointer, a.Stride, x.Rows, OutputSize);

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) => new Span<float>(x, OutputSize).CopyTo(new Span<float>(a, OutputSize));

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) =>
        Dropout.Forward(DropoutDraw.Of(pass.Seed, Index, pass.Step, spec.Rate), x, z, a, pass.Threads);

    // Whole rows with their padding: the factors there are 0, and so the deltas become.
    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        Dropout.Multiply(delta.Pointer, z.Pointer, deltaOfX.Pointer, delta.Rows * Stride, pass.Threads);
}
