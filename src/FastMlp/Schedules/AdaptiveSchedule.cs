namespace FastMlp.Schedules;

/// <summary>A fifth of the rate whenever the training loss has stopped falling.</summary>
internal sealed record AdaptiveSchedule(double Tolerance, int Patience) : Schedule
{
    private const double Drop = 0.2;

    /// <summary>The rate at which scikit-learn gives up.</summary>
    private const float LeastRate = 1e-6f;

    internal override bool CountsEpochs => false;

    public override double Factor(SchedulePosition position) => 1;

    internal override ScheduleState Observe(ScheduleState state, double trainLoss, double? validationLoss, float learningRate)
    {
        int bad = trainLoss > state.Best - Tolerance ? state.BadEpochs + 1 : 0;
        ScheduleState next = state with { Best = Math.Min(state.Best, trainLoss), BadEpochs = bad };
        if (bad <= Patience)
        {
            return next;
        }

        return learningRate <= LeastRate ? next with { IsOver = true } : next with { Factor = state.Factor * Drop, BadEpochs = 0 };
    }
}
