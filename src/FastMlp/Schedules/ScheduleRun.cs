namespace FastMlp.Schedules;

/// <summary>A schedule on its way through one run.</summary>
/// <param name="schedule">The schedule.</param>
/// <param name="learningRate">The optimizer's rate.</param>
/// <param name="start">The position of the first step.</param>
internal sealed class ScheduleRun(Schedule schedule, float learningRate, SchedulePosition start)
{
    public ScheduleState State { get; set; } = ScheduleState.Start;

    /// <summary>The rate of the update that follows so many others.</summary>
    public float RateAfter(long steps) => (float)(learningRate * State.Factor * schedule.Factor(start with { Step = steps }));

    /// <summary>An epoch ended with these losses, after so many steps.</summary>
    public void Observe(double trainLoss, double? validationLoss, long steps) =>
        State = schedule.Observe(State, trainLoss, validationLoss, RateAfter(steps));
}
