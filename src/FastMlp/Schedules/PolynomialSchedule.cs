namespace FastMlp.Schedules;

/// <summary>final + (1 - final) (1 - p)^power.</summary>
internal sealed record PolynomialSchedule(double Power, double Final) : Schedule
{
    internal override bool NeedsTotalSteps => true;

    public override double Factor(SchedulePosition position) => Final + ((1 - Final) * Math.Pow(1 - Progress(position), Power));
}
