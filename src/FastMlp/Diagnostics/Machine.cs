using FastMlp.Simd;

namespace FastMlp.Diagnostics;

/// <summary>What FastMlp found on this machine.</summary>
public static class Machine
{
    /// <summary>The instruction set in use: AVX-512, AVX2, SSE, NEON, Vector&lt;T&gt; or scalar.</summary>
    public static string InstructionSet => Isa.Name;

    /// <summary>Float lanes in a vector of that set.</summary>
    public static int VectorWidth => Isa.Width;
}
