using System.Runtime.CompilerServices;

namespace FastMlp.Kernels;

/// <summary>How the tiles read A: what is constant here is an address that the JIT folds.</summary>
internal interface ITileAccess
{
    /// <summary>Whether steps of p are next to each other, or a known number of floats apart.</summary>
    static abstract bool HasConstantStep { get; }

    /// <summary>Whether only the steps of <see cref="TileArguments.List"/> are done.</summary>
    static abstract bool IsListed { get; }

    /// <summary>Whether the tile stands in a buffer of its own as [step, row], listed steps one behind the other.</summary>
    static abstract bool IsPacked { get; }

    /// <summary>Floats from one row of A to the next.</summary>
    static abstract nint RowStride(nint rowStride);

    /// <summary>Floats from one step of p to the next.</summary>
    static abstract nint Step(int tileRows, nint columnStride);
}

/// <summary>Any strides.</summary>
internal readonly struct Strided : ITileAccess
{
    public static bool HasConstantStep => false;

    public static bool IsListed => false;

    public static bool IsPacked => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => rowStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => columnStride;
}

/// <summary>A row-major.</summary>
internal readonly struct RowMajor : ITileAccess
{
    public static bool HasConstantStep => true;

    public static bool IsListed => false;

    public static bool IsPacked => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => rowStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => 1;
}

/// <summary>A column-major: the rows of a tile stand beside each other.</summary>
internal readonly struct ColumnMajor : ITileAccess
{
    public static bool HasConstantStep => true;

    public static bool IsListed => false;

    public static bool IsPacked => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => columnStride;
}

/// <summary>Packed tiles.</summary>
internal readonly struct Packed : ITileAccess
{
    public static bool HasConstantStep => true;

    public static bool IsListed => false;

    public static bool IsPacked => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => tileRows;
}

/// <summary>Packed tiles, a list of steps.</summary>
internal readonly struct PackedListed : ITileAccess
{
    public static bool HasConstantStep => true;

    public static bool IsListed => true;

    public static bool IsPacked => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowStride(nint rowStride) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Step(int tileRows, nint columnStride) => tileRows;
}
