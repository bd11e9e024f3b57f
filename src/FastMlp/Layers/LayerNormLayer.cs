using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>Layer normalization: the same in training and at prediction. It keeps mean and scale of each row.</summary>
internal sealed unsafe class LayerNormLayer(int size, LayerNormSpec spec, nint parameterOffset) : NormLayer(size, parameterOffset)
{
    public override LayerNormSpec Spec => spec;

    public override nint KeptLength(nint rows) => 2 * rows;

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads) =>
        LayerNormalization.Forward(x, Gamma(parameters), Beta(parameters), spec.Epsilon, kept: null, a, threads);

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) =>
        Forward(parameters, MatrixView.Dense(x, 1, InputSize), MatrixView.Dense(a, 1, OutputSize), threads: 1);

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) =>
        LayerNormalization.Forward(x, Gamma(pass.Parameters), Beta(pass.Parameters), spec.Epsilon, z.Pointer, a, pass.Threads);

    public override void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta) =>
        LayerNormalization.ParameterGradient(x, z.Pointer, delta, Gamma(pass.Gradients), Beta(pass.Gradients), pass.Threads);

    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        LayerNormalization.InputDelta(x, Gamma(pass.Parameters), z.Pointer, delta, deltaOfX, pass.Threads);
}
