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
    /// <summary>rowLoss = sum of (a - y)^2, delta = (a - y) scale: the factor 1/2 or 2/n of a named loss is the caller's.</summary>
    public static void Quadratic(float* a, float* targets, float* delta, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) =>
        Isa.Run(new RowsKernel<QuadraticLoss>(a, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale));

    /// <summary>From logits z: a = sigmoid(z), rowLoss = sum of max(z, 0) - y z + ln(1 + e^-|z|), delta = (a - y) scale. a may be z.</summary>
    public static void SigmoidCrossEntropy(float* z, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) =>
        Isa.Run(new RowsKernel<SigmoidCrossEntropyLoss>(z, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale));

    /// <summary>From any outputs a: rowLoss = -sum of y ln a, delta = -(y / a) scale; a is taken as at least 1.2 10^-38.</summary>
    public static void CrossEntropyGradient(float* a, float* targets, float* delta, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) =>
        Isa.Run(new RowsKernel<CrossEntropyLoss>(a, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale));

    /// <summary>
    /// From any outputs a in [0, 1]: rowLoss = -sum of y ln a + (1 - y) ln(1 - a), delta = (a - y) / (a (1 - a)) scale;
    /// a and 1 - a are taken as at least 1.2 10^-38.
    /// </summary>
    public static void BinaryCrossEntropyGradient(float* a, float* targets, float* delta, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) =>
        Isa.Run(new RowsKernel<BinaryCrossEntropyLoss>(a, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale));

    /// <summary>The one loop: sums run over vectors from left to right, so the bits of a row depend on its contents alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows<TSimd, TVec, TLoss>(
        float* input, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale)
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
                TVec loss = TLoss.Loss<TSimd, TVec>(x, y, ref value, out TVec gradient);
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

    /// <summary>One element's loss and gradient.</summary>
    internal interface IElementLoss
    {
        /// <summary>Whether the input is z, and a = g(z) is written too.</summary>
        static abstract bool WritesActivation { get; }

        /// <summary>l(x, y) and its gradient; <paramref name="value"/> is set where <see cref="WritesActivation"/>.</summary>
        static abstract TVec Loss<TSimd, TVec>(TVec x, TVec y, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged;
    }

    internal readonly struct QuadraticLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVec Loss<TSimd, TVec>(TVec x, TVec y, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            gradient = TSimd.Subtract(x, y);
            return TSimd.Multiply(gradient, gradient);
        }
    }

    internal readonly struct SigmoidCrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVec Loss<TSimd, TVec>(TVec x, TVec y, ref TVec value, out TVec gradient)
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

    internal readonly struct CrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVec Loss<TSimd, TVec>(TVec x, TVec y, ref TVec value, out TVec gradient)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec clamped = TSimd.AtLeast(TSimd.Broadcast(SmallestNormal), x);
            TVec negative = TSimd.Negate(y);
            gradient = TSimd.Divide(negative, clamped);
            return TSimd.Multiply(negative, VecMath.Log<TSimd, TVec>(clamped));
        }
    }

    internal readonly struct BinaryCrossEntropyLoss : IElementLoss
    {
        public static bool WritesActivation => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVec Loss<TSimd, TVec>(TVec x, TVec y, ref TVec value, out TVec gradient)
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

    /// <summary>The least float with full precision: a probability of 0 counts as this much, so that ln and the quotient stay finite.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    private readonly struct RowsKernel<TLoss>(
        float* input, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) : IVectorKernel
        where TLoss : struct, IElementLoss
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged =>
            Rows<TSimd, TVec, TLoss>(input, targets, delta, a, rowLoss, m, n, ld, ldTargets, scale);
    }
}
