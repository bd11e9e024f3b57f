using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Rows between matrices with other strides.</summary>
internal static unsafe class Rows
{
    /// <summary>destination[i, 0..n-1] &lt;- source[i, 0..n-1], whose rows are readable up to whole vectors; nothing past the rows and columns of the destination is written.</summary>
    public static void Copy(float* source, nint ldSource, float* destination, nint ld, nint m, nint n) =>
        Isa.Run(new CopyKernel(source, ldSource, destination, ld, m, n));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<TSimd, TVec>(float* source, nint ldSource, float* destination, nint ld, nint m, nint n)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // Whole vectors, whose excess falls on the next rows and is then written over; only where rows lie close together
        // is there something to write over, and not below the last rows.
        nint excess = TSimd.Width - 1;
        nint overlapping = ld == n ? m - ((excess + n - 1) / n) : 0;
        nint i = 0;
        for (; i < overlapping; i++, source += ldSource, destination += ld)
        {
            for (nint j = 0; j < n; j += TSimd.Width)
            {
                TSimd.Store(destination + j, TSimd.Load(source + j));
            }
        }

        for (; i < m; i++, source += ldSource, destination += ld)
        {
            for (nint j = 0; j < n; j += TSimd.Width)
            {
                Tail.Store<TSimd, TVec>(destination + j, TSimd.Load(source + j), (int)Math.Min(TSimd.Width, n - j));
            }
        }
    }

    private readonly struct CopyKernel(float* source, nint ldSource, float* destination, nint ld, nint m, nint n) : IVectorKernel
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Copy<TSimd, TVec>(source, ldSource, destination, ld, m, n);
    }
}
