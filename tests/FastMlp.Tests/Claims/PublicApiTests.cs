using System.Reflection;
using PublicApiGenerator;

namespace FastMlp.Tests.Claims;

/// <summary>The public API is what PublicApi.*.txt beside this file says; a change to it is a change to that file, seen in review.</summary>
public class PublicApiTests
{
    private const string AcceptVariable = "FASTMLP_ACCEPT_API";

    [Theory]
    [InlineData("FastMlp")]
    [InlineData("FastMlp.Data")]
    [InlineData("FastMlp.Onnx")]
    [InlineData("FastMlp.Interop")]
    [InlineData("FastMlp.Distributed")]
    [InlineData("FastMlp.Hosting")]
    [InlineData("FastMlp.Data.Formats")]
    public void ThePublicApiIsTheAcceptedOne(string assemblyName)
    {
        string actual = Assembly.Load(assemblyName)
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false })
            .ReplaceLineEndings("\n")
            .TrimEnd('\n') + "\n";
        string accepted = Path.Combine(Repository.Root, "tests", "FastMlp.Tests", "Claims", $"PublicApi.{assemblyName}.txt");
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(accepted, actual);
            return;
        }

        string expected = File.Exists(accepted) ? Repository.Read(accepted) : "";
        Assert.True(actual == expected, $"The public API of {assemblyName} is not the accepted one:\n{Difference(expected, actual)}\nIf that is meant: {AcceptVariable}=1 dotnet test -c Release tests/FastMlp.Tests, and commit {Repository.Relative(accepted)}.");
    }

    [Fact]
    public void ADifferenceNamesTheLinesThatWentAndCame() =>
        Assert.Equal("- int B\n+ long B", Difference("int A\nint B\n", "int A\nlong B\n"));

    /// <summary>The lines that stand in one text only, as "- gone" and "+ new".</summary>
    private static string Difference(string expected, string actual)
    {
        string[] before = expected.Split('\n');
        string[] after = actual.Split('\n');
        return string.Join("\n", before.Except(after).Select(line => "- " + line.Trim()).Concat(after.Except(before).Select(line => "+ " + line.Trim())));
    }
}
