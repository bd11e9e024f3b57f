using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>Loops over single elements: a = g(z) and delta = delta * g'(z).</summary>
/// <remarks>
/// Whole vectors, then one partial vector through the same formula: the bits of an element depend on its
/// value and the instruction set, never on where it lies. Nothing past <c>count</c> is read or written.
/// </remarks>
internal static unsafe class Elementwise
{
    /// <summary>Elements below which a fork costs more than it gains: some 10 us of work for one core.</summary>
    private const nint ForkThreshold = 32 * 1024;

    /// <summary>a[i] = g(z[i]); a may be z.</summary>
    public static void Apply<TActivation>(TActivation g, float* z, float* a, nint count)
        where TActivation : struct, IActivation => Isa.Run(new ApplyKernel<TActivation>(g, z, a, count));

    /// <summary>The same on up to <paramref name="threads"/> threads.</summary>
    public static void Apply<TActivation>(TActivation g, float* z, float* a, nint count, int threads)
        where TActivation : unmanaged, IActivation
    {
        if (threads <= 1 || count < ForkThreshold)
        {
            Apply(g, z, a, count);
            return;
        }

        ApplyKernel<TActivation> whole = new(g, z, a, count);
        WorkerPool.Shared.Run(threads, &ApplyPart<TActivation>, &whole);
    }

    /// <summary>delta[i] = delta[i] g'(z[i]), from a[i] = g(z[i]); z may be null unless the derivative needs it.</summary>
    public static void MultiplyByDerivative<TActivation>(TActivation g, float* z, float* a, float* delta, nint count)
        where TActivation : struct, IActivation => Isa.Run(new DerivativeKernel<TActivation>(g, z, a, delta, count));

    /// <summary>a[i] = g(z[i]) on a given instruction set.</summary>
    [MethodImpl(Compile.Loop)]
    internal static void Apply<TSimd, TVec, TActivation>(TActivation g, float* z, float* a, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(a + i, g.Value<TSimd, TVec>(TSimd.Load(z + i)));
        }

        int rest = (int)(count - i);
        if (rest > 0)
        {
            TSimd.StorePartial(a + i, g.Value<TSimd, TVec>(TSimd.LoadPartial(z + i, rest)), rest);
        }
    }

    /// <inheritdoc cref="MultiplyByDerivative{TActivation}"/>
    [MethodImpl(Compile.Loop)]
    internal static void MultiplyByDerivative<TSimd, TVec, TActivation>(TActivation g, float* z, float* a, float* delta, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TVec derivative = g.Derivative<TSimd, TVec>(
                TActivation.DerivativeNeedsZ ? TSimd.Load(z + i) : TSimd.Zero,
                TSimd.Load(a + i));
            TSimd.Store(delta + i, TSimd.Multiply(TSimd.Load(delta + i), derivative));
        }

        int rest = (int)(count - i);
        if (rest > 0)
        {
            TVec derivative = g.Derivative<TSimd, TVec>(
                TActivation.DerivativeNeedsZ ? TSimd.LoadPartial(z + i, rest) : TSimd.Zero,
                TSimd.LoadPartial(a + i, rest));
            TSimd.StorePartial(delta + i, TSimd.Multiply(TSimd.LoadPartial(delta + i, rest), derivative), rest);
        }
    }

    private static void ApplyPart<TActivation>(void* whole, int part, int parts)
        where TActivation : unmanaged, IActivation => ((ApplyKernel<TActivation>*)whole)->RunPart(part, parts);

    private readonly struct ApplyKernel<TActivation>(TActivation g, float* z, float* a, nint count) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void RunPart(int part, int parts)
        {
            (nint begin, nint end) = Partition.Range(count, parts, part, AlignedBuffer.AlignmentFloats);
            Apply(g, z + begin, a + begin, end - begin);
        }

        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Apply<TSimd, TVec, TActivation>(g, z, a, count);
    }

    private readonly struct DerivativeKernel<TActivation>(TActivation g, float* z, float* a, float* delta, nint count) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => MultiplyByDerivative<TSimd, TVec, TActivation>(g, z, a, delta, count);
    }
}
