using FastMlp.Memory;

namespace FastMlp.Kernels;

/// <summary>One block of native memory for each thread that packs, made at its first use and kept.</summary>
internal static unsafe class PackBuffer
{
    [ThreadStatic]
    private static AlignedBuffer? buffer;

    public static float* OfThisThread(nint length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = new AlignedBuffer(length);
        }

        return buffer.Pointer;
    }
}
