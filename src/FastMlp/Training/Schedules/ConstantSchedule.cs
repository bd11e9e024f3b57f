namespace FastMlp.Training.Schedules;

internal sealed record ConstantSchedule : Schedule
{
    public override double Factor(SchedulePosition position) => 1;
}
