using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>The sums of a product for one row from its inputs that are not 0: y[n] = sum over listed p of x[p] B[p, n], B row by row.</summary>
/// <remarks>
/// Taken for one row of a frozen network of which a quarter is 0 (<see cref="Routes.IsByInputs"/>): such networks keep large layers a second
/// time, the weights of an input side by side.
/// <code>
///  x[p0]   B[p0, 0 1 2 ...]        four rows of B at a time are added to the sums, which lie in L1:
///  x[p1]   B[p1, 0 1 2 ...]        read and stored once for four multiply-adds
/// </code>
/// In panels an input's weights are single lines far apart, and a core can wait for two dozen at once: 8 to 12 bytes a cycle from L3. A row
/// of half a page is a stream that the core's prefetching runs ahead of, 23 bytes where the next rows are asked for too.
/// 512 x 512 with half of x at 0 takes 8.6 us, from panels 13.0; where nothing is 0 panels are better, 14.1 us and 16.4 (AVX2, Zen 3).
/// Every sum is the chain over p that <see cref="RowProduct"/> makes of panels, so the bits are the same.
/// </remarks>
internal static unsafe class WeightRows
{
    /// <summary>Vectors of sums at a time: 4 KB on AVX2, a page of a row. Half of that took 10 to 14 % longer for 1024 x 1024.</summary>
    public const int MaxVectors = 128;

    /// <summary>Rows that are added at a time; so many more are asked for.</summary>
    private const int Together = 4;

    /// <summary>Floats from row to row: all panels of a row of <paramref name="vectors"/>.</summary>
    public static nint Stride(nint vectors, bool isBFloat16) => vectors * Isa.Width / (isBFloat16 ? BFloat16Weights.InWord : Float32Weights.InWord);

    /// <summary>rows [k, stride] &lt;- panels [stride / width, k, width].</summary>
    public static void Copy(float* panels, nint k, nint width, nint stride, float* rows)
    {
        for (nint j = 0; j < stride; j += width)
        {
            for (nint p = 0; p < k; p++)
            {
                new ReadOnlySpan<float>(panels, (int)width).CopyTo(new Span<float>(rows + (p * stride) + j, (int)width));
                panels += width;
            }
        }
    }

    /// <summary>Fills <paramref name="count"/> vectors of sums from the rows on the list, behind whose end there is room for <see cref="Together"/> more.</summary>
    [MethodImpl(Compile.Loop)]
    public static void Sums<TSimd, TVec, TWeights>(int count, float* x, int* list, nint steps, float* b, nint stride, float* sums)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TWeights : struct, IWeights
    {
        nint pair = 2 * TSimd.Width, pairs = count / 2 * pair;
        new Span<float>(sums, count * TSimd.Width).Clear();

        // Behind the last rows, which would be the next, it is the last one again.
        for (int i = 0; i < Together && steps > 0; i++)
        {
            list[steps + i] = list[steps - 1];
        }

        for (; steps >= Together; steps -= Together, list += Together)
        {
            TVec x0 = TSimd.Broadcast(x[list[0]]), x1 = TSimd.Broadcast(x[list[1]]), x2 = TSimd.Broadcast(x[list[2]]), x3 = TSimd.Broadcast(x[list[3]]);
            float* b0 = b + (list[0] * stride), b1 = b + (list[1] * stride), b2 = b + (list[2] * stride), b3 = b + (list[3] * stride);
            float* n0 = b + (list[4] * stride), n1 = b + (list[5] * stride), n2 = b + (list[6] * stride), n3 = b + (list[7] * stride);
            nint j = 0;
            for (; j < pairs; j += pair)
            {
                nint at = j / TWeights.InWord;
                Prefetch<TSimd, TVec, TWeights>(n0 + at);
                Prefetch<TSimd, TVec, TWeights>(n1 + at);
                Prefetch<TSimd, TVec, TWeights>(n2 + at);
                Prefetch<TSimd, TVec, TWeights>(n3 + at);
                TVec first = TSimd.MultiplyAdd(TWeights.First<TSimd, TVec>(b0 + at), x0, TSimd.Load(sums + j));
                TVec second = TSimd.MultiplyAdd(TWeights.Second<TSimd, TVec>(b0 + at), x0, TSimd.Load(sums + j + TSimd.Width));
                first = TSimd.MultiplyAdd(TWeights.First<TSimd, TVec>(b1 + at), x1, first);
                second = TSimd.MultiplyAdd(TWeights.Second<TSimd, TVec>(b1 + at), x1, second);
                first = TSimd.MultiplyAdd(TWeights.First<TSimd, TVec>(b2 + at), x2, first);
                second = TSimd.MultiplyAdd(TWeights.Second<TSimd, TVec>(b2 + at), x2, second);
                first = TSimd.MultiplyAdd(TWeights.First<TSimd, TVec>(b3 + at), x3, first);
                second = TSimd.MultiplyAdd(TWeights.Second<TSimd, TVec>(b3 + at), x3, second);
                TSimd.Store(sums + j, first);
                TSimd.Store(sums + j + TSimd.Width, second);
            }

            if (count % 2 != 0)
            {
                TVec last = TSimd.MultiplyAdd(TSimd.Load(b0 + j), x0, TSimd.Load(sums + j));
                last = TSimd.MultiplyAdd(TSimd.Load(b1 + j), x1, last);
                last = TSimd.MultiplyAdd(TSimd.Load(b2 + j), x2, last);
                TSimd.Store(sums + j, TSimd.MultiplyAdd(TSimd.Load(b3 + j), x3, last));
            }
        }

        for (; steps > 0; steps--, list++)
        {
            TVec x0 = TSimd.Broadcast(x[*list]);
            float* b0 = b + (*list * stride);
            nint j = 0;
            for (; j < pairs; j += pair)
            {
                nint at = j / TWeights.InWord;
                TSimd.Store(sums + j, TSimd.MultiplyAdd(TWeights.First<TSimd, TVec>(b0 + at), x0, TSimd.Load(sums + j)));
                TSimd.Store(sums + j + TSimd.Width, TSimd.MultiplyAdd(TWeights.Second<TSimd, TVec>(b0 + at), x0, TSimd.Load(sums + j + TSimd.Width)));
            }

            if (count % 2 != 0)
            {
                TSimd.Store(sums + j, TSimd.MultiplyAdd(TSimd.Load(b0 + j), x0, TSimd.Load(sums + j)));
            }
        }
    }

    /// <summary>The lines of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TSimd, TVec, TWeights>(float* weights)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TWeights : struct, IWeights
    {
        TSimd.Prefetch(weights);
        if (2 * TSimd.Width / TWeights.InWord > CacheLine.Floats) TSimd.Prefetch(weights + CacheLine.Floats);
    }
}
