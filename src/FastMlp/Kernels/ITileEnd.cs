using System.Runtime.InteropServices;

namespace FastMlp.Kernels;

/// <summary>How the tiles of a call end. As with <see cref="IConstant"/> it is the size that tells them apart, which the JIT knows before it inlines.</summary>
internal interface ITileEnd;

/// <summary>All rows together, of any width.</summary>
internal readonly struct AnyEnd : ITileEnd;

/// <summary>By pairs of rows, all columns being stored, whatever their values are.</summary>
[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct PairedEnd : ITileEnd;
