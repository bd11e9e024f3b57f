using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>Folders from which an interrupted run goes on.</summary>
internal sealed class CheckpointGroup() : TrainGroup("Checkpoints")
{
    public Option<string?> Checkpoint { get; } = new("--checkpoint")
    {
        HelpName = "DIR",
        Description = "Write all that training needs to go on into this folder, now and then and at the end; a kill at any instant leaves the last whole checkpoint",
    };

    public Option<CheckpointInterval?> Every { get; } = Arguments.Options.Number("--checkpoint-every", "N or TIME",
        $"Epochs between checkpoints, or {Duration.Known}, also within an epoch [default: 1]", $"a whole number of at least 1, nor {Duration.Known}",
        (string text, out CheckpointInterval value) => CheckpointInterval.TryParse(text, out value));

    public Option<string?> Resume { get; } = new("--resume")
    {
        HelpName = "DIR",
        Description = "Go on from the newest whole checkpoint in this folder; where it has none yet, from the beginning. The result is bit for bit that of a run that was never interrupted",
    };

    public override IReadOnlyList<Option> Options => [Checkpoint, Every, Resume];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Checkpoint = parsed.GetValue(Checkpoint) is { } folder ? (parsed.GetValue(Every) ?? CheckpointInterval.Default).In(folder) : null,
        Resume = parsed.GetValue(Resume),
    };
}
