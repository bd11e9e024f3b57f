using System.Runtime.InteropServices;

namespace FastMlp.Distributed.Mpi;

/// <summary>
/// The calls of libmpi that are needed. Handles are pointers in Open MPI and 32-bit numbers in MPICH; both fit a register, so one signature serves both
/// on 64-bit machines.
/// </summary>
internal static unsafe partial class MpiLibrary
{
    private const string Name = "mpi";
    private const int Multiple = 3;

    // libmpi.so.40 is Open MPI 4.x and 5.x; libmpi.so.12 and libmpich.so.12 are MPICH and those that keep its binary interface.
    private static readonly string[] openMpi = ["libmpi.so.40", "libmpi.40.dylib"];
    private static readonly string[] mpich = ["libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib"];
    private static nint library;

    /// <summary>The handles of the library in use.</summary>
    public static MpiHandles Handles { get; private set; }

    /// <summary>Loads the library that fits the launcher.</summary>
    /// <exception cref="DllNotFoundException">There is none; the message says what to install.</exception>
    public static void Load()
    {
        if (library != 0)
        {
            return;
        }

        // Hydra, the launcher of MPICH, sets PMI_RANK; mpirun of Open MPI sets OMPI_COMM_WORLD_RANK.
        bool prefersMpich = Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK") is null && Environment.GetEnvironmentVariable("PMI_RANK") is not null;
        foreach (bool isMpich in prefersMpich ? [true, false] : new[] { false, true })
        {
            foreach (string name in isMpich ? mpich : openMpi)
            {
                if (NativeLibrary.TryLoad(name, out library))
                {
                    Handles = isMpich ? MpiHandles.OfMpich : MpiHandles.OfOpenMpi(library);
                    NativeLibrary.SetDllImportResolver(typeof(MpiLibrary).Assembly, (asked, _, _) => asked == Name ? library : 0);
                    return;
                }
            }
        }

        throw new DllNotFoundException(
            "There is no MPI library on this machine: install Open MPI (Debian and Ubuntu: openmpi-bin; Fedora: openmpi; macOS: open-mpi of Homebrew) and start the program with mpirun. Ranks as threads (ThreadRanks) need nothing.");
    }

    /// <exception cref="InvalidOperationException">The call failed.</exception>
    public static void Check(int code, string call)
    {
        if (code != 0)
        {
            byte* text = stackalloc byte[512];
            int length = 0;
            string reason = ErrorString(code, text, &length) == 0 ? Marshal.PtrToStringUTF8((nint)text, length) : $"error {code}";
            throw new InvalidOperationException($"{call} failed: {reason}");
        }
    }

    public static bool Start()
    {
        int provided = 0;
        Check(InitThread(null, null, Multiple, &provided), "MPI_Init_thread");
        return provided >= Multiple;
    }

    [LibraryImport(Name, EntryPoint = "MPI_Initialized")]
    public static partial int Initialized(int* flag);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_rank")]
    public static partial int CommRank(nint comm, int* rank);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_size")]
    public static partial int CommSize(nint comm, int* size);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_dup")]
    public static partial int CommDup(nint comm, nint* copy);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_set_errhandler")]
    public static partial int CommSetErrorHandler(nint comm, nint handler);

    [LibraryImport(Name, EntryPoint = "MPI_Allreduce")]
    public static partial int AllReduce(nint send, void* receive, int count, nint type, nint op, nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Alltoallv")]
    public static partial int AllToAll(void* send, int* sendCounts, int* sendStarts, nint sendType, void* receive, int* receiveCounts, int* receiveStarts, nint receiveType, nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Allgatherv")]
    public static partial int AllGather(nint send, int sendCount, nint sendType, void* receive, int* receiveCounts, int* receiveStarts, nint receiveType, nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Send")]
    public static partial int Send(void* buffer, int count, nint type, int to, int tag, nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Recv")]
    public static partial int Receive(void* buffer, int count, nint type, int from, int tag, nint comm, nint status);

    [LibraryImport(Name, EntryPoint = "MPI_Iprobe")]
    public static partial int Probe(int from, int tag, nint comm, int* flag, nint status);

    [LibraryImport(Name, EntryPoint = "MPI_Get_processor_name")]
    public static partial int ProcessorName(byte* name, int* length);

    [LibraryImport(Name, EntryPoint = "MPI_Abort")]
    public static partial int Abort(nint comm, int code);

    [LibraryImport(Name, EntryPoint = "MPI_Finalize")]
    public static partial int End();

    [LibraryImport(Name, EntryPoint = "MPI_Init_thread")]
    private static partial int InitThread(void* argc, void* argv, int required, int* provided);

    [LibraryImport(Name, EntryPoint = "MPI_Error_string")]
    private static partial int ErrorString(int code, byte* text, int* length);
}
