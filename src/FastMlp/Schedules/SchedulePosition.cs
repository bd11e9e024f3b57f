namespace FastMlp;

/// <summary>Where training is.</summary>
/// <param name="Step">Updates done so far.</param>
/// <param name="TotalSteps">Updates of the whole run; 0 where it has no planned end.</param>
/// <param name="StepsPerEpoch">Updates in an epoch.</param>
/// <param name="RowsPerEpoch">Rows in an epoch.</param>
public readonly record struct SchedulePosition(long Step, long TotalSteps = 0, long StepsPerEpoch = 1, long RowsPerEpoch = 1)
{
    /// <summary>Epochs done so far, parts of one included.</summary>
    public double Epochs => (double)Step / StepsPerEpoch;
}
