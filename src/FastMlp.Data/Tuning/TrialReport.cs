namespace FastMlp.Data;

/// <summary>Where a trial stands.</summary>
/// <param name="Trial">Its number, from 0.</param>
/// <param name="Settings">What it tries.</param>
/// <param name="Rung">The last rung it has done, from 0.</param>
/// <param name="Epochs">Epochs done.</param>
/// <param name="BestEpoch">The best of them by the watched metric, from 1; 0 where training diverged.</param>
/// <param name="Score">The metric after that epoch; NaN where training diverged.</param>
public sealed record TrialReport(int Trial, TrialSettings Settings, int Rung, int Epochs, int BestEpoch, double Score);

/// <summary>What a <see cref="Tuner"/> found.</summary>
/// <param name="Trials">All trials, by number, each at its last rung.</param>
/// <param name="Best">The one with the best score; the first of equals.</param>
/// <param name="Replayed">Rungs that were taken from the journal instead of trained.</param>
/// <param name="IsComplete">Whether all trials were tried; false where time or the caller ended the search.</param>
/// <param name="WallTime">How long it took.</param>
public sealed record TuneReport(IReadOnlyList<TrialReport> Trials, TrialReport Best, int Replayed, bool IsComplete, TimeSpan WallTime);
