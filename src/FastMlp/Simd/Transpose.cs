using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>The transposes of small blocks that packing is made of, of the same bits on every instruction set.</summary>
internal static unsafe class Transpose
{
    /// <summary>destination[c, r] = source[r, c] for r and c from 0 to 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block8(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (!Avx.IsSupported)
        {
            Block4(source, sourceStride, destination, destinationStride);
            Block4(source + 4, sourceStride, destination + (4 * destinationStride), destinationStride);
            Block4(source + (4 * sourceStride), sourceStride, destination + 4, destinationStride);
            Block4(source + (4 * sourceStride) + 4, sourceStride, destination + (4 * destinationStride) + 4, destinationStride);
            return;
        }

        // Halves of rows r and r + 4 share a register, so that what is left is two transposes of 4 x 4 side by side.
        float* lower = source + (4 * sourceStride);
        Four(source, lower, sourceStride, destination, destinationStride);
        Four(source + 4, lower + 4, sourceStride, destination + (4 * destinationStride), destinationStride);
    }

    /// <summary>Four columns of eight rows as four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(float* upper, float* lower, nint sourceStride, float* destination, nint destinationStride)
    {
        Vector256<float> r0 = Pair(upper, lower);
        Vector256<float> r1 = Pair(upper + sourceStride, lower + sourceStride);
        Vector256<float> r2 = Pair(upper + (2 * sourceStride), lower + (2 * sourceStride));
        Vector256<float> r3 = Pair(upper + (3 * sourceStride), lower + (3 * sourceStride));
        Vector256<float> low02 = Avx.UnpackLow(r0, r2), high02 = Avx.UnpackHigh(r0, r2);
        Vector256<float> low13 = Avx.UnpackLow(r1, r3), high13 = Avx.UnpackHigh(r1, r3);
        Avx.UnpackLow(low02, low13).Store(destination);
        Avx.UnpackHigh(low02, low13).Store(destination + destinationStride);
        Avx.UnpackLow(high02, high13).Store(destination + (2 * destinationStride));
        Avx.UnpackHigh(high02, high13).Store(destination + (3 * destinationStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* upper, float* lower) => Avx.InsertVector128(Vector128.Load(upper).ToVector256Unsafe(), Vector128.Load(lower), 1);

    /// <summary>
    /// destination[c, r] = source[r, c] for r and c from 0 to 3, in the order of the destination's rows: one that reaches into the next
    /// is written over by it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block4(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (!Sse.IsSupported && !AdvSimd.Arm64.IsSupported)
        {
            for (int c = 0; c < 4; c++)
            {
                for (int r = 0; r < 4; r++)
                {
                    destination[(c * destinationStride) + r] = source[(r * sourceStride) + c];
                }
            }

            return;
        }

        Vector128<float> r0 = Vector128.Load(source);
        Vector128<float> r1 = Vector128.Load(source + sourceStride);
        Vector128<float> r2 = Vector128.Load(source + (2 * sourceStride));
        Vector128<float> r3 = Vector128.Load(source + (3 * sourceStride));

        // Interleaving twice: rows 0 and 2 with 1 and 3, then the halves.
        Vector128<float> low02 = ZipLow(r0, r2), high02 = ZipHigh(r0, r2);
        Vector128<float> low13 = ZipLow(r1, r3), high13 = ZipHigh(r1, r3);
        ZipLow(low02, low13).Store(destination);
        ZipHigh(low02, low13).Store(destination + destinationStride);
        ZipLow(high02, high13).Store(destination + (2 * destinationStride));
        ZipHigh(high02, high13).Store(destination + (3 * destinationStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
