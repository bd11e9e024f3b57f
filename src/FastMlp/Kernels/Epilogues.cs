using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>C &lt;- A B.</summary>
internal readonly unsafe struct Store : IEpilogue
{
    public nint PairOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => sum;
}

/// <summary>C &lt;- g(A B + bias), bias of one value for each column (padded like the panels).</summary>
internal readonly unsafe struct BiasActivate<TActivation>(TActivation activation, float* bias) : IEpilogue
    where TActivation : struct, IActivation
{
    public nint PairOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => activation.Value<TSimd, TVec>(TSimd.Add(sum, TSimd.Load(bias + column)));
}

/// <summary>C &lt;- g(A B + bias) for rows on their side, where a column of C is a unit and has one bias.</summary>
internal readonly unsafe struct BiasActivateUnit<TActivation>(TActivation activation, float* bias) : IEpilogue
    where TActivation : struct, IActivation
{
    public nint PairOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => activation.Value<TSimd, TVec>(TSimd.Add(sum, TSimd.Broadcast(bias[column])));
}

/// <summary>C &lt;- (A B) * g'(z), element by element: the derivative of the layer below. z and a have C's strides.</summary>
/// <param name="activation">g.</param>
/// <param name="zOffset">z - C, in floats; anything where g' needs only a.</param>
/// <param name="aOffset">a - C, in floats.</param>
internal readonly unsafe struct MultiplyByDerivative<TActivation>(TActivation activation, nint zOffset, nint aOffset) : IEpilogue
    where TActivation : struct, IActivation
{
    public nint PairOffset => aOffset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec a = TSimd.Load(c + aOffset);
        TVec z = TActivation.DerivativeNeedsZ ? TSimd.Load(c + zOffset) : a;
        return TSimd.Multiply(sum, activation.Derivative<TSimd, TVec>(z, a));
    }
}

/// <summary>
/// C &lt;- C - rate A B: gradient descent in the store of its own dW, which is then never written to memory. Element by
/// element the formula of <see cref="Update"/> with plain SGD, so the bits are the same. No new value may leave the range of a float.
/// </summary>
/// <param name="rate">eta.</param>
/// <remarks>There is no decay here: its multiply-add costs every step of a narrow network 5 %, decay or not.</remarks>
internal readonly unsafe struct Descend(float rate) : IEpilogue
{
    public nint PairOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        => TSimd.MultiplyAdd(TSimd.Broadcast(-rate), sum, TSimd.Load(c));
}
