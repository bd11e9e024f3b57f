using System.Runtime.InteropServices;

namespace FastMlp.Memory;

/// <summary>A zeroed block of floats outside the garbage-collected heap, aligned to a cache line.</summary>
/// <remarks>
/// A block with one owner at a time is disposed by that owner. A block that any thread may be reading, the parameters of a network, is
/// never disposed: its owner drops the reference, and the collector frees the block after the last call that holds one. So every
/// method that works on a pointer keeps the block itself alive to its end. This costs a call nothing; a count of users
/// (SafeHandle.DangerousAddRef) would be two atomic operations a call, on a line that all threads share.
/// </remarks>
internal sealed unsafe class AlignedBuffer : SafeHandle
{
    /// <summary>A cache line, and the widest vector, in bytes.</summary>
    public const int Alignment = 64;

    /// <summary>The same in floats: offsets inside a buffer are multiples of it.</summary>
    public const int AlignmentFloats = Alignment / sizeof(float);

    // The collector sees an object of a few dozen bytes; without this, blocks that nobody disposes grow without a collection.
    private readonly long pressure;

    public AlignedBuffer(nint length)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * sizeof(float));
        SetHandle((nint)NativeMemory.AlignedAlloc(bytes, Alignment));
        NativeMemory.Clear((void*)handle, bytes);
        pressure = (long)bytes;
        GC.AddMemoryPressure(pressure);
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
        GC.RemoveMemoryPressure(pressure);
        return true;
    }
}
