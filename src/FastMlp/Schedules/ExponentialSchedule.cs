namespace FastMlp.Schedules;

/// <summary>factor^epochs.</summary>
internal sealed record ExponentialSchedule(double Decay) : Schedule
{
    public override double Factor(SchedulePosition position) => Math.Pow(Decay, position.Epochs);
}
