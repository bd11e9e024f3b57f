using FastMlp.Diagnostics;

namespace FastMlp.Tests.Diagnostics;

public class MachineTests
{
    [Fact]
    public void X64KernelsNameTheProcessor()
    {
        Machine.Identity identity = Machine.IdentifyLinux("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763\n\nprocessor\t: 1\n");
        Assert.Equal(new Machine.Identity("AMD EPYC 7763", "amd-25-1"), identity);
    }

    [Fact]
    public void AnotherVendorIsSpelledForAFileName()
    {
        Machine.Identity identity = Machine.IdentifyLinux("vendor_id : Some Maker (TM)\ncpu family : 6\nmodel : 85\n");
        Assert.Equal(new Machine.Identity("Some Maker (TM)", "some-maker-tm-6-85"), identity);
    }

    [Fact]
    public void Arm64KernelsGiveNumbers() =>
        Assert.Equal("arm-0x41-0xd0c", Machine.IdentifyLinux("processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n").Kind);

    [Theory]
    [InlineData("")]
    [InlineData("model name without a colon")]
    [InlineData("CPU implementer : 0x41\n")]
    public void AnUnknownListIsNoFailure(string cpuInfo) => Assert.StartsWith("unknown-", Machine.IdentifyLinux(cpuInfo).Kind, StringComparison.Ordinal);

    [Fact]
    public void WindowsHasItsOwnForm() =>
        Assert.Equal("intel-6-85", Machine.IdentifyWindows("Intel64 Family 6 Model 85 Stepping 7, GenuineIntel").Kind);

    [Theory]
    [InlineData("")]
    [InlineData("Intel64 Family 6 Model")]
    [InlineData("Intel64 Family 6 Model 85 Stepping 7")]
    public void AnotherFormIsNoFailure(string identifier) => Assert.StartsWith("unknown-", Machine.IdentifyWindows(identifier).Kind, StringComparison.Ordinal);

    [Fact]
    public void TheKindIsFitForAFileNameAndEndsWithTheInstructionSet()
    {
        Assert.Matches("^[a-z0-9-]+$", Machine.ProcessorKind);
        Assert.EndsWith(
            "-" + Machine.InstructionSet.ToLowerInvariant().Replace("<t>", "-t", StringComparison.Ordinal).Replace(' ', '-'),
            Machine.ProcessorKind,
            StringComparison.Ordinal);
        Assert.NotEmpty(Machine.ProcessorName);
    }
}
