using System.Runtime.CompilerServices;

namespace FastMlp.Simd;

/// <summary>How the JIT is to treat methods, by intent.</summary>
internal static class Compile
{
    /// <summary>
    /// A method that holds a k- or element-loop: compiled in full at its first call, and never into a caller. A caller that is compiled later takes
    /// such loops in, one after the other, until its budget for inlining is spent in the middle of one: the rest of that loop's formula
    /// is then called for each vector (seen in the update of parameters on two threads, and in packing).
    /// </summary>
    public const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
}
