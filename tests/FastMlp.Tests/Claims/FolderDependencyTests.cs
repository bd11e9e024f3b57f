namespace FastMlp.Tests.Claims;

/// <summary>The rooms of src/FastMlp use one another only as docs/architecture.md says.</summary>
public class FolderDependencyTests
{
    private static readonly string[] closedRooms = ["Simd", "Memory", "Threading", "Kernels", "Layers"];

    [Fact]
    public void EveryFileKeepsToTheRoomsThatItMayUse()
    {
        IReadOnlyList<string> files = Repository.Files("src/FastMlp", "*.cs");
        string[] violations = [.. files.SelectMany(path => FolderRules.Violations(BelowSource(path), Repository.Read(path)))];

        Assert.Contains(files, path => FolderRules.RoomOf(BelowSource(path)) == "Kernels");
        Assert.True(violations.Length == 0, string.Join("\n", violations));
    }

    [Fact]
    public void TheInnerRoomsHaveNoPublicType()
    {
        string[] open = [.. typeof(Network).Assembly.GetExportedTypes()
            .Where(type => closedRooms.Any(room => $"{type.Namespace}.".StartsWith($"FastMlp.{room}.", StringComparison.Ordinal)))
            .Select(type => type.FullName!)];

        Assert.True(open.Length == 0, $"Public, but in an inner room: {string.Join(", ", open)}");
    }

    [Theory]
    [InlineData("Kernels/Gemm.cs", "using FastMlp.Layers;\nnamespace FastMlp.Kernels;", "not Layers")]
    [InlineData("Kernels/Gemm.cs", "namespace FastMlp.Kernels;\nclass C { Layers.Layer l; }", "not Layers")]
    [InlineData("Kernels/Gemm.cs", "namespace FastMlp.Kernels;\nclass C { FastMlp.Training.Loop l; }", "not Training")]
    [InlineData("Kernels/Gemm.cs", "using L = FastMlp.Layers.Layer;\nnamespace FastMlp.Kernels;", "not Layers")]
    [InlineData("Simd/Isa.cs", "using static FastMlp.Memory.AlignedBuffer;\nnamespace FastMlp.Simd;", "not Memory")]
    [InlineData("Memory/AlignedBuffer.cs", "using CommunityToolkit.HighPerformance;\nnamespace FastMlp.Memory;", "BCL only, not CommunityToolkit")]
    [InlineData("Threading/WorkerPool.cs", "namespace FastMlp.Threading;\nclass C { Dataset d; }", "not Dataset of the root")]
    [InlineData("Layers/Layer.cs", "using System.Runtime.Intrinsics;\nnamespace FastMlp.Layers;", "only in Simd/")]
    [InlineData("Kernels/Gemm.cs", "namespace FastMlp.Kernels;\nclass C { int w = Vector<float>.Count; }", "only in Simd/")]
    [InlineData("Serialization/Safetensors.cs", "namespace FastMlp.Serialization;\nunsafe class C;", "unsafe")]
    [InlineData("Training/Loop.cs", "using FastMlp.Serialization;\nnamespace FastMlp.Training;", "not Serialization")]
    [InlineData("Dataset.cs", "namespace FastMlp;\nunsafe class C;", "unsafe")]
    [InlineData("Layers/Layer.cs", "namespace FastMlp.Kernels;", "its folder says FastMlp.Layers")]
    [InlineData("Helpers/Numbers.cs", "namespace FastMlp.Helpers;", "not a room")]
    public void AViolationIsSeen(string path, string source, string expected)
    {
        string violation = Assert.Single(FolderRules.Violations(path, source));
        Assert.Contains(expected, violation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Kernels/Gemm.cs", "using FastMlp.Simd;\nusing System.Numerics;\nnamespace FastMlp.Kernels;\nunsafe class C;")]
    [InlineData("Kernels/Activations/Relu.cs", "namespace FastMlp.Kernels.Activations;\n/// <see cref=\"FastMlp.Layers.Layer\"/>\nclass C { string s = \"unsafe Layers.X\"; }")]
    [InlineData("Memory/Pool.cs", "namespace FastMlp.Memory;\nclass C { object o = owner.Memory.Span; System.Threading.Lock l; Memory<float> m; }")]
    [InlineData("Network.cs", "using FastMlp.Layers;\nnamespace FastMlp;\nunsafe class C;")]
    public void AFileInOrderIsNotAccused(string path, string source) => Assert.Empty(FolderRules.Violations(path, source));

    private static string BelowSource(string path) => Repository.Relative(path)["src/FastMlp/".Length..];
}
