using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>Scores rows that come in parts: the figures, and those of the baseline on the same rows.</summary>
internal sealed class Scoring(Network network, Preprocessing preprocessing, Baseline? baseline)
{
    private readonly ScoreSum sum = new(preprocessing);
    private readonly Details details = new(network, preprocessing);
    private readonly BaselineScoring? others = baseline is null ? null : new(baseline, preprocessing);

    /// <summary>The figures of all rows so far. The loss of classes is the log loss where the outputs are probabilities.</summary>
    public Score Score => sum.Score with
    {
        Loss = details.LogLoss ?? sum.Score.Loss,
        Figures = [.. details.Figures],
        RareClasses = details.RareClasses,
        Baselines = others?.Scores ?? [],
    };

    /// <param name="scaled">Rows as the network sees them.</param>
    public void Add(Dataset scaled)
    {
        sum.Add(Score.Of(network, preprocessing, scaled), scaled);
        details.Add(scaled);
        others?.Add(scaled);
    }
}
