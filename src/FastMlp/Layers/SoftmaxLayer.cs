using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>A dense layer with softmax over its units: the one activation that is not elementwise.</summary>
internal sealed unsafe class SoftmaxLayer(int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage) : DenseLayer(inputSize, spec, parameterOffset, storage)
{
    public override bool KeepsPreActivation => false;

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads)
    {
        ForwardLinear(parameters, x, a, threads);
        Softmax.Rows(a.Pointer, a.Pointer, (int)a.Rows, OutputSize, a.Stride, a.Stride);
    }

    public override bool IsElementwise => false;

    public override bool FusesDerivative => false;

    public override bool IsActivationCheap => false;

    public override void ForwardSideways(float* parameters, float* x, float* a, nint stride) => throw new NotSupportedException("Softmax is not elementwise.");

    public override void ForwardKeepingSideways(float* parameters, float* x, float* z, float* a, nint stride) => ForwardSideways(parameters, x, a, stride);

    public override void PullDeltaSideways(float* parameters, float* gradients, DenseLayer next, float* deltaNext, float* z, float* a, float* delta, nint stride) =>
        throw new NotSupportedException("Softmax is not elementwise.");

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded)
    {
        ForwardLinearRow(parameters, x, a, isPadded);
        Softmax.Rows(a, a, 1, OutputSize, OutputSize, OutputSize);
    }

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) =>
        Forward(pass.Parameters, x, a, pass.Threads);

    public override void ApplyDerivative(float* parameters, float* gradients, MatrixView z, MatrixView a, MatrixView delta) =>
        Softmax.Backward(a.Pointer, delta.Pointer, (int)delta.Rows, OutputSize, a.Stride, delta.Stride);
}
