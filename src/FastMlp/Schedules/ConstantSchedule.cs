namespace FastMlp.Schedules;

internal sealed record ConstantSchedule : Schedule
{
    internal override bool CountsEpochs => false;

    public override double Factor(SchedulePosition position) => 1;
}
