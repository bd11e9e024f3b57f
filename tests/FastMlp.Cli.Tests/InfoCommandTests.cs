using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class InfoCommandTests
{
    [Fact]
    public void NamesTheInstructionSetInUse()
    {
        CommandResult result = Command.Run("info").Done();

        Assert.Contains($"instruction set  {InstructionSet.Name}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{InstructionSet.VectorWidth} floats", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonNamesItToo()
    {
        JsonElement json = Command.Run("info", "--json").Done().Json();

        Assert.Equal(InstructionSet.Name, json.GetProperty("instructionSet").GetString());
        Assert.Equal(InstructionSet.VectorWidth, json.GetProperty("vectorWidth").GetInt32());
        Assert.Equal(Environment.ProcessorCount, json.GetProperty("cores").GetInt32());
        Assert.NotEqual("", json.GetProperty("version").GetString());
    }
}
