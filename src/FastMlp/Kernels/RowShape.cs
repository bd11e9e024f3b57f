using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>What a product for one row needs to know of B [k, n], made once for a layer. Strides are in floats.</summary>
internal readonly struct RowShape
{
    public RowShape(nint k, nint n, int panelVectors, nint vectors, nint panelStride, nint kBlock, bool isBFloat16, nint rowsOffset = 0)
    {
        K = k;
        N = n;
        PanelVectors = panelVectors;
        Vectors = vectors;
        PanelStride = panelStride;
        KBlock = kBlock;
        IsBFloat16 = isBFloat16;
        RowsOffset = rowsOffset;
        RowStride = WeightRows.Stride(vectors, isBFloat16);
        IsWorthSearching = Routes.IsSearched(k, n) && kBlock <= Routes.MaxKBlock;
        LanesOfLast = (int)(n - ((vectors - 1) * Isa.Width));
        IsSmall = Routes.IsSmallRow(k, n, vectors, kBlock, isBFloat16) && LanesOfLast > 0;
    }

    public nint K { get; }

    public nint N { get; }

    /// <summary>Vectors in a panel row, 1 or 2.</summary>
    public int PanelVectors { get; }

    /// <summary>Vectors in all panels: n and its padding.</summary>
    public nint Vectors { get; }

    /// <summary>Columns in the last vector.</summary>
    public int LanesOfLast { get; }

    public nint PanelStride { get; }

    /// <summary>Steps of k in one chain.</summary>
    public nint KBlock { get; }

    /// <summary>Whether panels of two vectors hold bfloat16.</summary>
    public bool IsBFloat16 { get; }

    /// <summary>From B's panels to a copy of it row by row (<see cref="WeightRows"/>); 0 where there is none.</summary>
    public nint RowsOffset { get; }

    /// <summary>Floats from row to row of that copy.</summary>
    public nint RowStride { get; }

    /// <summary>Whether zeros of x are looked for.</summary>
    public bool IsWorthSearching { get; }

    /// <summary>Whether all sums fit in registers and nothing else is to be decided.</summary>
    public bool IsSmall { get; }
}
