using FastMlp.Measuring;

namespace FastMlp.Tests.Measuring;

public class ProcessorTests
{
    [Fact]
    public void X64KernelsNameTheProcessor()
    {
        Processor.Identity identity = Processor.IdentifyLinux("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763\n\nprocessor\t: 1\n");
        Assert.Equal(new Processor.Identity("AMD EPYC 7763", "amd-25-1"), identity);
    }

    [Fact]
    public void AnotherVendorIsSpelledForAFileName()
    {
        Processor.Identity identity = Processor.IdentifyLinux("vendor_id : Some Maker (TM)\ncpu family : 6\nmodel : 85\n");
        Assert.Equal(new Processor.Identity("Some Maker (TM)", "some-maker-tm-6-85"), identity);
    }

    [Fact]
    public void Arm64KernelsGiveNumbers() =>
        Assert.Equal("arm-0x41-0xd0c", Processor.IdentifyLinux("processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n").Kind);

    [Theory]
    [InlineData("")]
    [InlineData("model name without a colon")]
    [InlineData("CPU implementer : 0x41\n")]
    public void AnUnknownListIsNoFailure(string cpuInfo) => Assert.StartsWith("unknown-", Processor.IdentifyLinux(cpuInfo).Kind, StringComparison.Ordinal);

    [Fact]
    public void WindowsHasItsOwnForm() =>
        Assert.Equal("intel-6-85", Processor.IdentifyWindows("Intel64 Family 6 Model 85 Stepping 7, GenuineIntel").Kind);

    [Theory]
    [InlineData("")]
    [InlineData("Intel64 Family 6 Model")]
    [InlineData("Intel64 Family 6 Model 85 Stepping 7")]
    public void AnotherFormIsNoFailure(string identifier) => Assert.StartsWith("unknown-", Processor.IdentifyWindows(identifier).Kind, StringComparison.Ordinal);

    [Fact]
    public void TheKindIsFitForAFileNameAndEndsWithTheInstructionSet()
    {
        Assert.Matches("^[a-z0-9-]+$", Processor.Kind);
        Assert.EndsWith(
            "-" + InstructionSet.Name.ToLowerInvariant().Replace("<t>", "-t", StringComparison.Ordinal).Replace(' ', '-'),
            Processor.Kind,
            StringComparison.Ordinal);
        Assert.NotEmpty(Processor.Name);
    }
}
