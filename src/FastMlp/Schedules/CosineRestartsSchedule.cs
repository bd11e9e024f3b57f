namespace FastMlp.Schedules;

/// <summary>The cosine over periods of period, period growth, period growth^2, ... epochs.</summary>
internal sealed record CosineRestartsSchedule(double Period, double Growth, double Final) : Schedule
{
    public override double Factor(SchedulePosition position)
    {
        double epochs = position.Epochs;
        if (Growth == 1)
        {
            return CosineSchedule.Between(1, Final, epochs / Period % 1);
        }

        // Periods 0 to k - 1 take period (growth^k - 1) / (growth - 1) epochs; rounding may put their number one too high.
        double k = Math.Floor(Math.Log((epochs / Period * (Growth - 1)) + 1, Growth));
        double begin = Begin(k);
        if (begin > epochs)
        {
            begin = Begin(--k);
        }
        else if (Begin(k + 1) <= epochs)
        {
            begin = Begin(++k);
        }

        return CosineSchedule.Between(1, Final, (epochs - begin) / (Period * Math.Pow(Growth, k)));
    }

    private double Begin(double k) => Period * (Math.Pow(Growth, k) - 1) / (Growth - 1);
}
