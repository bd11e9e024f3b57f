using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastMlp.Kernels;

/// <summary>
/// How the tiles read A: what is constant here is an address that the JIT folds. Which it is shows in the size, as with
/// <see cref="IConstant"/>: branches that another one takes are gone before anything is inlined.
/// </summary>
internal interface ITileAccess
{
    /// <summary>Floats from one row of A to the next.</summary>
    static abstract nint RowStride(nint rowStride);

    /// <summary>Floats from one step of p to the next.</summary>
    static abstract nint Step(int tileRows, nint columnStride);
}

/// <summary>Any strides.</summary>
[StructLayout(LayoutKind.Sequential, Size = 1)]
internal readonly struct Strided : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => rowStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => columnStride;
}

/// <summary>A row-major.</summary>
[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct RowMajor : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => rowStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => 1;
}

/// <summary>A column-major: the rows of a tile stand beside each other.</summary>
[StructLayout(LayoutKind.Sequential, Size = 3)]
internal readonly struct ColumnMajor : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => columnStride;
}

/// <summary>Packed tiles: each stands in a buffer of its own as [step, row].</summary>
[StructLayout(LayoutKind.Sequential, Size = 4)]
internal readonly struct Packed : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => tileRows;
}

/// <summary>Packed tiles of which only the steps of <see cref="TileArguments.List"/> are done, one behind the other.</summary>
[StructLayout(LayoutKind.Sequential, Size = 5)]
internal readonly struct PackedListed : ITileAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => tileRows;
}
