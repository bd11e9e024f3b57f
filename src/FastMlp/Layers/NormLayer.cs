using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Layers;

/// <summary>A normalization with a scale gamma and a shift beta for each feature, which start at 1 and 0.</summary>
/// <remarks>gamma and beta are padded to whole panels with zeros, so that what comes out of the padding is 0.</remarks>
internal abstract unsafe class NormLayer : SingleInputLayer
{
    protected NormLayer(int size, nint parameterOffset)
        : base(size, size, parameterOffset)
    {
        Padded = AlignedBuffer.RoundUp(PanelLayout.Padded(size));
        End = BiasOffset + (2 * Padded);
    }

    /// <summary>Floats that one value for each feature takes.</summary>
    public nint Padded { get; }

    /// <summary>Values of a running statistic: the features, or none.</summary>
    public virtual int StatisticLength => 0;

    /// <summary>The running mean, and the running variance behind it.</summary>
    public override nint StatisticsLength => StatisticLength > 0 ? 2 * Padded : 0;

    public override IReadOnlyList<ParameterTensor> Tensors
    {
        get
        {
            List<ParameterTensor> tensors =
            [
                new($"{Name}.weight", [OutputSize], TensorRole.Scale, BiasOffset, Padded),
                new($"{Name}.bias", [OutputSize], TensorRole.Shift, BiasOffset + Padded, Padded),
            ];
            if (StatisticLength > 0)
            {
                tensors.Add(new($"{Name}.running_mean", [OutputSize], TensorRole.RunningMean, StatisticsOffset, Padded));
                tensors.Add(new($"{Name}.running_var", [OutputSize], TensorRole.RunningVariance, StatisticsOffset + Padded, Padded));
            }

            return tensors;
        }
    }

    public override int ParameterCount => 2 * OutputSize;

    public Span<float> Scale(float* block) => new(Gamma(block), OutputSize);

    public Span<float> Shift(float* block) => new(Beta(block), OutputSize);

    public Span<float> RunningMean(float* block) => new(block + StatisticsOffset, StatisticLength);

    public Span<float> RunningVariance(float* block) => new(block + StatisticsOffset + Padded, StatisticLength);

    /// <summary>gamma 1 and beta 0, mean 0 and variance 1.</summary>
    public override void Initialize(float* block, int seed)
    {
        Scale(block).Fill(1);
        Shift(block).Clear();
        RunningMean(block).Clear();
        RunningVariance(block).Fill(1);
    }

    public override void Convert(Layer source, float* from, float* to)
    {
        base.Convert(source, from, to);
        NormLayer norm = (NormLayer)source;
        norm.RunningMean(from).CopyTo(RunningMean(to));
        norm.RunningVariance(from).CopyTo(RunningVariance(to));
    }

    protected float* Gamma(float* block) => block + BiasOffset;

    protected float* Beta(float* block) => block + BiasOffset + Padded;
}
