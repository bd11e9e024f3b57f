using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>What early stopping and the return to the best parameters watch: one number an epoch, and the best of them.</summary>
/// <param name="options">The metric, the patience and the least gain.</param>
/// <param name="parameters">Those of the network.</param>
/// <param name="keeps">Whether the parameters of the best epoch are kept.</param>
internal sealed class BestEpoch(FitOptions options, AlignedBuffer parameters, bool keeps) : IDisposable
{
    private AlignedBuffer? best = keeps ? new AlignedBuffer(parameters.Length) : null;

    /// <summary>The best epoch so far; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Its metric, with the sign that makes less better.</summary>
    public float Score { get; private set; } = float.PositiveInfinity;

    /// <summary>Epochs in a row without a gain.</summary>
    public int BadEpochs { get; private set; }

    public bool Keeps => best is not null;

    public ReadOnlySpan<float> Parameters => best is null ? default : best.Span;

    /// <summary>Whether early stopping has run out of patience.</summary>
    public bool IsOver => options.EarlyStoppingPatience > 0 && BadEpochs >= options.EarlyStoppingPatience;

    /// <summary>An epoch has ended.</summary>
    public void Take(int epoch, float watched)
    {
        float score = options.Watch.IsHigherBetter ? -watched : watched;
        BadEpochs = score < Score - options.MinDelta ? 0 : BadEpochs + 1;
        if (score < Score)
        {
            (Epoch, Score) = (epoch, score);
            if (best is not null)
            {
                parameters.Span.CopyTo(best.Span);
            }
        }
    }

    /// <summary>Goes on from a checkpoint.</summary>
    /// <param name="position">Where the run was.</param>
    /// <param name="kept">The parameters of its best epoch; null where they were not kept.</param>
    public void Restore(FitPosition position, float[]? kept)
    {
        (Epoch, Score, BadEpochs) = (position.BestEpoch, position.BestLoss, position.BadEpochs);
        if (kept is null && Epoch > 0)
        {
            // Only a limit of time that was not there before asks for it: the best so far cannot be brought back.
            best?.Dispose();
            best = null;
        }
        else if (best is not null)
        {
            kept?.CopyTo(best.Span);
        }
    }

    /// <summary>Puts the best parameters back, where they are kept; returns the epoch that the network then has.</summary>
    /// <param name="last">The last epoch that was finished.</param>
    public int PutBack(int last)
    {
        if (best is null || Epoch == 0)
        {
            return last;
        }

        best.Span.CopyTo(parameters.Span);
        return Epoch;
    }

    public void Dispose() => best?.Dispose();
}
