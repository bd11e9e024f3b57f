using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Diagnostics;

namespace FastMlp.Cli.Tests;

public sealed class InfoCommandTests
{
    [Fact]
    public void NamesTheInstructionSetInUse()
    {
        CommandResult result = Command.Run("info").Done();

        Assert.Contains($"instruction set  {Machine.InstructionSet}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{Machine.VectorWidth} floats", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonNamesItToo()
    {
        JsonElement json = Command.Run("info", "--json").Done().Json();

        Assert.Equal(Machine.InstructionSet, json.GetProperty("instructionSet").GetString());
        Assert.Equal(Machine.VectorWidth, json.GetProperty("vectorWidth").GetInt32());
        Assert.Equal(Environment.ProcessorCount, json.GetProperty("cores").GetInt32());
        Assert.NotEqual("", json.GetProperty("version").GetString());
    }
}
