using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>The files that a run writes.</summary>
internal sealed class FileGroup() : TrainGroup("Files")
{
    public Option<string?> Out { get; } = new("--out")
    {
        HelpName = "MODEL",
        Description = "The file to write [default: the name of the data with .safetensors, in this folder]",
    };

    public Option<string?> Report { get; } = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page on the run: curves, confusions or errors, what matters, the worst mistakes, the inside of the network",
    };

    public override IReadOnlyList<Option> Options => [Out, Report];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Out = parsed.GetValue(Out),
        Report = parsed.GetValue(Report),
    };
}
