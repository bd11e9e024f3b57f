namespace FastMlp.Schedules;

/// <summary>What a schedule has learnt from losses; the whole of it, so that a resumed run goes on with the same numbers.</summary>
/// <param name="Factor">What the rate is multiplied by, beside the factor of the position.</param>
/// <param name="Best">The lowest loss so far.</param>
/// <param name="BadEpochs">Epochs in a row that were no better.</param>
/// <param name="Cooldown">Epochs that are not counted yet.</param>
/// <param name="IsOver">Whether training is to end.</param>
internal readonly record struct ScheduleState(double Factor, double Best, int BadEpochs, int Cooldown, bool IsOver)
{
    public static ScheduleState Start => new(1, double.PositiveInfinity, 0, 0, IsOver: false);
}
