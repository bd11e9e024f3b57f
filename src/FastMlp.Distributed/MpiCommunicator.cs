using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Distributed.Mpi;

namespace FastMlp.Distributed;

/// <summary>
/// The ranks of a job that <c>mpirun</c> started: Open MPI 4 and 5, or MPICH. One for each process, made once. Where a rank hangs, the others end the job
/// within <see cref="Deadline"/> and a few seconds; where one dies, mpirun does at once.
/// </summary>
public sealed unsafe class MpiCommunicator : Communicator
{
    // Open MPI, and launchers of MPICH.
    private static readonly string[] sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
    private readonly MpiHandles mpi;
    private readonly string host;
    private readonly RankWatch? watch;
    private readonly int[] sendStarts;
    private readonly int[] receiveStarts;
    private bool isDisposed;

    /// <summary>Joins the job.</summary>
    /// <param name="deadline">How long a rank waits for another one; a minute by default.</param>
    /// <exception cref="DllNotFoundException">No MPI library is installed.</exception>
    /// <exception cref="InvalidOperationException">MPI cannot start, or this process has joined already: MPI allows it once.</exception>
    public MpiCommunicator(TimeSpan? deadline = null)
    {
        Deadline = deadline ?? TimeSpan.FromMinutes(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero, nameof(deadline));
        MpiLibrary.Load();
        int flag = 0;
        MpiLibrary.Check(MpiLibrary.Initialized(&flag), "MPI_Initialized");
        if (flag != 0)
        {
            throw new InvalidOperationException("This process has joined its MPI job already: make one MpiCommunicator and keep it.");
        }

        bool hasThreads = MpiLibrary.Start();
        mpi = MpiLibrary.Handles;
        int rank = 0, size = 0;
        MpiLibrary.Check(MpiLibrary.CommRank(mpi.World, &rank), "MPI_Comm_rank");
        MpiLibrary.Check(MpiLibrary.CommSize(mpi.World, &size), "MPI_Comm_size");
        MpiLibrary.Check(MpiLibrary.CommSetErrorHandler(mpi.World, mpi.ErrorsReturn), "MPI_Comm_set_errhandler");
        (Rank, Size) = (rank, size);
        byte* name = stackalloc byte[512];
        int length = 0;
        MpiLibrary.Check(MpiLibrary.ProcessorName(name, &length), "MPI_Get_processor_name");
        host = Marshal.PtrToStringUTF8((nint)name, length);
        sendStarts = new int[size];
        receiveStarts = new int[size];
        if (size > 1 && hasThreads)
        {
            watch = new RankWatch(mpi, rank, size, Deadline);
        }
    }

    /// <summary>Whether this process was started by an MPI launcher.</summary>
    public static bool IsLaunched =>
        sizes.Any(name => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0);

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override TimeSpan Deadline { get; }

    /// <inheritdoc/>
    public override void Sum(Span<float> values)
    {
        fixed (float* at = values)
        {
            Sum(at, values.Length, mpi.Float);
        }
    }

    /// <inheritdoc/>
    public override void Sum(Span<double> values)
    {
        fixed (double* at = values)
        {
            Sum(at, values.Length, mpi.Double);
        }
    }

    /// <inheritdoc/>
    public override void AllToAll(ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentCounts, Span<byte> received, ReadOnlySpan<int> receivedCounts)
    {
        CheckParts(sent.Length, sentCounts, nameof(sentCounts));
        CheckParts(received.Length, receivedCounts, nameof(receivedCounts));
        Starts(sentCounts, sendStarts);
        Starts(receivedCounts, receiveStarts);
        Enter();
        fixed (byte* from = sent, to = received)
        {
            fixed (int* fromCounts = sentCounts, toCounts = receivedCounts, fromStarts = sendStarts, toStarts = receiveStarts)
            {
                MpiLibrary.Check(MpiLibrary.AllToAll(from, fromCounts, fromStarts, mpi.Byte, to, toCounts, toStarts, mpi.Byte, mpi.World), "MPI_Alltoallv");
            }
        }

        watch?.Leave();
    }

    /// <inheritdoc/>
    public override void AllGather(Span<byte> values, ReadOnlySpan<int> counts)
    {
        CheckParts(values.Length, counts, nameof(counts));
        Starts(counts, receiveStarts);
        Enter();
        fixed (byte* to = values)
        {
            fixed (int* toCounts = counts, toStarts = receiveStarts)
            {
                MpiLibrary.Check(MpiLibrary.AllGather(mpi.InPlace, 0, mpi.Byte, to, toCounts, toStarts, mpi.Byte, mpi.World), "MPI_Allgatherv");
            }
        }

        watch?.Leave();
    }

    /// <summary>Writes the reason to standard error and ends the job; it does not return.</summary>
    /// <param name="reason">Why.</param>
    public override void Fail(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Console.Error.WriteLine($"Rank {Rank} of {Size} on {host} failed: {reason.Message}");
        Console.Error.Flush();
        _ = MpiLibrary.Abort(mpi.World, 1);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!isDisposed && disposing)
        {
            isDisposed = true;
            watch?.Dispose();
            _ = MpiLibrary.End();
        }

        base.Dispose(disposing);
    }

    private static void Starts(ReadOnlySpan<int> counts, int[] starts)
    {
        int at = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            starts[i] = at;
            at += counts[i];
        }
    }

    private void Sum(void* at, int count, nint type)
    {
        Enter();
        MpiLibrary.Check(MpiLibrary.AllReduce(mpi.InPlace, at, count, type, mpi.Sum, mpi.World), "MPI_Allreduce");
        watch?.Leave();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        watch?.Enter();
    }
}
