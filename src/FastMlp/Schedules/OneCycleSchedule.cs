namespace FastMlp.Schedules;

/// <summary>Up along a cosine until the step before peak x total, down along another until the last step.</summary>
internal sealed record OneCycleSchedule(double Peak, double First, double Final) : Schedule
{
    internal override bool NeedsTotalSteps => true;

    public override double Factor(SchedulePosition position)
    {
        // The peak and the last step are steps themselves, so a run of n steps has n - 1 intervals.
        double last = Math.Max(1, position.TotalSteps - 1);
        double step = Math.Min(last, Progress(position) * position.TotalSteps);
        double top = Math.Max(0, (Peak * position.TotalSteps) - 1);
        return step < top
            ? CosineSchedule.Between(First, 1, step / top)
            : CosineSchedule.Between(1, Final, last > top ? (step - top) / (last - top) : 1);
    }
}
