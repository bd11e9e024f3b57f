namespace FastMlp.Memory;

/// <summary>
/// Lends equal blocks of scratch memory to any number of threads without a lock. A block that comes back is kept for the
/// next caller, so that after the first calls nothing is allocated.
/// </summary>
internal sealed class WorkspacePool : IDisposable
{
    /// <summary>Blocks kept: two for each core cover a thread that is preempted while it holds one.</summary>
    private readonly AlignedBuffer?[] slots = new AlignedBuffer?[Math.Max(8, 2 * Environment.ProcessorCount)];
    private readonly nint length;
    private volatile bool disposed;

    public WorkspacePool(nint length) => this.length = length;

    public AlignedBuffer Rent()
    {
        int start = Environment.CurrentManagedThreadId;
        for (int i = 0; i < slots.Length; i++)
        {
            ref AlignedBuffer? slot = ref slots[(start + i) % slots.Length];
            if (Volatile.Read(ref slot) is not null && Interlocked.Exchange(ref slot, null) is { } buffer)
            {
                return buffer;
            }
        }

        return new AlignedBuffer(length);
    }

    public void Return(AlignedBuffer buffer)
    {
        int start = Environment.CurrentManagedThreadId;
        for (int i = 0; i < slots.Length && !disposed; i++)
        {
            if (Interlocked.CompareExchange(ref slots[(start + i) % slots.Length], buffer, null) is null)
            {
                return;
            }
        }

        buffer.Dispose();
    }

    public void Dispose()
    {
        disposed = true;
        for (int i = 0; i < slots.Length; i++)
        {
            Interlocked.Exchange(ref slots[i], null)?.Dispose();
        }
    }
}
