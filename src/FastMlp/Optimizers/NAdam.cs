using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Adam with Nesterov's look-ahead (Dozat, 2016): m and v as in <see cref="Adam"/>, mu_t = b1 (1 - 0.96^(t psi) / 2), P_t the product of mu_1 to mu_t,
/// theta &lt;- theta - eta (mu_(t+1) m / (1 - P_(t+1)) + (1 - mu_t) g / (1 - P_t)) / (sqrt(v / (1 - b2^t)) + epsilon).
/// Weight decay adds alpha W to the gradient of the weights.
/// </summary>
public sealed record NAdam : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="beta1">b1, the decay of the first moment.</param>
    /// <param name="beta2">b2, the decay of the second moment.</param>
    /// <param name="epsilon">epsilon, added to the root.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights (coupled).</param>
    /// <param name="momentumDecay">psi: how fast mu rises from b1 / 2 towards b1.</param>
    public NAdam(float lr = 2e-3f, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0, float momentumDecay = 4e-3f)
        : base(lr, weightDecay)
    {
        Beta1 = Fraction(beta1, nameof(beta1));
        Beta2 = Fraction(beta2, nameof(beta2));
        Epsilon = Positive(epsilon, nameof(epsilon));
        MomentumDecay = NotNegative(momentumDecay, nameof(momentumDecay));
    }

    /// <summary>b1.</summary>
    public float Beta1 { get; }

    /// <summary>b2.</summary>
    public float Beta2 { get; }

    /// <summary>epsilon.</summary>
    public float Epsilon { get; }

    /// <summary>psi.</summary>
    public float MomentumDecay { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new State(this, stack, limits);

    private sealed unsafe class State(NAdam nadam, LayerStack stack, UpdateLimits limits) : OptimizerState(nadam, stack, limits, Rule.States)
    {
        private long counted;
        private double product = 1;

        protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads)
        {
            // P depends on the step alone. A resumed run multiplies it again in the same order, so it is no state to save.
            if (counted >= step)
            {
                counted = 0;
                product = 1;
            }

            while (counted < step)
            {
                product *= Momentum(++counted);
            }

            double next = Momentum(step + 1);
            return Apply(
                new Rule(
                    nadam.Beta1,
                    nadam.Beta2,
                    nadam.Epsilon,
                    (float)(learningRate * next / (1 - (product * next))),
                    (float)(learningRate * (1 - Momentum(step)) / (1 - product)),
                    (float)(1 / Math.Sqrt(1 - Math.Pow(nadam.Beta2, step)))),
                parameters,
                gradients,
                threads);
        }

        private double Momentum(long step) => nadam.Beta1 * (1 - (0.5 * Math.Pow(0.96, step * (double)nadam.MomentumDecay)));
    }

    /// <summary>The numbers of one step; the states are m and v.</summary>
    private readonly struct Rule(float beta1, float beta2, float epsilon, float ofMoment, float ofGradient, float rootFactor) : IUpdateRule
    {
        public static int States => 2;

        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(beta1, beta2, epsilon, ofMoment, ofGradient, rootFactor), range);
    }

    private readonly struct Formula<TSimd, TVec>(float beta1, float beta2, float epsilon, float ofMoment, float ofGradient, float rootFactor) : IUpdateFormula<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        public static int States => Rule.States;

        private readonly TVec firstKept = TSimd.Broadcast(beta1);
        private readonly TVec firstShare = TSimd.Broadcast(1 - beta1);
        private readonly TVec secondKept = TSimd.Broadcast(beta2);
        private readonly TVec secondShare = TSimd.Broadcast(1 - beta2);
        private readonly TVec epsilons = TSimd.Broadcast(epsilon);
        private readonly TVec moments = TSimd.Broadcast(ofMoment);
        private readonly TVec gradients = TSimd.Broadcast(ofGradient);
        private readonly TVec roots = TSimd.Broadcast(rootFactor);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        {
            first = TSimd.MultiplyAdd(firstKept, first, TSimd.Multiply(firstShare, g));
            second = TSimd.MultiplyAdd(secondKept, second, TSimd.Multiply(TSimd.Multiply(secondShare, g), g));
            TVec step = TSimd.MultiplyAdd(moments, first, TSimd.Multiply(gradients, g));
            return TSimd.Subtract(theta, TSimd.Divide(step, TSimd.MultiplyAdd(TSimd.Sqrt(second), roots, epsilons)));
        }
    }
}
