using System.Runtime.InteropServices;

namespace FastMlp.Memory;

/// <summary>A zeroed block of floats outside the garbage-collected heap, aligned to a cache line.</summary>
internal sealed unsafe class AlignedBuffer : SafeHandle
{
    /// <summary>A cache line, and the widest vector, in bytes.</summary>
    public const int Alignment = 64;

    /// <summary>The same in floats: offsets inside a buffer are multiples of it.</summary>
    public const int AlignmentFloats = Alignment / sizeof(float);

    public AlignedBuffer(nint length)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * sizeof(float));
        SetHandle((nint)NativeMemory.AlignedAlloc(bytes, Alignment));
        NativeMemory.Clear((void*)handle, bytes);
    }

    /// <summary>Floats in the block.</summary>
    public nint Length { get; }

    public float* Pointer => (float*)handle;

    public Span<float> Span => new(Pointer, checked((int)Length));

    public override bool IsInvalid => handle == 0;

    /// <summary>The smallest multiple of a cache line, in floats, that holds <paramref name="floats"/>.</summary>
    public static nint RoundUp(nint floats) => (floats + AlignmentFloats - 1) & -AlignmentFloats;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
