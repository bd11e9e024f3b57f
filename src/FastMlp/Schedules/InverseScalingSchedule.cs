namespace FastMlp.Schedules;

/// <summary>(1 + t)^-power, t the rows of all whole epochs.</summary>
internal sealed record InverseScalingSchedule(double Power) : Schedule
{
    public override double Factor(SchedulePosition position) => Math.Pow(1 + (Math.Floor(position.Epochs) * position.RowsPerEpoch), -Power);
}
