namespace FastMlp.Data;

/// <summary>What <see cref="SuccessiveHalving"/> found.</summary>
/// <param name="Candidates">One result for each candidate, in the order given.</param>
/// <param name="Best">The one with the best score among those that were trained longest.</param>
/// <param name="RowsTrained">Rows that went through training, over all candidates and folds.</param>
/// <param name="WallTime">How long the search took.</param>
public sealed record HalvingReport(IReadOnlyList<CandidateResult> Candidates, CandidateResult Best, long RowsTrained, TimeSpan WallTime);

/// <summary>How one candidate did.</summary>
/// <param name="Candidate">The settings.</param>
/// <param name="Epochs">Epochs it was trained for.</param>
/// <param name="BestEpoch">The epoch (from 1) with the best mean over the held-out folds; 0 where training diverged before one ended.</param>
/// <param name="Score">That mean of <see cref="FitOptions.Watch"/>; NaN where there is none.</param>
/// <param name="StandardError">Its standard error over the folds; NaN of one fold.</param>
public sealed record CandidateResult(Candidate Candidate, int Epochs, int BestEpoch, double Score, double StandardError);
