namespace FastMlp.Schedules;

/// <summary>factor^floor(epochs / every).</summary>
internal sealed record StepSchedule(double Every, double Drop) : Schedule
{
    public override double Factor(SchedulePosition position) => Math.Pow(Drop, Math.Floor(position.Epochs / Every));
}
