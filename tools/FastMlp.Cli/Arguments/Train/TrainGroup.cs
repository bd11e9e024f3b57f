using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>Options of <c>fastmlp train</c> under one heading, and what they mean for the run.</summary>
internal abstract class TrainGroup(string title) : OptionGroup(title)
{
    /// <summary>The settings with what the command line says of this group.</summary>
    public abstract TrainSettings Read(ParseResult parsed, TrainSettings settings);
}
