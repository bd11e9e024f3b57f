using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>
/// v &lt;- rho v + (1 - rho) g^2; m &lt;- rho m + (1 - rho) g where centred; u = g / (sqrt(v - m^2) + epsilon);
/// b &lt;- mu b + u; theta &lt;- theta - eta b.
/// </summary>
internal sealed unsafe class RmsPropState(RmsProp rmsProp, LayerStack stack, UpdateLimits limits)
    : OptimizerState(rmsProp, stack, limits, 1 + (rmsProp.Centered ? 1 : 0) + (rmsProp.Momentum > 0 ? 1 : 0))
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) => (rmsProp.Centered, rmsProp.Momentum > 0) switch
    {
        (false, false) => Step<Off, Off>(parameters, gradients, learningRate, threads),
        (false, true) => Step<Off, On>(parameters, gradients, learningRate, threads),
        (true, false) => Step<On, Off>(parameters, gradients, learningRate, threads),
        (true, true) => Step<On, On>(parameters, gradients, learningRate, threads),
    };

    private int Step<TCentered, TMomentum>(float* parameters, float* gradients, float learningRate, int threads)
        where TCentered : unmanaged, ISwitch
        where TMomentum : unmanaged, ISwitch =>
        Apply(new Rule<TCentered, TMomentum>(learningRate, rmsProp.Rho, rmsProp.Epsilon, rmsProp.Momentum), parameters, gradients, threads);

    /// <summary>The states are v, then m and b as far as they are kept.</summary>
    private readonly struct Rule<TCentered, TMomentum>(float learningRate, float rho, float epsilon, float momentum) : IUpdateRule
        where TCentered : unmanaged, ISwitch
        where TMomentum : unmanaged, ISwitch
    {
        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(learningRate, rho, epsilon, momentum), range);

        private readonly struct Formula<TSimd, TVec>(float learningRate, float rho, float epsilon, float momentum) : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            private readonly TVec decay = TSimd.Broadcast(rho);
            private readonly TVec share = TSimd.Broadcast(1 - rho);
            private readonly TVec epsilon = TSimd.Broadcast(epsilon);
            private readonly TVec momentum = TSimd.Broadcast(momentum);
            private readonly TVec descent = TSimd.Broadcast(-learningRate);

            public static int States
            {
                // The JIT does not see by itself that this is a constant, and the loop would call it.
                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                get => 1 + (TCentered.IsOn ? 1 : 0) + (TMomentum.IsOn ? 1 : 0);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                TVec part = TSimd.Multiply(share, g);
                first = TSimd.MultiplyAdd(decay, first, TSimd.Multiply(part, g));
                TVec variance = first;
                if (TCentered.IsOn)
                {
                    // v - m^2 is at least 0, but for rounding.
                    second = TSimd.MultiplyAdd(decay, second, part);
                    variance = TSimd.AtLeast(TSimd.Zero, TSimd.Subtract(first, TSimd.Multiply(second, second)));
                }

                TVec u = TSimd.Divide(g, TSimd.Add(TSimd.Sqrt(variance), epsilon));
                if (TMomentum.IsOn)
                {
                    ref TVec b = ref TCentered.IsOn ? ref third : ref second;
                    b = TSimd.MultiplyAdd(momentum, b, u);
                    u = b;
                }

                return TSimd.MultiplyAdd(descent, u, theta);
            }
        }
    }
}
