namespace FastMlp.Simd;

/// <summary>
/// One instruction set, as a policy: what a kernel body may ask of a vector of <see cref="Width"/> float lanes.
/// A kernel is written once over <c>TSimd, TVec</c>; the JIT makes one machine-code body for each policy.
/// </summary>
/// <remarks>
/// Masks are vectors whose lanes are all ones or all zeros, as in the instruction sets themselves.
/// Arithmetic is IEEE float32; <see cref="MultiplyAdd"/> is fused where the hardware has a fused form and is a
/// product and a sum elsewhere, so results may differ between instruction sets but never within one.
/// </remarks>
internal unsafe interface ISimd<TVec>
    where TVec : unmanaged
{
    /// <summary>Float lanes in a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Architectural vector registers that the microkernel may plan with.</summary>
    static abstract int Registers { get; }

    /// <summary>Whether the running hardware (and its switches) accelerate this policy.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>The name that <c>fastmlp info</c> and the tests show.</summary>
    static abstract string Name { get; }

    static abstract TVec Zero { get; }

    static abstract TVec Broadcast(float value);

    static abstract TVec Load(float* source);

    static abstract void Store(float* destination, TVec value);

    /// <summary>The first <paramref name="count"/> lanes from memory (1 to Width - 1), the others 0; reads nothing beyond.</summary>
    static abstract TVec LoadPartial(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes (1 to Width - 1); writes nothing beyond.</summary>
    static abstract void StorePartial(float* destination, TVec value, int count);

    /// <summary>Asks for the cache line of an address, which need not be valid.</summary>
    static abstract void Prefetch(float* address);

    static abstract TVec Add(TVec a, TVec b);

    static abstract TVec Subtract(TVec a, TVec b);

    static abstract TVec Multiply(TVec a, TVec b);

    static abstract TVec Divide(TVec a, TVec b);

    /// <summary>a b + c.</summary>
    static abstract TVec MultiplyAdd(TVec a, TVec b, TVec c);

    static abstract TVec Sqrt(TVec a);

    static abstract TVec Abs(TVec a);

    static abstract TVec Negate(TVec a);

    /// <summary>The smaller; NaN if either is NaN.</summary>
    static abstract TVec Min(TVec a, TVec b);

    /// <summary>The larger; NaN if either is NaN.</summary>
    static abstract TVec Max(TVec a, TVec b);

    /// <summary>x, but at most <paramref name="limit"/> (not NaN); a NaN x stays NaN. One instruction, unlike <see cref="Min"/>.</summary>
    static abstract TVec AtMost(TVec limit, TVec x);

    /// <summary>x, but at least <paramref name="limit"/> (not NaN); a NaN x stays NaN. One instruction, unlike <see cref="Max"/>.</summary>
    static abstract TVec AtLeast(TVec limit, TVec x);

    /// <summary>To the nearest integer, ties to even, as a float.</summary>
    static abstract TVec Round(TVec a);

    static abstract TVec GreaterThan(TVec a, TVec b);

    static abstract TVec GreaterThanOrEqual(TVec a, TVec b);

    static abstract TVec Equal(TVec a, TVec b);

    /// <summary>mask ? whenTrue : whenFalse, lane by lane.</summary>
    static abstract TVec Select(TVec mask, TVec whenTrue, TVec whenFalse);

    /// <summary>Whether every lane of a mask is set.</summary>
    static abstract bool AllTrue(TVec mask);

    static abstract TVec And(TVec a, TVec b);

    static abstract TVec Or(TVec a, TVec b);

    /// <summary>The mask that is true in the first <paramref name="count"/> lanes (any int).</summary>
    static abstract TVec FirstLanes(int count);

    /// <summary>
    /// The low 9 bits of each lane as the sign and exponent of a float with a zero fraction: 2^n when a is
    /// 1.5 2^23 + 127 + n, n integral in [-126, 127], which is where the sum that rounds to an integer leaves it.
    /// </summary>
    static abstract TVec ShiftToExponent(TVec a);

    /// <summary>2^n for integral n in [-126, 127]; anything else is undefined.</summary>
    static abstract TVec PowerOfTwo(TVec n);

    /// <summary>The lower 16 bits of each lane as the upper half of a float whose lower half is 0: a bfloat16 widened.</summary>
    static abstract TVec LowerHalves(TVec words);

    /// <summary>The same of the upper 16 bits.</summary>
    static abstract TVec UpperHalves(TVec words);

    /// <summary>
    /// Splits a positive normal x into x = mantissa 2^exponent, mantissa in [sqrt(1/2), sqrt(2)).
    /// </summary>
    static abstract TVec SplitExponent(TVec x, out TVec mantissa);

    /// <summary>The sum of the lanes, in an order fixed by the policy.</summary>
    static abstract float Sum(TVec a);

    /// <summary>The largest lane; NaN if any lane is NaN.</summary>
    static abstract float MaxAcross(TVec a);
}
