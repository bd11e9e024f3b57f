using FastMlp.Threading;

namespace FastMlp.Tests.Threading;

/// <summary>Fork and join: each part once, nothing before its time, on real threads, and idle when there is nothing to do.</summary>
public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void EveryPartRunsOnceAndIsDoneAtTheJoin(int parts)
    {
        int* counts = stackalloc int[8];
        for (int round = 1; round <= 20_000; round++)
        {
            WorkerPool.Shared.ForkJoin(parts, &Count, counts);
            for (int part = 0; part < parts; part++)
            {
                Assert.Equal(round, Volatile.Read(ref counts[part]));
            }
        }
    }

    [Fact]
    public void JoinWaitsForASlowWorker()
    {
        int* counts = stackalloc int[8];
        for (int round = 1; round <= 5; round++)
        {
            WorkerPool.Shared.ForkJoin(3, &CountSlowly, counts);
            Assert.Equal(round, Volatile.Read(ref counts[2]));

            // Long enough for the workers to fall asleep, so that the next fork must wake them.
            Thread.Sleep(20);
        }
    }

    [Fact]
    public void PartsRunOnDifferentThreads()
    {
        int* threads = stackalloc int[2];
        threads[0] = threads[1] = 0;

        // While another test holds the pool, the parts run here one after the other: try until it is free.
        for (int attempt = 0; attempt < 1_000 && threads[0] == threads[1]; attempt++)
        {
            WorkerPool.Shared.ForkJoin(2, &NoteThread, threads);
        }

        Assert.Equal(Environment.CurrentManagedThreadId, threads[0]);
        Assert.NotEqual(threads[0], threads[1]);
    }

    [Fact]
    public void CallersAtTheSameTimeAllGetTheirPartsDone()
    {
        Thread[] callers = new Thread[4];
        int failures = 0;
        for (int i = 0; i < callers.Length; i++)
        {
            callers[i] = new Thread(() =>
            {
                int* counts = stackalloc int[8];
                for (int round = 1; round <= 5_000; round++)
                {
                    WorkerPool.Shared.ForkJoin(2, &Count, counts);
                    if (Volatile.Read(ref counts[0]) != round || Volatile.Read(ref counts[1]) != round)
                    {
                        Interlocked.Increment(ref failures);
                    }
                }
            });
            callers[i].Start();
        }

        foreach (Thread caller in callers)
        {
            caller.Join();
        }

        Assert.Equal(0, failures);
    }

    [Fact]
    public void NothingIsAllocatedOnceTheWorkersAreThere()
    {
        int* counts = stackalloc int[8];
        WorkerPool.Shared.ForkJoin(3, &Count, counts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            WorkerPool.Shared.ForkJoin(3, &Count, counts);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AnExceptionComesToTheCallerAndLeavesThePoolFree(int thrower)
    {
        int* counts = stackalloc int[8];
        new Span<int>(counts, 8).Clear();
        for (int round = 1; round <= 200; round++)
        {
            counts[7] = thrower;
            bool caught = false;
            try
            {
                WorkerPool.Shared.ForkJoin(3, &CountOrThrow, counts);
            }
            catch (InvalidOperationException)
            {
                caught = true;
            }

            Assert.True(caught);
        }

        PartsRunOnDifferentThreads();
    }

    [Theory]
    [InlineData(0, 3, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(100, 3, 1)]
    [InlineData(100, 4, 16)]
    [InlineData(17, 4, 16)]
    public void RangesCoverEverythingOnce(int total, int parts, int unit)
    {
        nint next = 0;
        for (int part = 0; part < parts; part++)
        {
            (nint begin, nint end) = Partition.Range(total, parts, part, unit);
            Assert.Equal(next, begin);
            Assert.True(end >= begin);
            Assert.True(end == total || end % unit == 0);
            next = end;
        }

        Assert.Equal(total, next);
    }

    private static void Count(void* context, int part, int parts) => ((int*)context)[part]++;

    private static void CountOrThrow(void* context, int part, int parts)
    {
        if (part == ((int*)context)[7])
        {
            throw new InvalidOperationException();
        }

        Count(context, part, parts);
    }

    private static void CountSlowly(void* context, int part, int parts)
    {
        Thread.Sleep(10 * part);
        ((int*)context)[part]++;
    }

    private static void NoteThread(void* context, int part, int parts)
    {
        ((int*)context)[part] = Environment.CurrentManagedThreadId;

        // Long enough for a worker to begin its part before the caller would take it over.
        Thread.Sleep(part == 0 ? 5 : 0);
    }
}
