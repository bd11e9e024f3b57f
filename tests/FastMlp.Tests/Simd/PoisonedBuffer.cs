namespace FastMlp.Tests.Simd;

/// <summary>Floats with poison on both sides: <see cref="Check"/> fails if a neighbour was written, and the poison, a NaN, shows if one was read into a result.</summary>
internal sealed class PoisonedBuffer
{
    private const int Margin = 40;
    private static readonly int Poison = BitConverter.SingleToInt32Bits(float.NaN) ^ 0x1234;

    // A kernel has only the address, and a pinned array whose last use was its address may be collected under it: the
    // latest buffers of each thread are kept alive here, far more than one call takes.
    [ThreadStatic]
    private static PoisonedBuffer[]? latest;

    [ThreadStatic]
    private static int next;

    private readonly float[] store;
    private readonly int count;

    public PoisonedBuffer(ReadOnlySpan<float> values)
    {
        count = values.Length;
        store = GC.AllocateUninitializedArray<float>(count + (2 * Margin), pinned: true);
        store.AsSpan().Fill(BitConverter.Int32BitsToSingle(Poison));
        values.CopyTo(Values);
        latest ??= new PoisonedBuffer[1024];
        latest[next++ % latest.Length] = this;
    }

    public PoisonedBuffer(int count)
        : this(new float[count])
    {
    }

    public Span<float> Values => store.AsSpan(Margin, count);

    public unsafe float* Pointer => (float*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(store, Margin);

    public void Check(string what)
    {
        for (int i = 0; i < store.Length; i++)
        {
            bool inside = i >= Margin && i < Margin + count;
            Assert.True(inside || BitConverter.SingleToInt32Bits(store[i]) == Poison, $"{what}: wrote element {i - Margin} of {count}");
        }
    }
}
