namespace FastMlp.Schedules;

/// <summary>A straight rise over the first w steps, then the schedule behind it with the steps that are left.</summary>
internal sealed record WarmUpSchedule(double Length, Schedule Behind) : Schedule
{
    internal override bool NeedsTotalSteps => Behind.NeedsTotalSteps;

    public override double Factor(SchedulePosition position)
    {
        long steps = (long)Math.Ceiling(Length * position.StepsPerEpoch);
        SchedulePosition behind = position with
        {
            Step = Math.Max(0, position.Step - steps),
            TotalSteps = position.TotalSteps > 0 ? Math.Max(1, position.TotalSteps - steps) : 0,
        };
        double factor = Behind.Factor(behind);
        return position.Step < steps ? factor * (position.Step + 1) / (steps + 1) : factor;
    }

    internal override ScheduleState Observe(ScheduleState state, double trainLoss, double? validationLoss, float learningRate) =>
        Behind.Observe(state, trainLoss, validationLoss, learningRate);
}
