using System.Diagnostics;

namespace FastMlp.Distributed.Mpi;

/// <summary>
/// A thread of each rank that tells rank 0, and is told by rank 0, how many calls have been entered. A rank that is silent, or behind while others wait,
/// for longer than the deadline ends the job. MPI itself waits for ever for a rank that is suspended, and for a link that is down.
/// </summary>
internal sealed unsafe class RankWatch : IDisposable
{
    private const int Tag = 1;
    private const int Farewell = -1;
    private readonly MpiHandles mpi;
    private readonly nint channel;
    private readonly int rank;
    private readonly int size;
    private readonly TimeSpan deadline;
    private readonly Thread thread;
    private readonly long[] calls;
    private readonly long[] heard;
    private readonly ManualResetEventSlim ends = new();
    private long entered;
    private long waitingSince;

    public RankWatch(MpiHandles mpi, int rank, int size, TimeSpan deadline)
    {
        (this.mpi, this.rank, this.size, this.deadline) = (mpi, rank, size, deadline);
        nint copy = 0;
        MpiLibrary.Check(MpiLibrary.CommDup(mpi.World, &copy), "MPI_Comm_dup");
        channel = copy;
        MpiLibrary.Check(MpiLibrary.CommSetErrorHandler(channel, mpi.ErrorsReturn), "MPI_Comm_set_errhandler");
        calls = new long[size];
        heard = new long[size];
        Array.Fill(heard, Stopwatch.GetTimestamp());
        thread = new Thread(Watch) { IsBackground = true, Name = "rank watch" };
        thread.Start();
    }

    /// <summary>This rank waits for the others from now on.</summary>
    public void Enter()
    {
        Volatile.Write(ref entered, entered + 1);
        Volatile.Write(ref waitingSince, Stopwatch.GetTimestamp());
    }

    /// <summary>It waits no more.</summary>
    public void Leave() => Volatile.Write(ref waitingSince, 0);

    /// <summary>Ends the watch. All ranks come here after their last call.</summary>
    public void Dispose()
    {
        ends.Set();
        thread.Join();
        ends.Dispose();
    }

    private void Watch()
    {
        TimeSpan pause = TimeSpan.FromTicks(Math.Clamp(deadline.Ticks / 8, TimeSpan.TicksPerMillisecond * 50, TimeSpan.TicksPerSecond));
        bool ended = false;
        while (!ended)
        {
            ended = ends.Wait(pause);
            Tell(ended ? Farewell : Volatile.Read(ref entered));
            Listen();
            if (!ended)
            {
                Judge();
            }
        }

        // Nobody may be left with a message on the way when MPI ends.
        while (Array.Exists(Partners(), partner => calls[partner] != Farewell))
        {
            Thread.Sleep(1);
            Listen();
            Judge();
        }
    }

    /// <summary>Rank 0 hears all, the others hear rank 0.</summary>
    private int[] Partners() => rank == 0 ? [.. Enumerable.Range(1, size - 1)] : [0];

    private void Tell(long count)
    {
        long* message = stackalloc long[2];
        message[0] = rank;
        message[1] = count;
        foreach (int partner in Partners())
        {
            _ = MpiLibrary.Send(message, 2 * sizeof(long), mpi.Byte, partner, Tag, channel);
        }
    }

    private void Listen()
    {
        long* message = stackalloc long[2];
        int flag = 0;
        while (MpiLibrary.Probe(mpi.AnySource, Tag, channel, &flag, mpi.StatusIgnore) == 0 && flag != 0)
        {
            if (MpiLibrary.Receive(message, 2 * sizeof(long), mpi.Byte, mpi.AnySource, Tag, channel, mpi.StatusIgnore) != 0)
            {
                return;
            }

            calls[message[0]] = message[1];
            heard[message[0]] = Stopwatch.GetTimestamp();
        }
    }

    private void Judge()
    {
        foreach (int partner in Partners())
        {
            TimeSpan silence = Stopwatch.GetElapsedTime(heard[partner]);
            if (calls[partner] != Farewell && silence > deadline)
            {
                End($"Rank {partner} of {size} has been silent for {silence.TotalSeconds:0.#} s: it is suspended, or cannot be reached.");
            }
        }

        long since = Volatile.Read(ref waitingSince);
        if (since == 0 || Stopwatch.GetElapsedTime(since) <= deadline)
        {
            return;
        }

        long own = Volatile.Read(ref entered);
        int[] behind = [.. Partners().Where(partner => calls[partner] < own)];
        if (behind.Length > 0)
        {
            End($"Rank {string.Join(", ", behind)} of {size} did not come within {deadline.TotalSeconds:0.#} s.");
        }
    }

    private void End(string message)
    {
        Console.Error.WriteLine($"{message} The job ends here; go on from its last checkpoint.");
        Console.Error.Flush();
        _ = MpiLibrary.Abort(mpi.World, 1);

        // Open MPI's abort comes back where a rank cannot answer; the launcher ends the others once this one is gone.
        Process.GetCurrentProcess().Kill();
    }
}
