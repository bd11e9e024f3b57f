using System.Runtime.ExceptionServices;

namespace FastMlp.Threading;

/// <summary>
/// Fork and join over a few long-lived threads, without allocation. The caller does part 0 itself, then every part that no
/// worker has begun: on a busy machine it would otherwise wait for a thread that is not running. A worker that has just
/// finished looks out for the next fork for a few microseconds, then sleeps until it is woken.
/// </summary>
internal sealed unsafe class WorkerPool
{
    /// <summary>
    /// Looks at the fork counter before a worker sleeps, each some tens of nanoseconds (Thread.SpinWait(1); not tuned): long enough to bridge the gap between two GEMMs
    /// of one training step (a few microseconds), far too short to be seen as load in an idle process.
    /// </summary>
    private const int SpinsBeforeSleep = 2000;

    /// <summary>The process's pool; its threads start when they are first needed and are background threads.</summary>
    public static readonly WorkerPool Shared = new();

    private readonly Lock growth = new();
    private Worker[] workers = [];
    private int busy;

    private WorkerPool()
    {
    }

    /// <summary>
    /// Calls body(context, part, parts) for every part from 0 to parts - 1 and returns when all are done. If another
    /// caller holds the pool, all parts run here one after the other: the result is the same by construction.
    /// </summary>
    public void ForkJoin(int parts, delegate*<void*, int, int, void> body, void* context)
    {
        if (parts <= 1 || Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            for (int part = 0; part < parts; part++)
            {
                body(context, part, parts);
            }

            return;
        }

        if (workers.Length < parts - 1)
        {
            Grow(parts - 1);
        }

        Worker[] team = workers;
        for (int part = 1; part < parts; part++)
        {
            team[part - 1].Start(body, context, part, parts);
        }

        try
        {
            body(context, 0, parts);
        }
        finally
        {
            Finish(team, 1, parts);
        }
    }

    /// <summary>Whatever happens, the workers must be done with the context before its frame goes, and the pool be free for the next caller.</summary>
    private void Finish(Worker[] team, int part, int parts)
    {
        if (part == parts)
        {
            Volatile.Write(ref busy, 0);
            return;
        }

        try
        {
            team[part - 1].Join();
        }
        finally
        {
            Finish(team, part + 1, parts);
        }
    }

    private void Grow(int count)
    {
        lock (growth)
        {
            Worker[] grown = new Worker[count];
            workers.CopyTo(grown, 0);
            for (int i = workers.Length; i < count; i++)
            {
                grown[i] = new Worker(i + 1);
            }

            workers = grown;
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "Workers live as long as the process.")]
    private sealed class Worker
    {
        private readonly SemaphoreSlim wake = new(0);
        private readonly SemaphoreSlim joined = new(0);
        private delegate*<void*, int, int, void> body;
        private void* context;
        private int part;
        private int parts;
        private int state;
        private int waiting;
        private ExceptionDispatchInfo? failure;

        private const int Idle = 0;
        private const int Posted = 1;
        private const int Working = 2;
        private const int Asleep = 3;

        public Worker(int number)
        {
            Thread thread = new(Loop) { IsBackground = true, Name = $"FastMlp worker {number}" };
            thread.Start();
        }

        public void Start(delegate*<void*, int, int, void> work, void* with, int index, int count)
        {
            body = work;
            context = with;
            part = index;
            parts = count;
            if (Interlocked.Exchange(ref state, Posted) == Asleep)
            {
                wake.Release();
            }
        }

        /// <summary>
        /// Sees that the worker's part is done: does it here if the worker has not begun; else waits, first looking, then asleep. What the part
        /// threw is thrown here.
        /// </summary>
        public void Join()
        {
            if (Interlocked.CompareExchange(ref state, Idle, Posted) == Posted)
            {
                body(context, part, parts);
                return;
            }

            for (int i = 0; i < SpinsBeforeSleep && Volatile.Read(ref state) == Working; i++)
            {
                Thread.SpinWait(1);
            }

            // Until the state says so: a release that was meant for an earlier join may still arrive.
            while (Volatile.Read(ref state) == Working)
            {
                Interlocked.Exchange(ref waiting, 1);
                if (Volatile.Read(ref state) == Working || Interlocked.Exchange(ref waiting, 0) == 0)
                {
                    joined.Wait();
                }
            }

            if (failure is { } thrown)
            {
                failure = null;
                thrown.Throw();
            }
        }

        private void Loop()
        {
            while (true)
            {
                int spins = 0;
                while (Volatile.Read(ref state) != Posted || Interlocked.CompareExchange(ref state, Working, Posted) != Posted)
                {
                    if (++spins < SpinsBeforeSleep)
                    {
                        Thread.SpinWait(1);
                    }
                    else if (Interlocked.CompareExchange(ref state, Asleep, Idle) == Idle)
                    {
                        wake.Wait();
                    }
                }

                try
                {
                    body(context, part, parts);
                }
                catch (Exception exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }

                Interlocked.Exchange(ref state, Idle);
                if (Volatile.Read(ref waiting) != 0 && Interlocked.Exchange(ref waiting, 0) == 1)
                {
                    joined.Release();
                }
            }
        }
    }
}
