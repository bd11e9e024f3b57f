using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastMlp;

/// <summary>
/// The current model behind one reference, with a count of its readers. A reader enters with one atomic addition and leaves with another, whatever the
/// publisher does: no lock, no repetition. The last reader of a model that was replaced releases it.
/// </summary>
/// <remarks>
/// The count is split in two. A word holds the slot of the current model and how many readers have entered it, so that one addition both counts the reader and
/// tells him the model. Leaving takes 1 from a counter of the model's own, which so goes below 0. To replace the model, the publisher exchanges the word, which
/// tells exactly how many entered, and adds that to the counter: it then holds the readers still inside, and the one who brings it to 0 is the last.
/// There is such a pair for each of several stripes, so that threads do not pull one cache line to and fro. While a publisher is exchanging the words of the
/// stripes one after the other, some threads see the new model and others the one before; once it has returned, nobody sees the old one.
/// </remarks>
internal sealed class CurrentModel
{
    /// <summary>Models that readers may hold at once: what fits into the high bits of a word.</summary>
    public const int MostSlots = 1 << 16;

    private const int CountBits = 48;
    private const long CountMask = (1L << CountBits) - 1;

    private readonly Counter[] words;
    private readonly int mask;
    private readonly long mostEntered;

    // Grown by copying; a reader loads it after he has his slot, so he finds an array that holds that slot.
    private volatile Installation[] slots = new Installation[4];

    /// <param name="mostEntered">From this count on, half of it is moved to the model's own counter: without that, a count would run over after years without a swap.</param>
    public CurrentModel(long mostEntered = 1L << 40)
    {
        this.mostEntered = mostEntered;
        int stripes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64));
        words = new Counter[stripes];
        mask = stripes - 1;
        slots[0] = new Installation(null, stripes);
    }

    /// <summary>Begins to read the current model. Every call is followed by one of <see cref="Installation.Leave"/> with the same stripe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Installation Enter(out int stripe)
    {
        stripe = Environment.CurrentManagedThreadId & mask;
        long word = Interlocked.Increment(ref words[stripe].Value);
        Installation installation = slots[(int)((ulong)word >> CountBits)];
        if ((word & CountMask) >= mostEntered)
        {
            MoveCount(installation, stripe, word);
        }

        return installation;
    }

    /// <summary>Makes a model current. One publisher at a time. Null is no model: readers see that and get an exception.</summary>
    /// <exception cref="InvalidOperationException">Too many models that were replaced are still being read.</exception>
    public void Publish(CountedModel? model)
    {
        (int slot, int before) = (FreeSlot(), Current);
        Installation replaced = slots[before];
        slots[slot] = new Installation(model, words.Length);
        for (int stripe = 0; stripe < words.Length; stripe++)
        {
            long word = Interlocked.Exchange(ref words[stripe].Value, (long)((ulong)slot << CountBits));
            replaced.Retire(stripe, word & CountMask);
        }
    }

    private int Current => (int)((ulong)Volatile.Read(ref words[0].Value) >> CountBits);

    private int FreeSlot()
    {
        Installation[] now = slots;
        for (int slot = 0; slot < now.Length; slot++)
        {
            if (now[slot] is null || now[slot].IsDrained)
            {
                return slot;
            }
        }

        if (now.Length == MostSlots)
        {
            throw new InvalidOperationException($"{MostSlots} models that were replaced are still leased: dispose of the leases.");
        }

        Installation[] grown = new Installation[2 * now.Length];
        now.CopyTo(grown, 0);
        slots = grown;
        return now.Length;
    }

    // The caller has entered and not left, so the model's counter cannot come to 0 in between.
    private void MoveCount(Installation installation, int stripe, long word)
    {
        long half = mostEntered / 2;
        if (Interlocked.CompareExchange(ref words[stripe].Value, word - half, word) == word)
        {
            installation.Add(stripe, half);
        }
    }

    /// <summary>A number on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(64)]
        public long Value;
    }

    /// <summary>One time that a model was current: after a rollback the same model has a second one.</summary>
    internal sealed class Installation(CountedModel? model, int stripes)
    {
        private readonly Counter[] inside = new Counter[stripes];
        private int stripesLeft = stripes;

        public CountedModel? Model { get; } = model;

        /// <summary>Whether it was replaced and its last reader has left.</summary>
        public bool IsDrained => Volatile.Read(ref stripesLeft) == 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Leave(int stripe)
        {
            if (Interlocked.Decrement(ref inside[stripe].Value) == 0)
            {
                StripeIsEmpty();
            }
        }

        public void Retire(int stripe, long entered)
        {
            if (Interlocked.Add(ref inside[stripe].Value, entered) == 0)
            {
                StripeIsEmpty();
            }
        }

        public void Add(int stripe, long entered) => Interlocked.Add(ref inside[stripe].Value, entered);

        private void StripeIsEmpty()
        {
            if (Interlocked.Decrement(ref stripesLeft) == 0)
            {
                Model?.Release();
            }
        }
    }
}
