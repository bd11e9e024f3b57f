namespace FastMlp.Schedules;

/// <summary>final + (1 - final) (1 + cos(pi p)) / 2.</summary>
internal sealed record CosineSchedule(double Final) : Schedule
{
    internal override bool NeedsTotalSteps => true;

    public override double Factor(SchedulePosition position) => Between(1, Final, Progress(position));

    /// <summary>From one factor to another along half a wave; p from 0 to 1.</summary>
    public static double Between(double from, double to, double p) => to + ((from - to) * (1 + Math.Cos(Math.PI * p)) / 2);
}
