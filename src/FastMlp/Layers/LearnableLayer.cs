using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>A dense layer whose activation has constants that are trained: they lie beside W and b, and z is kept for their gradient.</summary>
internal abstract unsafe class LearnableLayer<TActivation>(int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage)
    : DenseLayer<TActivation>(default, inputSize, spec, parameterOffset, storage)
    where TActivation : unmanaged, IActivation
{
    public override bool KeepsPreActivation => true;

    // The constants' gradients need dL/da itself.
    public override bool FusesDerivative => false;

    public override void ApplyDerivative(float* parameters, float* gradients, MatrixView z, MatrixView a, MatrixView delta)
    {
        ConstantGradients(parameters, gradients + ActivationOffset, z, a, delta);
        base.ApplyDerivative(parameters, gradients, z, a, delta);
    }

    /// <summary>The gradient of each constant from dL/da.</summary>
    protected abstract void ConstantGradients(float* parameters, float* gradient, MatrixView z, MatrixView a, MatrixView outputGradient);
}

/// <summary>PReLU: one trained slope.</summary>
internal sealed unsafe class PReluLayer(int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage)
    : LearnableLayer<LeakyReluActivation>(inputSize, spec, parameterOffset, storage)
{
    protected override LeakyReluActivation Activation(float* parameters) => new(parameters[ActivationOffset]);

    protected override void ConstantGradients(float* parameters, float* gradient, MatrixView z, MatrixView a, MatrixView outputGradient) =>
        gradient[0] = ActivationGradients.Sum(
            default(PReluSlopeDerivative), z.Pointer, a.Pointer, outputGradient.Pointer, a.Rows, OutputSize, a.Stride);
}

/// <summary>The scaled sigmoid with c and beta trained.</summary>
internal sealed unsafe class LearnableSigmoidLayer(int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage)
    : LearnableLayer<ScaledSigmoidActivation>(inputSize, spec, parameterOffset, storage)
{
    protected override ScaledSigmoidActivation Activation(float* parameters) =>
        new(parameters[ActivationOffset], parameters[ActivationOffset + 1]);

    protected override void ConstantGradients(float* parameters, float* gradient, MatrixView z, MatrixView a, MatrixView outputGradient)
    {
        float c = parameters[ActivationOffset];
        gradient[0] = ActivationGradients.Sum(
            new SigmoidScaleDerivative(c), z.Pointer, a.Pointer, outputGradient.Pointer, a.Rows, OutputSize, a.Stride);
        gradient[1] = ActivationGradients.Sum(
            new SigmoidSlopeDerivative(c), z.Pointer, a.Pointer, outputGradient.Pointer, a.Rows, OutputSize, a.Stride);
    }
}
