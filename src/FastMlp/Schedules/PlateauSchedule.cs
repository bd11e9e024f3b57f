namespace FastMlp.Schedules;

/// <summary>A smaller rate whenever the watched loss has stopped falling.</summary>
internal sealed record PlateauSchedule(double Drop, int Patience, double Threshold, int Rest, double Final) : Schedule
{
    internal override bool CountsEpochs => false;

    public override double Factor(SchedulePosition position) => 1;

    internal override ScheduleState Observe(ScheduleState state, double trainLoss, double? validationLoss, float learningRate)
    {
        double watched = validationLoss ?? trainLoss;

        // Below the best by a share of its size: losses of likelihoods may be negative.
        bool isBetter = double.IsPositiveInfinity(state.Best) || watched < state.Best - (Threshold * Math.Abs(state.Best));
        int cooldown = Math.Max(0, state.Cooldown - 1);
        int bad = isBetter || state.Cooldown > 0 ? 0 : state.BadEpochs + 1;
        ScheduleState next = state with { Best = isBetter ? watched : state.Best, BadEpochs = bad, Cooldown = cooldown };
        return bad > Patience
            ? next with { Factor = Math.Max(Final, state.Factor * Drop), BadEpochs = 0, Cooldown = Rest }
            : next;
    }
}
