using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// e^x, ln x, tanh x, the logistic function and their kin in float32, on any instruction set.
/// docs/numerics.md has the error of each, swept over all floats, and how the polynomials were made.
/// </summary>
/// <remarks>
/// All exponentials share one reduction: e^x = 2^n (1 + q), |ln(1 + q)| up to ln 2 / 2. Rounding by adding
/// 1.5 2^23 + 127 + b leaves n + b, biased as in a float, in the low bits, so that one shift makes s = 2^(n + b);
/// s q + s then rounds once. The offset b moves a result that would be subnormal, or overflow, among the normal
/// numbers until the last operation. Products n * Ln2High are exact, so that the reduction is as good without
/// fused multiply-add. The coefficients are printed by tools/fit-polynomials.py.
/// </remarks>
internal static class VecMath
{
    /// <summary>1.5 2^23 + 127: adding it rounds to an integer n and leaves n as a float's exponent in the low bits.</summary>
    private const float RoundToExponent = 12582912f + FloatBits.ExponentBias;

    /// <summary>The offset b for results down to the subnormals: n from -152 to 58 becomes a normal exponent.</summary>
    private const float Raise = 64f;
    private const float RaisedOne = 18446744073709551616f;

    // ln 2 in two parts; the high one has 15 significant bits, so its product with |n| < 2^8 is exact.
    private const float Ln2High = 0.693145752f;
    private const float Ln2Low = 1.42860677e-6f;
    private const float Log2E = 1.44269504f;

    /// <summary>ln 2 as a float: 21 significant bits happen to suffice, so its products with n up to 8 are exact.</summary>
    private const float Ln2 = 0.693147182f;

    // e^r - 1 = r + r^2 (Q2 + Q3 r + Q4 r^2 + Q5 r^3 + Q6 r^4) for |r| up to ln 2 / 2.
    private const float Q2 = 0.49999997f;
    private const float Q3 = 0.166665435f;
    private const float Q4 = 0.0416672006f;
    private const float Q5 = 0.00836652052f;
    private const float Q6 = 0.0013882519f;

    /// <summary>Above this tanh rounds to 1 (from 9.02 on).</summary>
    private const float TanhSaturation = 10f;

    /// <summary>Below this e^x rounds to 0 (from -103.98 on).</summary>
    private const float ExpUnderflow = -105f;

    /// <summary>Above this e^x is infinity (from 88.73 on).</summary>
    private const float ExpOverflow = 89f;

    /// <summary>Above this t Phi(-t) rounds to 0 (from 14.36 on).</summary>
    private const float NormalUnderflow = 14.5f;

    /// <summary>Above this 1 + e^-x rounds to 1 (from 16.7 on), and <see cref="Raise"/> still has room.</summary>
    private const float SigmoidSaturation = 20f;

    private const float SignBit = -0f;
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Exp<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtMost(TSimd.Broadcast(ExpOverflow), TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x));
        TVec negative = TSimd.GreaterThan(TSimd.Zero, x);

        // n reaches 128, one more than an exponent holds, and -152: so b is -1 for x >= 0.
        TVec shift = TSimd.Select(negative, TSimd.Broadcast(RoundToExponent + Raise), TSimd.Broadcast(RoundToExponent - 1f));
        TVec scale = TSimd.Select(negative, TSimd.Broadcast(1f / RaisedOne), TSimd.Broadcast(2f));
        TVec q = Reduce<TSimd, TVec>(x, shift, out TVec s);
        return TSimd.Multiply(TSimd.MultiplyAdd(s, q, s), scale);
    }

    /// <summary>e^x for x &lt;= 0 (and NaN): the one that softmax and softplus need, a few instructions shorter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec ExpOfNegative<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x);
        TVec q = Reduce<TSimd, TVec>(x, TSimd.Broadcast(RoundToExponent + Raise), out TVec s);
        return TSimd.Multiply(TSimd.MultiplyAdd(s, q, s), TSimd.Broadcast(1f / RaisedOne));
    }

    /// <summary>e^x - 1 for x &lt;= 0 (and NaN), with full relative accuracy near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec ExpMinusOneOfNegative<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec q = ReduceSaturating<TSimd, TVec>(x, out TVec s);
        return TSimd.MultiplyAdd(s, q, TSimd.Subtract(s, TSimd.Broadcast(1f)));
    }

    /// <summary>
    /// tanh x = (1 - e) / (1 + e) with e = e^(-2|x|), given the sign of x. As e = 2^-n (1 + 2 q), that is
    /// (w - 1/2 - q) / (w + 1/2 + q) with w = 2^(n - 1).
    /// </summary>
    /// <remarks>
    /// w - 1/2 and w + 1/2 are exact (to where q no longer counts), so numerator and denominator are rounded once, and apart, not one
    /// from the other: that keeps the quotient within 2 ulp near 1. The constants stand where they are used: as locals, the JIT copied
    /// them in each iteration of a loop and had to spill four. 9.9 cycles a vector instead of 14.9 for (s q + (s - 1)) / (s q + (s + 1)) (AVX2, Zen 3).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Tanh<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec y = TSimd.AtLeast(TSimd.Broadcast(-TanhSaturation), TSimd.Or(x, TSimd.Broadcast(SignBit)));
        TVec t = TSimd.MultiplyAdd(y, TSimd.Broadcast(-2f * Log2E), TSimd.Broadcast(RoundToExponent - 1f));
        TVec w = TSimd.ShiftToExponent(t);
        TVec n = TSimd.Subtract(t, TSimd.Broadcast(RoundToExponent - 1f));
        TVec r = TSimd.MultiplyAdd(n, TSimd.Broadcast(0.5f * Ln2), y);

        // q = (e^(2r) - 1) / 2, from the polynomial of e^r - 1 with powers of 2 in its coefficients.
        TVec h = TSimd.MultiplyAdd(TSimd.Broadcast(32f * Q6), r, TSimd.Broadcast(16f * Q5));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(8f * Q4));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(4f * Q3));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(2f * Q2));
        TVec q = TSimd.MultiplyAdd(TSimd.Multiply(r, r), h, r);
        TVec quotient = TSimd.Divide(
            TSimd.Subtract(TSimd.Subtract(w, TSimd.Broadcast(0.5f)), q),
            TSimd.Add(TSimd.Add(w, TSimd.Broadcast(0.5f)), q));
        return TSimd.Or(quotient, TSimd.And(x, TSimd.Broadcast(SignBit)));
    }

    /// <summary>1 / (1 + e^-x), right down to the subnormal tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Sigmoid<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtMost(TSimd.Broadcast(SigmoidSaturation), TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x));
        TVec q = Reduce<TSimd, TVec>(x, TSimd.Broadcast(RoundToExponent + Raise), out TVec s);
        TVec raised = TSimd.MultiplyAdd(s, q, s);
        return TSimd.Divide(raised, TSimd.Add(raised, TSimd.Broadcast(RaisedOne)));
    }

    /// <summary>x / (1 + e^-x); below -87, where it is under 10^-36, with the absolute error of 2^-142 that the factor's subnormals leave.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Silu<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // The limit keeps -infinity from making infinity times 0.
        return TSimd.Multiply(TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x), Sigmoid<TSimd, TVec>(x));
    }

    /// <summary>ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Softplus<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec e = ExpOfNegative<TSimd, TVec>(TSimd.Or(x, TSimd.Broadcast(SignBit)));
        return TSimd.Add(TSimd.AtLeast(TSimd.Zero, x), LogOnePlus<TSimd, TVec>(e));
    }

    /// <summary>ln(1 + e) for e in [0, 1] (and NaN), with full relative accuracy near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec LogOnePlus<TSimd, TVec>(TVec e)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec h = TSimd.MultiplyAdd(TSimd.Broadcast(-0.00331848185f), e, TSimd.Broadcast(0.020204626f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(-0.057664521f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(0.10680563f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(-0.153554007f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(0.196954027f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(-0.249585882f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(0.33330512f));
        h = TSimd.MultiplyAdd(h, e, TSimd.Broadcast(-0.499999315f));
        return TSimd.MultiplyAdd(TSimd.Multiply(e, e), h, e);
    }

    /// <summary>ln x; NaN for x &lt; 0, -infinity for 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Log<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // A subnormal is brought among the normal numbers by 2^23.
        TVec tiny = TSimd.GreaterThan(TSimd.Broadcast(SmallestNormal), x);
        TVec n = TSimd.SplitExponent(TSimd.Select(tiny, TSimd.Multiply(x, TSimd.Broadcast(8388608f)), x), out TVec mantissa);
        n = TSimd.Subtract(n, TSimd.And(tiny, TSimd.Broadcast(23f)));

        TVec f = TSimd.Subtract(mantissa, TSimd.Broadcast(1f));
        TVec h = TSimd.MultiplyAdd(TSimd.Broadcast(-0.0763454288f), f, TSimd.Broadcast(0.127616003f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(-0.131601751f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(0.142017543f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(-0.166233584f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(0.200012267f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(-0.250008196f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(0.333333313f));
        h = TSimd.MultiplyAdd(h, f, TSimd.Broadcast(-0.5f));
        TVec small = TSimd.MultiplyAdd(TSimd.Multiply(f, f), h, TSimd.Multiply(n, TSimd.Broadcast(Ln2Low)));
        TVec log = TSimd.MultiplyAdd(n, TSimd.Broadcast(Ln2High), TSimd.Add(small, f));

        TVec infinity = TSimd.Broadcast(float.PositiveInfinity);
        TVec other = TSimd.Select(TSimd.Equal(x, TSimd.Zero), TSimd.Negate(infinity), TSimd.Broadcast(float.NaN));
        return TSimd.Select(TSimd.GreaterThan(x, TSimd.Zero), TSimd.Select(TSimd.Equal(x, infinity), x, log), other);
    }

    /// <summary>x Phi(x) = max(0, x) - |x| Phi(-|x|), Phi the standard normal distribution function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Gelu<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec t = TSimd.AtMost(TSimd.Broadcast(NormalUnderflow), TSimd.Abs(x));
        TVec tail = TSimd.Multiply(RaisedNormal<TSimd, TVec>(t), TSimd.Multiply(t, TailOverNormal<TSimd, TVec>(t)));
        return TSimd.Subtract(TSimd.AtLeast(TSimd.Zero, x), TSimd.Multiply(tail, TSimd.Broadcast(1f / RaisedOne)));
    }

    /// <summary>Phi(x) + x phi(x): the derivative of x Phi(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec GeluDerivative<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec t = TSimd.AtMost(TSimd.Broadcast(NormalUnderflow), TSimd.Abs(x));

        // At -t it is e^(-t^2 / 2) (M(t) - t / sqrt(2 pi)), at t it is 1 minus that.
        TVec bracket = TSimd.MultiplyAdd(t, TSimd.Broadcast(-0.398942280f), TailOverNormal<TSimd, TVec>(t));
        TVec raised = TSimd.Multiply(RaisedNormal<TSimd, TVec>(t), bracket);
        TVec atMinusT = TSimd.Multiply(raised, TSimd.Broadcast(1f / RaisedOne));
        return TSimd.Select(TSimd.GreaterThan(x, TSimd.Zero), TSimd.Subtract(TSimd.Broadcast(1f), atMinusT), atMinusT);
    }

    /// <summary>q in e^x = 2^n (1 + q), and s = 2^(n + b) where shift is RoundToExponent + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Reduce<TSimd, TVec>(TVec x, TVec shift, out TVec s)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec n = Quotient<TSimd, TVec>(x, shift, out s);
        return ExpMinusOnePolynomial<TSimd, TVec>(Remainder<TSimd, TVec>(x, n));
    }

    /// <summary>q and s = 2^n for e^x - 1, x &lt;= 0: from -20 on e^x is below half an ulp of 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec ReduceSaturating<TSimd, TVec>(TVec x, out TVec s)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtLeast(TSimd.Broadcast(-20f), x);
        return Reduce<TSimd, TVec>(x, TSimd.Broadcast(RoundToExponent), out s);
    }

    /// <summary>2^64 e^(-t^2 / 2) for t in [0, 14.5].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec RaisedNormal<TSimd, TVec>(TVec t)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // t^2 = h^2 + (t - h) (t + h): h has 12 significant bits, so its square is exact; the rest is small.
        TVec h = TSimd.And(t, TSimd.Broadcast(BitConverter.UInt32BitsToSingle(0xFFFF_F000)));
        TVec halfNegative = TSimd.Multiply(h, TSimd.Broadcast(-0.5f));
        TVec rest = TSimd.Multiply(TSimd.Subtract(t, h), TSimd.MultiplyAdd(t, TSimd.Broadcast(-0.5f), halfNegative));
        TVec exact = TSimd.Multiply(halfNegative, h);
        TVec n = Quotient<TSimd, TVec>(TSimd.Add(exact, rest), TSimd.Broadcast(RoundToExponent + Raise), out TVec s);
        TVec q = ExpMinusOnePolynomial<TSimd, TVec>(TSimd.Add(Remainder<TSimd, TVec>(exact, n), rest));
        return TSimd.MultiplyAdd(s, q, s);
    }

    /// <summary>n, the integer nearest to x / ln 2, and s = 2^(n + b) where shift is RoundToExponent + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Quotient<TSimd, TVec>(TVec x, TVec shift, out TVec s)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec t = TSimd.MultiplyAdd(x, TSimd.Broadcast(Log2E), shift);
        s = TSimd.ShiftToExponent(t);
        return TSimd.Subtract(t, shift);
    }

    /// <summary>x - n ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Remainder<TSimd, TVec>(TVec x, TVec n)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2Low), TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2High), x));

    /// <summary>e^r - 1 for |r| up to ln 2 / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec ExpMinusOnePolynomial<TSimd, TVec>(TVec r)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec h = TSimd.MultiplyAdd(TSimd.Broadcast(Q6), r, TSimd.Broadcast(Q5));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(Q4));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(Q3));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(Q2));
        return TSimd.MultiplyAdd(TSimd.Multiply(r, r), h, r);
    }

    /// <summary>Phi(-t) e^(t^2 / 2) for t in [0, 14.5]: smooth, from 1/2 down as 0.4 / t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec TailOverNormal<TSimd, TVec>(TVec t)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec p = TSimd.MultiplyAdd(TSimd.Broadcast(0.0041163112f), t, TSimd.Broadcast(0.0406332351f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.183235154f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.438294977f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.5f));
        TVec q = TSimd.MultiplyAdd(TSimd.Broadcast(0.0103179421f), t, TSimd.Broadcast(0.101858862f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.46947068f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1.2025032f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1.67447495f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1f));
        return TSimd.Divide(p, q);
    }
}
