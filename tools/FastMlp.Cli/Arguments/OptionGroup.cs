using System.CommandLine;

namespace FastMlp.Cli.Arguments;

/// <summary>Options under one heading in the help.</summary>
internal abstract class OptionGroup(string title)
{
    public string Title { get; } = title;

    /// <summary>In the order of the help. An option that is not in this list does not exist.</summary>
    public abstract IReadOnlyList<Option> Options { get; }
}
