using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>A layer that takes one output, as all do but sums: <see cref="Layer"/> with x in place of a list.</summary>
internal abstract unsafe class SingleInputLayer(int inputSize, int outputSize, nint parameterOffset) : Layer(inputSize, outputSize, parameterOffset)
{
    /// <summary>The layer whose output is x; -1 is the network's input.</summary>
    public int Source => Sources[0];

    /// <summary>a &lt;- f(x) at prediction, nothing kept.</summary>
    public abstract void Forward(float* parameters, MatrixView x, MatrixView a, int threads);

    /// <summary>The same for one row from x to a, which may be padded.</summary>
    public abstract void ForwardRow(float* parameters, float* x, float* a, bool isPadded);

    /// <summary>a &lt;- f(x) in training; what the backward pass needs is kept in z (where it needs nothing, z is not touched).</summary>
    public abstract void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a);

    /// <summary>Fills the gradients.</summary>
    public virtual void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta)
    {
    }

    /// <summary>deltaOfX &lt;- dL/dx, after <see cref="ParameterGradient(in TrainingPass, MatrixView, MatrixView, MatrixView)"/>.</summary>
    public abstract void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX);

    public sealed override void Forward(float* parameters, ReadOnlySpan<MatrixView> x, MatrixView a, int threads) => Forward(parameters, x[0], a, threads);

    public sealed override void ForwardRow(float* parameters, float** x, float* a, bool isPadded) => ForwardRow(parameters, x[0], a, isPadded);

    public sealed override void ForwardKeeping(in TrainingPass pass, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a) => ForwardKeeping(in pass, x[0], z, a);

    public sealed override void ParameterGradient(in TrainingPass pass, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView delta) =>
        ParameterGradient(in pass, x[0], z, delta);

    public sealed override void InputDelta(in TrainingPass pass, int input, ReadOnlySpan<MatrixView> x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        InputDelta(in pass, x[0], z, a, delta, deltaOfX);
}
