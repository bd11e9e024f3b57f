namespace FastMlp.Kernels;

/// <summary>What is known of the tiles of a call: what is constant here leaves no test in the kernel.</summary>
internal interface ITileEnd
{
    /// <summary>Whether all columns are stored, whatever their values are, after four steps of p or more.</summary>
    static abstract bool IsWhole { get; }
}

/// <summary>Nothing is known.</summary>
internal readonly struct AnyEnd : ITileEnd
{
    public static bool IsWhole => false;
}

/// <summary>All columns, whatever their values, four steps of p or more.</summary>
internal readonly struct WholeEnd : ITileEnd
{
    public static bool IsWhole => true;
}
