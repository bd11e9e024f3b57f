using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>How often a checkpoint is written: after so many epochs, or whenever so much time has passed.</summary>
internal readonly record struct CheckpointInterval(int Epochs, TimeSpan Time)
{
    public static CheckpointInterval Default => new(1, TimeSpan.Zero);

    public CheckpointOptions In(string folder) => new(folder) { EveryEpochs = Epochs, Every = Time };

    /// <summary>Reads <c>5</c>, <c>500ms</c>, <c>30s</c>, <c>1.5m</c> or <c>2h</c>.</summary>
    public static bool TryParse(string text, out CheckpointInterval interval)
    {
        if (Options.Integer(text, 1, out int epochs))
        {
            interval = new CheckpointInterval(epochs, TimeSpan.Zero);
            return true;
        }

        string number = text.TrimEnd('m', 's', 'h');
        double seconds = text[number.Length..] switch
        {
            "ms" => 1e-3,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => double.NaN,
        };
        bool isTime = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * seconds is > 1e-6 and < 1e9;
        interval = isTime ? new CheckpointInterval(0, TimeSpan.FromSeconds(count * seconds)) : default;
        return isTime;
    }
}
