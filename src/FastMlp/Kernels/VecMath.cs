using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// e^x, ln x, tanh x, the logistic function and their kin in float32, on any instruction set.
/// docs/numerics.md has the error of each, swept over all floats, and how the polynomials were made.
/// </summary>
/// <remarks>
/// The coefficients are printed by tools/fit-polynomials.py. Two ideas carry most of the speed:
/// rounding by adding 1.5 2^23 + 127 leaves n + 127 in the low bits, so that one shift makes 2^n;
/// and e^x = p s s with s = 2^n, |ln p| up to ln 2 instead of half of it, reaches from the subnormals to the
/// overflow with one s, at the price of one more coefficient. Products n * Ln2High are exact, so that the
/// reduction is as good without fused multiply-add.
/// </remarks>
internal static class VecMath
{
    /// <summary>1.5 2^23 + 127: adding it rounds to an integer n and leaves n + 127, a float's exponent, in the low bits.</summary>
    private const float RoundToExponent = 12582912f + FloatBits.ExponentBias;

    // ln 2 in two parts; the high one has 15 significant bits, so its product with |n| < 2^8 is exact.
    private const float Ln2High = 0.693145752f;
    private const float Ln2Low = 1.42860677e-6f;
    private const float Log2E = 1.44269504f;

    /// <summary>Below this e^x rounds to 0 (from -103.98 on).</summary>
    private const float ExpUnderflow = -105f;

    /// <summary>Above this e^x is infinity (from 88.73 on).</summary>
    private const float ExpOverflow = 89f;

    /// <summary>Below this x e^x rounds to 0.</summary>
    private const float SiluUnderflow = -110f;

    /// <summary>Above this t Phi(-t) rounds to 0 (from 14.36 on).</summary>
    private const float NormalUnderflow = 14.5f;

    private const float SignBit = -0f;
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Exp<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtMost(TSimd.Broadcast(ExpOverflow), TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x));
        TVec p = ExpPolynomial<TSimd, TVec>(Reduce<TSimd, TVec>(x, out TVec n));
        TVec s = TSimd.ShiftToExponent(n);
        return TSimd.Multiply(TSimd.Multiply(p, s), s);
    }

    /// <summary>e^x - 1 for x &lt;= 0 (and NaN), with full relative accuracy near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec ExpMinusOne<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // e^-20 is below half a unit in the last place of 1.
        x = TSimd.AtLeast(TSimd.Broadcast(-20f), x);
        TVec shift = TSimd.Broadcast(RoundToExponent);
        TVec t = TSimd.MultiplyAdd(x, TSimd.Broadcast(Log2E), shift);
        TVec n = TSimd.Subtract(t, shift);
        TVec r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2High), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2Low), r);

        TVec h = TSimd.MultiplyAdd(TSimd.Broadcast(0.0013882519f), r, TSimd.Broadcast(0.00836652052f));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(0.0416672006f));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(0.166665435f));
        h = TSimd.MultiplyAdd(h, r, TSimd.Broadcast(0.49999997f));
        TVec q = TSimd.MultiplyAdd(TSimd.Multiply(r, r), h, r);

        TVec s = TSimd.ShiftToExponent(t);
        return TSimd.MultiplyAdd(s, q, TSimd.Subtract(s, TSimd.Broadcast(1f)));
    }

    /// <summary>tanh x = -E / (E + 2) with E = e^(-2|x|) - 1, given the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Tanh<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec signBit = TSimd.Broadcast(SignBit);
        TVec y = TSimd.Or(x, signBit);
        TVec e = ExpMinusOne<TSimd, TVec>(TSimd.Add(y, y));
        TVec magnitude = TSimd.Abs(TSimd.Divide(e, TSimd.Add(e, TSimd.Broadcast(2f))));
        return TSimd.Or(magnitude, TSimd.And(x, signBit));
    }

    /// <summary>1 / (1 + e^-x), right down to the subnormal tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Sigmoid<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        x = TSimd.AtMost(TSimd.Broadcast(-ExpUnderflow), TSimd.AtLeast(TSimd.Broadcast(ExpUnderflow), x));
        TVec numerator = SigmoidParts<TSimd, TVec>(x, out TVec denominator);
        return TSimd.Divide(numerator, denominator);
    }

    /// <summary>x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Silu<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // x e^x itself rounds to 0 only below -108.7; the limit keeps -infinity from making infinity times 0.
        TVec lower = TSimd.AtLeast(TSimd.Broadcast(SiluUnderflow), x);
        TVec numerator = SigmoidParts<TSimd, TVec>(TSimd.AtMost(TSimd.Broadcast(-SiluUnderflow), lower), out TVec denominator);
        return TSimd.Divide(TSimd.Multiply(lower, numerator), denominator);
    }

    /// <summary>ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Softplus<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec e = Exp<TSimd, TVec>(TSimd.Or(x, TSimd.Broadcast(SignBit)));
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
        TVec p = NormalParts<TSimd, TVec>(t, out TVec s);
        TVec tail = TSimd.Multiply(TSimd.Multiply(p, TSimd.Multiply(t, TailOverNormal<TSimd, TVec>(t))), s);
        return TSimd.Subtract(TSimd.AtLeast(TSimd.Zero, x), TSimd.Multiply(tail, s));
    }

    /// <summary>Phi(x) + x phi(x): the derivative of x Phi(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec GeluDerivative<TSimd, TVec>(TVec x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec signBit = TSimd.Broadcast(SignBit);
        TVec t = TSimd.AtMost(TSimd.Broadcast(NormalUnderflow), TSimd.Abs(x));
        TVec p = NormalParts<TSimd, TVec>(t, out TVec s);

        // At -t it is e^(-t^2 / 2) (M(t) - t / sqrt(2 pi)), at t it is 1 minus that.
        TVec bracket = TSimd.MultiplyAdd(t, TSimd.Broadcast(-0.398942280f), TailOverNormal<TSimd, TVec>(t));
        TVec atMinusT = TSimd.Multiply(TSimd.Multiply(TSimd.Multiply(p, bracket), s), s);
        return TSimd.Select(TSimd.GreaterThan(x, TSimd.Zero), TSimd.Subtract(TSimd.Broadcast(1f), atMinusT), atMinusT);
    }

    /// <summary>r in x = 2 n ln 2 + r, |r| up to ln 2, for x in [-110, 110]; the low bits of <paramref name="t"/> hold n + 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Reduce<TSimd, TVec>(TVec x, out TVec t)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec shift = TSimd.Broadcast(RoundToExponent);
        t = TSimd.MultiplyAdd(x, TSimd.Broadcast(0.5f * Log2E), shift);
        TVec n = TSimd.Subtract(t, shift);
        TVec r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-2f * Ln2High), x);
        return TSimd.MultiplyAdd(n, TSimd.Broadcast(-2f * Ln2Low), r);
    }

    /// <summary>e^r for |r| up to ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec ExpPolynomial<TSimd, TVec>(TVec r)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec p = TSimd.MultiplyAdd(TSimd.Broadcast(0.00019611801f), r, TSimd.Broadcast(0.00141043041f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(0.00833609886f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(0.0416612774f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(0.16666615f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(0.500000358f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1f));
        return TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1f));
    }

    /// <summary>1 / (1 + e^-x) as a quotient, for x in [-110, 110]: with e^x = p s s it is p s / (1 / s + p s), neither of which overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec SigmoidParts<TSimd, TVec>(TVec x, out TVec denominator)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec p = ExpPolynomial<TSimd, TVec>(Reduce<TSimd, TVec>(x, out TVec t));
        TVec shift = TSimd.Broadcast(RoundToExponent);
        TVec inverse = TSimd.ShiftToExponent(TSimd.Subtract(shift, TSimd.Subtract(t, shift)));
        TVec numerator = TSimd.Multiply(p, TSimd.ShiftToExponent(t));
        denominator = TSimd.Add(inverse, numerator);
        return numerator;
    }

    /// <summary>e^(-t^2 / 2) = p s s for t in [0, 14.5].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec NormalParts<TSimd, TVec>(TVec t, out TVec s)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // t^2 = h^2 + (t - h) (t + h): h has 12 significant bits, so its square is exact; the rest is small.
        TVec h = TSimd.And(t, TSimd.Broadcast(BitConverter.UInt32BitsToSingle(0xFFFF_F000)));
        TVec halfNegative = TSimd.Multiply(h, TSimd.Broadcast(-0.5f));
        TVec rest = TSimd.Multiply(TSimd.Subtract(t, h), TSimd.MultiplyAdd(t, TSimd.Broadcast(-0.5f), halfNegative));
        TVec r = Reduce<TSimd, TVec>(TSimd.Multiply(halfNegative, h), out TVec n);
        s = TSimd.ShiftToExponent(n);
        return ExpPolynomial<TSimd, TVec>(TSimd.Add(r, rest));
    }

    /// <summary>Phi(-t) e^(t^2 / 2) for t in [0, 14.5]: smooth, from 1/2 down as 0.4 / t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec TailOverNormal<TSimd, TVec>(TVec t)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec p = TSimd.MultiplyAdd(TSimd.Broadcast(0.000887074682f), t, TSimd.Broadcast(0.0116196927f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.0712040812f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.250324994f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.507259071f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.5f));
        TVec q = TSimd.MultiplyAdd(TSimd.Broadcast(0.00222356943f), t, TSimd.Broadcast(0.0291260611f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.180711374f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.656497717f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1.44673824f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1.81240273f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(1f));
        return TSimd.Divide(p, q);
    }
}
