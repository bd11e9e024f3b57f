using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Losses that are sums over the elements of a row: rowLoss[i] = sum over j of l(input, y), delta = dl scale.</summary>
/// <remarks>
/// input[m,n], a[m,n] and delta[m,n] have rows of ld floats, y[m,n] of ldTargets. The row losses are not scaled;
/// the caller adds them in double. delta may be the input; nothing past the n columns is read or written.
/// </remarks>
internal static unsafe class LossKernels
{
    /// <summary>The loss over m rows; a is written where the loss takes z, and may be the input.</summary>
    public static void Evaluate<TLoss>(TLoss loss, float* input, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale)
        where TLoss : struct, IElementLoss =>
        Isa.Dispatch(new RowsKernel<TLoss>(loss, input, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale));

    /// <summary>Makes something of a loss as a type: the only switch over losses that look at one element alone. Binary cross-entropy has forms of its own.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="constant">That of a Huber loss.</param>
    /// <param name="levels">Those of a quantile loss, one for each column.</param>
    /// <param name="maker">What is made.</param>
    public static void Make<TMaker>(LossKind kind, float constant, float* levels, TMaker maker)
        where TMaker : struct, IMaker
    {
        switch (kind)
        {
            case LossKind.Quadratic or LossKind.MeanSquaredError:
                maker.Make(default(QuadraticLoss));
                break;
            case LossKind.CrossEntropy:
                maker.Make(default(CrossEntropyLoss));
                break;
            case LossKind.BinaryCrossEntropy:
                maker.Make(default(BinaryCrossEntropyLoss));
                break;
            case LossKind.MeanAbsoluteError:
                maker.Make(default(AbsoluteLoss));
                break;
            case LossKind.Huber:
                maker.Make(new HuberLoss(constant));
                break;
            case LossKind.LogCosh:
                maker.Make(default(LogCoshLoss));
                break;
            case LossKind.Poisson:
                maker.Make(default(PoissonLoss));
                break;
            case LossKind.LogPoisson:
                maker.Make(default(LogPoissonLoss));
                break;
            case LossKind.Quantile:
                maker.Make(new QuantileLoss(levels));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such loss of one element alone.");
        }
    }

    /// <summary>delta[i,:] = delta[i,:] factors[i].</summary>
    public static void ScaleRows(float* delta, float* factors, int m, int n, nint ld) => Isa.Dispatch(new ScaleKernel(delta, factors, m, n, ld));

    /// <summary>The one loop: sums run over vectors from left to right, so the bits of a row depend on its contents alone.</summary>
    [MethodImpl(Compile.Loop)]
    internal static void Rows<TSimd, TVec, TLoss>(
        TLoss element, float* input, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TLoss : struct, IElementLoss
    {
        TVec scales = TSimd.Broadcast(scale);
        for (int i = 0; i < m; i++, input += ld, targets += ldTargets, delta += ld, a += ld)
        {
            TVec sum = TSimd.Zero;
            for (int j = 0; j < n; j += TSimd.Width)
            {
                int remaining = n - j;
                TVec x = Tail.Load<TSimd, TVec>(input + j, remaining);
                TVec y = Tail.Load<TSimd, TVec>(targets + j, remaining);
                TVec value = x;
                TVec loss = element.Loss<TSimd, TVec>(x, y, j, remaining, ref value, out TVec gradient);
                sum = TSimd.Add(sum, remaining >= TSimd.Width ? loss : TSimd.And(TSimd.FirstLanes(remaining), loss));
                if (TLoss.WritesActivation)
                {
                    Tail.Store<TSimd, TVec>(a + j, value, remaining);
                }

                Tail.Store<TSimd, TVec>(delta + j, TSimd.Multiply(gradient, scales), remaining);
            }

            rowLoss[i] = TSimd.Sum(sum);
        }
    }

    /// <summary>Makes something of a loss as a type, so that its formula is compiled into it.</summary>
    internal interface IMaker
    {
        void Make<TLoss>(TLoss element)
            where TLoss : struct, IElementLoss;
    }

    /// <summary>One element's loss and gradient.</summary>
    internal interface IElementLoss
    {
        /// <summary>Whether the input is z, and a = g(z) is written too.</summary>
        static abstract bool WritesActivation { get; }

        /// <summary>
        /// l(x, y) and its gradient for the columns from <paramref name="column"/> on, of which <paramref name="remaining"/> are left;
        /// <paramref name="value"/> is set where <see cref="WritesActivation"/>.
        /// </summary>
        TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged;
    }

    /// <summary>(a - y)^2, gradient a - y: the factor 1/2 or 2/n of a named loss is the caller's.</summary>
    internal readonly struct QuadraticLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            gradient = TSimd.Subtract(x, y);
            return TSimd.Multiply(gradient, gradient);
        }
    }

    /// <summary>From logits z: a = sigmoid(z), max(z, 0) - y z + ln(1 + e^-|z|), gradient a - y.</summary>
    internal readonly struct SigmoidCrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            value = VecMath.Sigmoid<TSimd, TVec>(x);
            gradient = TSimd.Subtract(value, y);

            // max(x, 0) - y x without the cancellation at y = 1: x (1 - y) where x > 0, -x y elsewhere.
            TVec positive = TSimd.GreaterThan(x, TSimd.Zero);
            TVec factor = TSimd.Subtract(TSimd.And(positive, TSimd.Broadcast(1f)), y);
            TVec e = VecMath.ExpOfNegative<TSimd, TVec>(TSimd.Negate(TSimd.Abs(x)));
            return TSimd.MultiplyAdd(x, factor, VecMath.LogOnePlus<TSimd, TVec>(e));
        }
    }

    /// <summary>From any outputs a: -y ln a, gradient -(y / a); a is taken as at least 1.2 10^-38.</summary>
    internal readonly struct CrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec clamped = TSimd.AtLeast(TSimd.Broadcast(SmallestNormal), x);
            TVec negative = TSimd.Negate(y);
            gradient = TSimd.Divide(negative, clamped);
            return TSimd.Multiply(negative, VecMath.Log<TSimd, TVec>(clamped));
        }
    }

    /// <summary>
    /// From any outputs a in [0, 1]: -(y ln a + (1 - y) ln(1 - a)), gradient (a - y) / (a (1 - a));
    /// a and 1 - a are taken as at least 1.2 10^-38.
    /// </summary>
    internal readonly struct BinaryCrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec one = TSimd.Broadcast(1f);
            TVec smallest = TSimd.Broadcast(SmallestNormal);
            TVec a = TSimd.AtLeast(smallest, x);
            TVec b = TSimd.AtLeast(smallest, TSimd.Subtract(one, x));
            gradient = TSimd.Divide(TSimd.Subtract(x, y), TSimd.Multiply(a, b));
            TVec right = TSimd.Multiply(TSimd.Subtract(one, y), VecMath.Log<TSimd, TVec>(b));
            return TSimd.Negate(TSimd.MultiplyAdd(y, VecMath.Log<TSimd, TVec>(a), right));
        }
    }

    /// <summary>
    /// <see cref="SigmoidCrossEntropyLoss"/> with weights p of y and q of 1 - y for each column: from logits z, a = sigmoid(z),
    /// p y ln(1 + e^-z) + q (1 - y) ln(1 + e^z), gradient q (1 - y) a - p y (1 - a).
    /// </summary>
    internal readonly struct WeightedSigmoidCrossEntropyLoss(float* positive, float* negative) : IElementLoss
    {
        public static bool WritesActivation => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec right = TSimd.Multiply(Tail.Load<TSimd, TVec>(positive + column, remaining), y);
            TVec wrong = TSimd.Multiply(Tail.Load<TSimd, TVec>(negative + column, remaining), TSimd.Subtract(TSimd.Broadcast(1f), y));
            value = VecMath.Sigmoid<TSimd, TVec>(x);
            TVec complement = VecMath.Sigmoid<TSimd, TVec>(TSimd.Negate(x));
            gradient = TSimd.Subtract(TSimd.Multiply(wrong, value), TSimd.Multiply(right, complement));
            TVec falls = VecMath.Softplus<TSimd, TVec>(TSimd.Negate(x));
            return TSimd.MultiplyAdd(right, falls, TSimd.Multiply(wrong, VecMath.Softplus<TSimd, TVec>(x)));
        }
    }

    /// <summary><see cref="BinaryCrossEntropyLoss"/> with weights p of y and q of 1 - y for each column.</summary>
    internal readonly struct WeightedBinaryCrossEntropyLoss(float* positive, float* negative) : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec one = TSimd.Broadcast(1f);
            TVec smallest = TSimd.Broadcast(SmallestNormal);
            TVec right = TSimd.Multiply(Tail.Load<TSimd, TVec>(positive + column, remaining), y);
            TVec wrong = TSimd.Multiply(Tail.Load<TSimd, TVec>(negative + column, remaining), TSimd.Subtract(one, y));
            TVec a = TSimd.AtLeast(smallest, x);
            TVec b = TSimd.AtLeast(smallest, TSimd.Subtract(one, x));
            gradient = TSimd.Subtract(TSimd.Divide(wrong, b), TSimd.Divide(right, a));
            TVec falls = TSimd.Multiply(wrong, VecMath.Log<TSimd, TVec>(b));
            return TSimd.Negate(TSimd.MultiplyAdd(right, VecMath.Log<TSimd, TVec>(a), falls));
        }
    }

    /// <summary>|a - y|, gradient sign(a - y), 0 at 0.</summary>
    internal readonly struct AbsoluteLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec one = TSimd.Broadcast(1f);
            gradient = TSimd.Subtract(TSimd.And(TSimd.GreaterThan(x, y), one), TSimd.And(TSimd.GreaterThan(y, x), one));
            return TSimd.Abs(TSimd.Subtract(x, y));
        }
    }

    /// <summary>d^2 / 2 for |d| at most delta, delta (|d| - delta / 2) beyond, d = a - y; gradient d held within plus or minus delta.</summary>
    internal readonly struct HuberLoss(float delta) : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            // With c the held d, both cases are c (d - c / 2).
            TVec d = TSimd.Subtract(x, y);
            gradient = TSimd.AtMost(TSimd.Broadcast(delta), TSimd.AtLeast(TSimd.Broadcast(-delta), d));
            return TSimd.Multiply(gradient, TSimd.MultiplyAdd(TSimd.Broadcast(-0.5f), gradient, d));
        }
    }

    /// <summary>ln cosh d, d = a - y, gradient tanh d.</summary>
    /// <remarks>
    /// Near 0 it is ln(1 + (cosh d - 1)) with cosh d - 1 = q^2 / (2 (1 - q)), q = 1 - e^-|d|, which keeps its relative accuracy; where that is above 1 it is
    /// |d| + ln(1 + e^(-2|d|)) - ln 2, which does not overflow.
    /// </remarks>
    internal readonly struct LogCoshLoss : IElementLoss
    {
        private const float Ln2 = 0.693147182f;

        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec one = TSimd.Broadcast(1f);
            TVec d = TSimd.Subtract(x, y);
            gradient = VecMath.Tanh<TSimd, TVec>(d);
            TVec size = TSimd.Abs(d);
            TVec q = TSimd.Negate(VecMath.ExpMinusOneOfNegative<TSimd, TVec>(TSimd.Negate(size)));
            TVec e = TSimd.Subtract(one, q);
            TVec excess = TSimd.Divide(TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(0.5f), q), q), e);
            TVec isNear = TSimd.GreaterThan(one, excess);
            TVec log = VecMath.LogOnePlus<TSimd, TVec>(TSimd.Select(isNear, excess, TSimd.Multiply(e, e)));
            return TSimd.Select(isNear, log, TSimd.Add(TSimd.Subtract(size, TSimd.Broadcast(Ln2)), log));
        }
    }

    /// <summary>From the logarithm of a rate: e^a - y a, gradient e^a - y.</summary>
    internal readonly struct LogPoissonLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec rate = VecMath.Exp<TSimd, TVec>(x);
            gradient = TSimd.Subtract(rate, y);
            return TSimd.Subtract(rate, TSimd.Multiply(y, x));
        }
    }

    /// <summary>From a rate: a - y ln a, gradient 1 - y / a; a is taken as at least 1.2 10^-38.</summary>
    internal readonly struct PoissonLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec clamped = TSimd.AtLeast(TSimd.Broadcast(SmallestNormal), x);
            gradient = TSimd.Subtract(TSimd.Broadcast(1f), TSimd.Divide(y, clamped));
            return TSimd.Subtract(x, TSimd.Multiply(y, VecMath.Log<TSimd, TVec>(clamped)));
        }
    }

    /// <summary>max(tau d, (tau - 1) d), d = y - a, tau by column; gradient -tau below y, 1 - tau above, 0 at y.</summary>
    internal readonly struct QuantileLoss(float* levels) : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Loss<TSimd, TVec>(TVec x, TVec y, int column, int remaining, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec tau = Tail.Load<TSimd, TVec>(levels + column, remaining);
            TVec above = TSimd.And(TSimd.GreaterThan(x, y), TSimd.Subtract(TSimd.Broadcast(1f), tau));
            gradient = TSimd.Subtract(above, TSimd.And(TSimd.GreaterThan(y, x), tau));

            // Where neither is greater one of them may be NaN, and the product keeps it.
            return TSimd.Multiply(gradient, TSimd.Subtract(x, y));
        }
    }

    /// <summary>The least float with full precision: a probability of 0 counts as this much, so that ln and the quotient stay finite.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    [MethodImpl(Compile.Loop)]
    private static void ScaleRows<TSimd, TVec>(float* delta, float* factors, int m, int n, nint ld)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (int i = 0; i < m; i++, delta += ld)
        {
            TVec factor = TSimd.Broadcast(factors[i]);
            for (int j = 0; j < n; j += TSimd.Width)
            {
                Tail.Store<TSimd, TVec>(delta + j, TSimd.Multiply(Tail.Load<TSimd, TVec>(delta + j, n - j), factor), n - j);
            }
        }
    }

    private readonly struct RowsKernel<TLoss>(
        TLoss loss, float* input, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) : IVectorKernel
        where TLoss : struct, IElementLoss
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged =>
            Rows<TSimd, TVec, TLoss>(loss, input, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale);
    }

    private readonly struct ScaleKernel(float* delta, float* factors, int m, int n, nint ld) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => ScaleRows<TSimd, TVec>(delta, factors, m, n, ld);
    }
}
