namespace FastMlp.Metrics;

/// <summary>What calling every row with a score of at least <paramref name="Threshold"/> positive would find.</summary>
/// <param name="Threshold">The least score that is called positive; infinity at the first point, where none is.</param>
/// <param name="FalsePositiveRate">The share of the negative rows that are called positive.</param>
/// <param name="TruePositiveRate">The share of the positive rows that are called positive.</param>
public readonly record struct RocPoint(float Threshold, double FalsePositiveRate, double TruePositiveRate);
