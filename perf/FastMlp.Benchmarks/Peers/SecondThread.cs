using System.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>A thread that does its half of some work while the caller does the other. Between times it sleeps, so that measurements of one thread have the machine to themselves.</summary>
internal sealed class SecondThread : IDisposable
{
    private readonly SemaphoreSlim work = new(0);
    private readonly Thread thread;
    private Action<int>? action;
    private int count;
    private volatile bool isAwake;
    private volatile bool starts;
    private volatile bool isDone;

    public SecondThread()
    {
        thread = new Thread(Serve) { IsBackground = true, Name = "second half" };
        thread.Start();
    }

    /// <summary>Runs both at once; the seconds until both are done, from the moment when both threads were awake.</summary>
    /// <param name="own">What the caller does so many times.</param>
    /// <param name="other">What the second thread does as often.</param>
    /// <param name="repeats">The number.</param>
    public double RunBoth(Action<int> own, Action<int> other, int repeats)
    {
        action = other;
        count = repeats;
        isAwake = starts = isDone = false;
        work.Release();
        while (!isAwake)
        {
            Thread.SpinWait(10);
        }

        long start = Stopwatch.GetTimestamp();
        starts = true;
        own(repeats);
        while (!isDone)
        {
            Thread.SpinWait(10);
        }

        return (double)(Stopwatch.GetTimestamp() - start) / Stopwatch.Frequency;
    }

    public void Dispose()
    {
        action = null;
        work.Release();
        thread.Join();
        work.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            work.Wait();
            if (action is not { } other)
            {
                return;
            }

            isAwake = true;
            while (!starts)
            {
                Thread.SpinWait(10);
            }

            other(count);
            isDone = true;
        }
    }
}
