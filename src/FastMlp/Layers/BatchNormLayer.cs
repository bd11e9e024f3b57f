using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>
/// Batch normalization: with the mean and variance of the batch in training, with their running averages at prediction. It keeps
/// the batch's mean and variance.
/// </summary>
internal sealed unsafe class BatchNormLayer(int size, BatchNormSpec spec, nint parameterOffset) : NormLayer(size, parameterOffset)
{
    public override BatchNormSpec Spec => spec;

    public override int StatisticLength => OutputSize;

    public override nint KeptLength(nint rows) => 2 * Stride;

    public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads)
    {
        float* mean = parameters + StatisticsOffset;
        BatchNormalization.Apply(x, Gamma(parameters), Beta(parameters), spec.Epsilon, mean, mean + Padded, a);
    }

    public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) =>
        Forward(parameters, MatrixView.Dense(x, 1, InputSize), MatrixView.Dense(a, 1, OutputSize), threads: 1);

    public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) =>
        BatchNormalization.Forward(x, Gamma(pass.Parameters), Beta(pass.Parameters), spec.Epsilon, z.Pointer, Variance(z), a, pass.Threads);

    public override void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta) =>
        BatchNormalization.ParameterGradient(x, spec.Epsilon, z.Pointer, Variance(z), delta, Gamma(pass.Gradients), Beta(pass.Gradients), pass.Threads);

    public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
        BatchNormalization.InputDelta(
            x, Gamma(pass.Parameters), spec.Epsilon, z.Pointer, Variance(z), delta, Gamma(pass.Gradients), Beta(pass.Gradients), deltaOfX, pass.Threads);

    /// <summary>running &lt;- running + momentum (batch - running), the variance that of a sample (over rows - 1). One row has no variance and moves nothing.</summary>
    public override void UpdateStatistics(float* parameters, MatrixView z)
    {
        if (z.Rows < 2)
        {
            return;
        }

        float sample = (float)(z.Rows / (z.Rows - 1.0));
        Span<float> mean = RunningMean(parameters);
        Span<float> variance = RunningVariance(parameters);
        for (int j = 0; j < mean.Length; j++)
        {
            Move(ref mean[j], z.Pointer[j]);
            Move(ref variance[j], sample * Variance(z)[j]);
        }
    }

    /// <summary>A value that would not be finite is left out: squares overflow long before a loss does.</summary>
    private void Move(ref float average, float value)
    {
        float moved = average + (spec.Momentum * (value - average));
        average = float.IsFinite(moved) ? moved : average;
    }

    private float* Variance(MatrixView z) => z.Pointer + Stride;
}
