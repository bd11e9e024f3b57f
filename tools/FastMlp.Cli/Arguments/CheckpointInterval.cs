namespace FastMlp.Cli.Arguments;

/// <summary>How often a checkpoint is written: after so many epochs, or whenever so much time has passed.</summary>
internal readonly record struct CheckpointInterval(int Epochs, TimeSpan Time)
{
    public static CheckpointInterval Default => new(1, TimeSpan.Zero);

    public CheckpointOptions In(string folder) => new(folder) { EveryEpochs = Epochs, Every = Time };

    /// <summary>Reads <c>5</c> or a <see cref="Duration"/>.</summary>
    public static bool TryParse(string text, out CheckpointInterval interval)
    {
        bool isCount = Options.Integer(text, 1, out int epochs);
        TimeSpan time = TimeSpan.Zero;
        bool isRight = isCount || Duration.TryParse(text, out time);
        interval = isRight ? new CheckpointInterval(isCount ? epochs : 0, time) : default;
        return isRight;
    }
}
