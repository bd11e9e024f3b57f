using FastMlp.Measuring;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Measuring;

public class SingleCallsTests
{
    private object? kept;

    [Fact]
    public void TimesAreOfSingleCallsInOrder()
    {
        int calls = 0, most = 0;
        double[] times = SingleCalls.Microseconds(
            repeats =>
            {
                calls++;
                most = Math.Max(most, repeats);
            },
            seconds: 10,
            most: 50);

        Assert.Equal(50, times.Length);
        Assert.Equal(50, calls);
        Assert.Equal(1, most);
        Assert.Equal(times.Order(), times);
        Assert.True(times[0] >= 0);
    }

    [Fact]
    public void TheTimeIsKeptAndOneCallIsMeasuredAtLeast() => Assert.Single(SingleCalls.Microseconds(_ => Thread.Sleep(2), seconds: 0.001, most: 1000));

    [Fact]
    public void BytesAreThoseOfACall()
    {
        double bytes = SingleCalls.AllocatedBytes(repeats =>
        {
            for (int i = 0; i < repeats; i++)
            {
                kept = new byte[1000];
            }
        });

        // The array and its header; other threads of the test host may add to every trial, though hardly this much.
        Assert.InRange(bytes, 1000, 100_000);
        Assert.NotNull(kept);
    }

    [Fact]
    public void NoCallsAreRefused()
    {
        Refusal.Names(() => SingleCalls.Microseconds(_ => { }, 1, most: 0), "most");
        Refusal.Names(() => SingleCalls.AllocatedBytes(_ => { }, calls: 0), "calls");
    }
}
