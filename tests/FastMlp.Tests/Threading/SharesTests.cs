using FastMlp.Threading;

namespace FastMlp.Tests.Threading;

/// <summary>Shares: each unit once, whoever takes it; a part's own units first, in order; the others' when those are used up.</summary>
public sealed unsafe class SharesTests
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 10, 3)]
    [InlineData(2, 1, 1)]
    [InlineData(3, 100, 7)]
    [InlineData(4, 3, 2)]
    public void OnePartAloneTakesEverythingOnce(int parts, int units, int grain)
    {
        long* memory = stackalloc long[Shares.Length(parts)];
        Shares shares = new(memory, parts, units, grain);
        int[] taken = new int[units];
        while (shares.Take(parts - 1, out nint begin, out nint end))
        {
            Assert.InRange(end - begin, 1, grain);
            for (nint unit = begin; unit < end; unit++)
            {
                taken[unit]++;
            }
        }

        Assert.All(taken, count => Assert.Equal(1, count));
        Assert.False(shares.Take(0, out _, out _));
    }

    [Fact]
    public void APartTakesItsOwnUnitsInOrderThenTheBackHalfOfAnother()
    {
        long* memory = stackalloc long[Shares.Length(2)];
        Shares shares = new(memory, 2, 16, grain: 2);
        nint[] begins = new nint[6];
        for (int i = 0; i < begins.Length; i++)
        {
            Assert.True(shares.Take(1, out begins[i], out nint end));
            Assert.Equal(begins[i] + 2, end);
        }

        Assert.Equal([8, 10, 12, 14, 4, 6], begins);
        Assert.True(shares.Take(0, out nint first, out _));
        Assert.Equal(0, first);
    }

    [Fact]
    public void FewerThanTheLeastStayWithTheirPart()
    {
        long* memory = stackalloc long[Shares.Length(2)];
        Shares shares = new(memory, 2, 6, grain: 3, least: 4);
        Assert.True(shares.Take(0, out _, out _));
        Assert.False(shares.Take(0, out _, out _));
        Assert.True(shares.Take(1, out nint begin, out nint end));
        Assert.Equal((3, 6), (begin, end));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 4)]
    public void EveryUnitIsDoneOnceWhileThreadsTakeFromEachOther(int parts, int grain)
    {
        const int Units = 200;
        int* counts = stackalloc int[Units];
        new Span<int>(counts, Units).Clear();
        long* memory = stackalloc long[Shares.Length(parts)];
        for (int round = 1; round <= 5_000; round++)
        {
            Round whole = new() { Shares = new Shares(memory, parts, Units, grain), Counts = counts, Slow = round % parts };
            WorkerPool.Shared.ForkJoin(parts, &TakeAll, &whole);
            for (int unit = 0; unit < Units; unit++)
            {
                Assert.Equal(round, Volatile.Read(ref counts[unit]));
            }
        }
    }

    [Fact]
    public void WhereNoWorkerComesTheCallerDoesAll()
    {
        // From inside a fork the pool is busy: the parts run here, one after the other.
        int* counts = stackalloc int[16];
        new Span<int>(counts, 16).Clear();
        WorkerPool.Shared.ForkJoin(1, &ForkInside, counts);
        WorkerPool.Shared.ForkJoin(2, &ForkInside, counts);
        for (int unit = 0; unit < 16; unit++)
        {
            Assert.Equal(3, counts[unit]);
        }
    }

    private static void TakeAll(void* context, int part, int parts)
    {
        Round* whole = (Round*)context;
        while (whole->Shares.Take(part, out nint begin, out nint end))
        {
            for (nint unit = begin; unit < end; unit++)
            {
                Interlocked.Increment(ref whole->Counts[unit]);
            }

            if (part == whole->Slow)
            {
                Thread.SpinWait(20);
            }
        }
    }

    private static void ForkInside(void* context, int part, int parts)
    {
        const int Units = 16;
        long* memory = stackalloc long[Shares.Length(2)];
        Round whole = new() { Shares = new Shares(memory, 2, Units, 1), Counts = (int*)context, Slow = -1 };
        WorkerPool.Shared.ForkJoin(2, &TakeAll, &whole);
    }

    private struct Round
    {
        public Shares Shares;
        public int* Counts;
        public int Slow;
    }
}
