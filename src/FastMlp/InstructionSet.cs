using FastMlp.Simd;

namespace FastMlp;

/// <summary>The instruction set that the kernels use on this machine, chosen once when the process starts.</summary>
public static class InstructionSet
{
    /// <summary><c>AVX-512</c>, <c>AVX2</c>, <c>SSE</c>, <c>NEON</c>, <c>Vector&lt;T&gt;</c> or <c>scalar</c>.</summary>
    public static string Name => Isa.Name;

    /// <summary>Float lanes in a vector of that set.</summary>
    public static int VectorWidth => Isa.Width;
}
