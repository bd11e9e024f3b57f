using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>How the columns of a matrix [k, n] lie in panels: arithmetic, no choice (that is <see cref="Routes"/>').</summary>
/// <remarks>
/// <code>
/// panel 0: [k, Nr]   columns 0 .. Nr - 1, row by row         Nr = 1 or 2 vectors
/// panel 1: [k, Nr]   columns Nr .. 2 Nr - 1
/// ...                the last one padded with zeros
/// </code>
/// </remarks>
internal static class PanelLayout
{
    /// <summary>Floats in a vector.</summary>
    public static int Lanes => Isa.Width;

    /// <summary>Vectors that n columns need.</summary>
    public static nint Vectors(nint n) => (n + Isa.Width - 1) / Isa.Width;

    /// <summary>Vectors in a panel row.</summary>
    public static int PanelVectors(nint n) => Routes.PanelVectors(n, Isa.Width);

    /// <summary>Nr, the columns of a panel.</summary>
    public static nint PanelWidth(nint n) => PanelVectors(n) * Isa.Width;

    /// <summary>Panels that n columns need.</summary>
    public static nint Panels(nint n) => (n + PanelWidth(n) - 1) / PanelWidth(n);

    /// <summary>n rounded up to whole panels.</summary>
    public static nint Padded(nint n) => Panels(n) * PanelWidth(n);
}
