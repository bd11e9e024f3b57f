using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>A method that works on the parameters of a network holds their block, not only its address: Dispose may come from another thread.</summary>
public partial class BlockLifetimeTests
{
    [Fact]
    public void NobodyTakesTheAddressOfParametersWithoutHoldingTheirBlock()
    {
        string[] found = [.. Repository.Files("src", "*.cs")
            .SelectMany(path => AddressAlone().Matches(Repository.Read(path)).Select(match => $"{Repository.Relative(path)}: {match.Value} (take Parameters into a local, and end with GC.KeepAlive of it)"))];

        Assert.True(found.Length == 0, string.Join("\n", found));
    }

    [Fact]
    public void AnAddressAloneIsSeen()
    {
        Assert.Matches(AddressAlone(), "tensor.Read(Parameters.Pointer, values);");
        Assert.Matches(AddressAlone(), "network.Parameters.Span.CopyTo(best);");
        Assert.DoesNotMatch(AddressAlone(), "state.Parameters.Span.CopyTo(best);");
        Assert.DoesNotMatch(AddressAlone(), "stack.Forward(pass.Parameters, x);");
    }

    // A TrainingState holds the block for as long as it lives.
    [GeneratedRegex(@"(?<![\w.])(?!state\.)(?:\w+\.)?Parameters\.(?:Pointer|Span)\b")]
    private static partial Regex AddressAlone();
}
