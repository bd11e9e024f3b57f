using System.Runtime.InteropServices;

namespace FastMlp.Distributed.Mpi;

/// <summary>What a library's mpi.h makes of the names of the standard.</summary>
internal readonly record struct MpiHandles(nint World, nint Float, nint Double, nint Byte, nint Sum, nint ErrorsReturn, nint InPlace, nint StatusIgnore, int AnySource)
{
    /// <summary>MPICH and all that keep its binary interface: numbers.</summary>
    public static MpiHandles OfMpich { get; } = new(0x44000000, 0x4c00040a, 0x4c00080b, 0x4c00010d, 0x58000003, 0x54000001, -1, 1, -2);

    /// <summary>Open MPI: the addresses of exported objects.</summary>
    public static MpiHandles OfOpenMpi(nint library) => new(
        NativeLibrary.GetExport(library, "ompi_mpi_comm_world"),
        NativeLibrary.GetExport(library, "ompi_mpi_float"),
        NativeLibrary.GetExport(library, "ompi_mpi_double"),
        NativeLibrary.GetExport(library, "ompi_mpi_byte"),
        NativeLibrary.GetExport(library, "ompi_mpi_op_sum"),
        NativeLibrary.GetExport(library, "ompi_mpi_errors_return"),
        1,
        0,
        -1);
}
