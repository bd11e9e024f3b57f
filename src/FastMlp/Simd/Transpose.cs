using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>The 4 x 4 transpose that packing is made of; four lanes on every instruction set.</summary>
internal static unsafe class Transpose
{
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
