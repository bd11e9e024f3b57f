using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>A dense layer with its elementwise activation as a type: one virtual call a layer, none an element.</summary>
internal unsafe class DenseLayer<TActivation>(TActivation activation, int inputSize, DenseSpec spec, nint parameterOffset, WeightStorage storage)
    : DenseLayer(inputSize, spec, parameterOffset, storage)
    where TActivation : unmanaged, IActivation
{
    public override bool KeepsPreActivation => TActivation.DerivativeNeedsZ;

    public override bool IsActivationCheap => TActivation.IsCheap;

    public override bool FusesDerivative => TActivation.IsDerivativeCheap;

    /// <summary>g with its constants as they now are.</summary>
    protected virtual TActivation Activation(float* parameters) => activation;

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads)
    {
        // Asked of the type, so that no product is compiled with a dear formula in its store.
        if (TActivation.IsCheap)
        {
            Forward(Activation(parameters), parameters, x, a, threads);
        }
        else if (IsDot)
        {
            ForwardDot(Activation(parameters), parameters, x, a);
        }
        else
        {
            // Dear formulas run as a second pass while the rows are in cache: see IEpilogue.
            ForwardLinear(parameters, x, a, threads);
            Elementwise.Apply(Activation(parameters), a, a, threads);
        }
    }

    public override void ForwardSideways(float* parameters, float* x, float* a, nint stride) =>
        ForwardSideways(Activation(parameters), parameters, x, a, stride);

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) =>
        ForwardRow(Activation(parameters), parameters, x, a, isPadded);

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a)
    {
        if (KeepsPreActivation)
        {
            ForwardLinear(pass.Parameters, x, z, pass.Threads);
            Elementwise.Apply(Activation(pass.Parameters), z, a, pass.Threads);
        }
        else
        {
            Forward(pass.Parameters, x, a, pass.Threads);
        }
    }

    public override void ApplyDerivative(float* parameters, float* gradients, MatrixView z, MatrixView a, MatrixView delta) =>
        Elementwise.MultiplyByDerivative(Activation(parameters), z.Pointer, a.Pointer, delta.Pointer, delta.Rows * delta.Stride);

    public override void PullDelta(
        float* parameters, float* gradients, DenseLayer next, MatrixView deltaNext, MatrixView z, MatrixView a, MatrixView delta, int threads)
    {
        if (!TActivation.IsDerivativeCheap || !FusesDerivative)
        {
            base.PullDelta(parameters, gradients, next, deltaNext, z, a, delta, threads);
            return;
        }

        next.InputProduct(parameters, deltaNext, delta, Derivative(parameters, z.Pointer, a.Pointer, delta.Pointer), threads);
    }

    public override void ForwardKeepingSideways(float* parameters, float* x, float* z, float* a, nint stride)
    {
        if (KeepsPreActivation)
        {
            ForwardLinearSideways(parameters, x, z, stride);
            Elementwise.Apply(Activation(parameters), z, a, OutputSize * stride);
        }
        else
        {
            ForwardSideways(parameters, x, a, stride);
        }
    }

    public override void PullDeltaSideways(float* parameters, float* gradients, DenseLayer next, float* deltaNext, float* z, float* a, float* delta, nint stride)
    {
        if (TActivation.IsDerivativeCheap && FusesDerivative)
        {
            next.InputProductSideways(parameters, deltaNext, delta, stride, Derivative(parameters, z, a, delta));
        }
        else
        {
            next.InputProductSideways(parameters, deltaNext, delta, stride, new Store());
            Elementwise.MultiplyByDerivative(Activation(parameters), z, a, delta, OutputSize * stride);
        }
    }

    /// <summary>g' in the store of a product.</summary>
    private MultiplyByDerivative<TActivation> Derivative(float* parameters, float* z, float* a, float* delta) =>
        new(Activation(parameters), KeepsPreActivation ? (nint)(z - delta) : 0, (nint)(a - delta));
}
