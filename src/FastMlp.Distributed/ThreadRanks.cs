using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace FastMlp.Distributed;

/// <summary>Ranks that are threads of this process: for tests, and to try a program without a cluster. Nothing needs to be installed.</summary>
public static class ThreadRanks
{
    /// <summary>Runs the body once for each rank, each on a thread of its own, and returns when all have ended.</summary>
    /// <param name="ranks">How many; at least 1.</param>
    /// <param name="body">What a rank does.</param>
    /// <param name="deadline">How long a rank waits for another one; a minute by default.</param>
    /// <exception cref="RankFailedException">A rank did not come in time.</exception>
    public static void Run(int ranks, Action<Communicator> body, TimeSpan? deadline = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        ArgumentNullException.ThrowIfNull(body);
        Meeting meeting = new(ranks, deadline ?? TimeSpan.FromMinutes(1));
        Thread[] threads = new Thread[ranks];
        for (int rank = 0; rank < ranks; rank++)
        {
            ThreadCommunicator own = new(meeting, rank);
            threads[rank] = new Thread(() =>
            {
                try
                {
                    body(own);
                }
#pragma warning disable CA1031 // Whatever it is, it ends the job and is thrown on the caller's thread.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    own.Fail(exception);
                }
            })
            { IsBackground = true, Name = $"rank {rank}" };
        }

        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            // A rank that hangs never ends; the others have said so.
            while (!thread.Join(100) && !meeting.HasHung)
            {
            }
        }

        meeting.Cause?.Throw();
    }

    /// <summary>Where the ranks wait for each other and lay down what they exchange.</summary>
    private sealed class Meeting(int ranks, TimeSpan deadline)
    {
        private readonly object gate = new();
        private readonly long[] arrivals = new long[ranks];
        private string? failure;

        public byte[][] Slots { get; } = [.. Enumerable.Repeat<byte[]>([], ranks)];

        public TimeSpan Deadline => deadline;

        public ExceptionDispatchInfo? Cause { get; private set; }

        public bool HasHung { get; private set; }

        public int Size => ranks;

        /// <summary>Waits until all ranks are here.</summary>
        public void Wait(int rank)
        {
            lock (gate)
            {
                long turn = ++arrivals[rank];
                Monitor.PulseAll(gate);
                long end = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
                while (failure is null && Array.Exists(arrivals, at => at < turn))
                {
                    long left = end - Environment.TickCount64;
                    if (left <= 0)
                    {
                        int[] missing = [.. Enumerable.Range(0, ranks).Where(other => arrivals[other] < turn)];
                        failure = $"Rank {string.Join(", ", missing)} of {ranks} did not come within {deadline.TotalSeconds:0.#} s.";
                        HasHung = true;
                        Cause = ExceptionDispatchInfo.Capture(new RankFailedException(failure));
                        Monitor.PulseAll(gate);
                        break;
                    }

                    Monitor.Wait(gate, (int)Math.Min(left, int.MaxValue));
                }

                if (failure is not null)
                {
                    throw new RankFailedException(failure);
                }
            }
        }

        public void Fail(int rank, Exception reason)
        {
            lock (gate)
            {
                if (failure is null)
                {
                    failure = $"Rank {rank} of {ranks} failed: {reason.Message}";
                    Cause = ExceptionDispatchInfo.Capture(reason);
                    Monitor.PulseAll(gate);
                }
            }
        }
    }

    private sealed class ThreadCommunicator(Meeting meeting, int rank) : Communicator
    {
        public override int Rank => rank;

        public override int Size => meeting.Size;

        public override TimeSpan Deadline => meeting.Deadline;

        public override void Sum(Span<float> values) => SumOf(values);

        public override void Sum(Span<double> values) => SumOf(values);

        public override void AllToAll(ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentCounts, Span<byte> received, ReadOnlySpan<int> receivedCounts)
        {
            CheckParts(sent.Length, sentCounts, nameof(sentCounts));
            CheckParts(received.Length, receivedCounts, nameof(receivedCounts));

            // Where each part begins, then the parts.
            int[] starts = new int[Size + 1];
            for (int other = 0; other < Size; other++)
            {
                starts[other + 1] = starts[other] + sentCounts[other];
            }

            int head = starts.Length * sizeof(int);
            byte[] own = Slot(head + sent.Length);
            MemoryMarshal.AsBytes(starts.AsSpan()).CopyTo(own);
            sent.CopyTo(own.AsSpan(head));
            meeting.Wait(rank);
            int at = 0;
            for (int other = 0; other < Size; other++)
            {
                byte[] slot = meeting.Slots[other];
                int start = MemoryMarshal.Cast<byte, int>(slot)[rank];
                slot.AsSpan(head + start, receivedCounts[other]).CopyTo(received[at..]);
                at += receivedCounts[other];
            }

            meeting.Wait(rank);
        }

        public override void AllGather(Span<byte> values, ReadOnlySpan<int> counts)
        {
            CheckParts(values.Length, counts, nameof(counts));
            int at = 0;
            for (int other = 0; other < Size; at += counts[other++])
            {
                if (other == rank)
                {
                    values.Slice(at, counts[other]).CopyTo(Slot(counts[other]));
                }
            }

            meeting.Wait(rank);
            at = 0;
            for (int other = 0; other < Size; at += counts[other++])
            {
                meeting.Slots[other].AsSpan(0, counts[other]).CopyTo(values[at..]);
            }

            meeting.Wait(rank);
        }

        public override void Fail(Exception reason)
        {
            ArgumentNullException.ThrowIfNull(reason);
            meeting.Fail(rank, reason);
        }

        private void SumOf<T>(Span<T> values)
            where T : unmanaged, INumber<T>
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
            bytes.CopyTo(Slot(bytes.Length));
            meeting.Wait(rank);
            MemoryMarshal.Cast<byte, T>(meeting.Slots[0])[..values.Length].CopyTo(values);
            for (int other = 1; other < Size; other++)
            {
                TensorPrimitives.Add(values, MemoryMarshal.Cast<byte, T>(meeting.Slots[other])[..values.Length], values);
            }

            meeting.Wait(rank);
        }

        private byte[] Slot(int length)
        {
            if (meeting.Slots[rank].Length < length)
            {
                meeting.Slots[rank] = new byte[length];
            }

            return meeting.Slots[rank];
        }
    }
}
