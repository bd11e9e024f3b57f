namespace FastMlp.Kernels;

/// <summary>How the tiles of a call end: what is constant here leaves no test in the kernel.</summary>
internal interface ITileEnd
{
    /// <summary>Whether they end by pairs of rows, all columns being stored, whatever their values are.</summary>
    static abstract bool IsPaired { get; }
}

/// <summary>All rows together, of any width.</summary>
internal readonly struct AnyEnd : ITileEnd
{
    public static bool IsPaired => false;
}

/// <summary>By pairs of rows.</summary>
internal readonly struct PairedEnd : ITileEnd
{
    public static bool IsPaired => true;
}
