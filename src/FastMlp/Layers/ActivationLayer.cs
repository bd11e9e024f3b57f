using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>a = g(x), an activation on its own: behind a normalization, for one. What a dense layer does beside its product.</summary>
internal abstract class ActivationLayer(int size, ActivationSpec spec, nint parameterOffset) : SingleInputLayer(size, size, parameterOffset)
{
    public override ActivationSpec Spec => spec;

    public override bool IsOftenZero => spec.Activation.IsOftenZero;
}

/// <inheritdoc cref="ActivationLayer"/>
internal sealed unsafe class ActivationLayer<TActivation>(TActivation g, int size, ActivationSpec spec, nint parameterOffset)
    : ActivationLayer(size, spec, parameterOffset)
    where TActivation : unmanaged, IActivation
{
    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads) => Elementwise.Apply(g, x, a, threads);

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) => Elementwise.Apply(g, x, a, InputSize);

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) => Elementwise.Apply(g, x, a, pass.Threads);

    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        Elementwise.MultiplyByDerivative(g, x, a, delta, deltaOfX, pass.Threads);
}
