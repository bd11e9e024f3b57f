using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastMlp.Kernels;

/// <summary>
/// How the tiles read A: what is constant here is an address that the JIT folds. Which it is shows in the size, as with
/// <see cref="ICount"/>: branches that another one takes are gone before anything is inlined.
/// </summary>
internal interface ITileAccess
{
    /// <summary>Floats from one row of A to the next.</summary>
    static abstract nint RowStride(nint rowStride);

    /// <summary>Floats from one step of p to the next.</summary>
    static abstract nint Step(nint columnStride);
}

/// <summary>A row-major.</summary>
[StructLayout(LayoutKind.Sequential, Size = 1)]
internal readonly struct RowMajor : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => rowStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(nint columnStride) => 1;
}

/// <summary>The rows of a tile stand beside each other: A column-major, or packed tile by tile as [step, row].</summary>
[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct ColumnMajor : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(nint columnStride) => columnStride;
}

/// <summary>Packed tiles of which only the steps of <see cref="TileArguments.List"/> are done, one behind the other.</summary>
[StructLayout(LayoutKind.Sequential, Size = 3)]
internal readonly struct Listed : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(nint columnStride) => columnStride;
}
