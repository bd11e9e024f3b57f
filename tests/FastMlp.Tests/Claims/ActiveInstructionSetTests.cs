
namespace FastMlp.Tests.Claims;

/// <summary>
/// A run under <c>DOTNET_EnableAVX2=0</c> proves something only if the switch took effect. Such a run says in
/// <c>FASTMLP_EXPECTED_ISA</c> what it believes it tests; here that belief meets what dispatch chose.
/// </summary>
public class ActiveInstructionSetTests
{
    private static readonly string[] names = ["AVX-512", "AVX2", "SSE", "NEON", "Vector<T>", "scalar"];

    [Fact]
    public void TheRunUsesTheInstructionSetThatItClaims()
    {
        string? expected = Environment.GetEnvironmentVariable("FASTMLP_EXPECTED_ISA");
        Assert.SkipWhen(string.IsNullOrEmpty(expected), "FASTMLP_EXPECTED_ISA is not set: this run claims no instruction set. tools/test-matrix.sh sets it.");
        Assert.Contains(expected, names);
        Assert.Equal(expected, InstructionSet.Name);
    }

    [Fact]
    public void TheNameAndTheWidthBelongTogether()
    {
        int[] widths = InstructionSet.Name switch
        {
            "AVX-512" => [16],
            "AVX2" => [8],
            "SSE" or "NEON" => [4],
            "Vector<T>" => [4, 8, 16, 32, 64],
            "scalar" => [1],
            string other => throw new InvalidOperationException($"InstructionSet.Name is \"{other}\", which no run of the matrix expects."),
        };

        Assert.Contains(InstructionSet.VectorWidth, widths);
    }
}
