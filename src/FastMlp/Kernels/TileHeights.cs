namespace FastMlp.Kernels;

/// <summary>The heights of the register tiles over some rows, as even as can be: 7 rows go as 4 + 3, not as 6 + 1.</summary>
internal readonly struct TileHeights
{
    /// <param name="rows">Rows to cover, at least one.</param>
    /// <param name="tallest">Rows of the largest tile.</param>
    public TileHeights(nint rows, int tallest)
    {
        Count = (rows + tallest - 1) / tallest;
        Least = rows / Count;
        Taller = rows - (Least * Count);
    }

    /// <summary>Tiles.</summary>
    public nint Count { get; }

    /// <summary>Rows of the last tile.</summary>
    public nint Least { get; }

    /// <summary>The first so many tiles have one row more.</summary>
    public nint Taller { get; }

    /// <summary>Rows of a tile.</summary>
    public nint Of(nint tile) => tile < Taller ? Least + 1 : Least;

    /// <summary>The first row of a tile.</summary>
    public nint Row(nint tile) => (tile * Least) + Math.Min(tile, Taller);
}
