using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>v &lt;- v + g^2; theta &lt;- theta - eta g / (sqrt(v) + epsilon).</summary>
internal sealed unsafe class AdaGradState : OptimizerState
{
    private readonly AdaGrad adaGrad;

    public AdaGradState(AdaGrad adaGrad, LayerStack stack, UpdateLimits limits)
        : base(adaGrad, stack, limits, Rule.States)
    {
        this.adaGrad = adaGrad;
        Fill(0, adaGrad.InitialAccumulator);
    }

    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate, adaGrad.Epsilon), parameters, gradients, threads);

    private readonly struct Rule(float learningRate, float epsilon) : IUpdateRule
    {
        public const int States = 1;

        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(learningRate, epsilon), range);

        private readonly struct Formula<TSimd, TVec>(float learningRate, float epsilon) : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            private readonly TVec rate = TSimd.Broadcast(learningRate);
            private readonly TVec epsilon = TSimd.Broadcast(epsilon);

            public static int States => Rule.States;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                first = TSimd.MultiplyAdd(g, g, first);
                return TSimd.Subtract(theta, TSimd.Divide(TSimd.Multiply(rate, g), TSimd.Add(TSimd.Sqrt(first), epsilon)));
            }
        }
    }
}
