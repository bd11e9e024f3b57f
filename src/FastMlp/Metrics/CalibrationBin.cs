namespace FastMlp.Metrics;

/// <summary>The answers whose probability lay in one interval.</summary>
/// <param name="Low">Its lower end, not part of it but for the first.</param>
/// <param name="High">Its upper end, part of it.</param>
/// <param name="Count">Answers in it.</param>
/// <param name="MeanProbability">Their mean probability; NaN where there are none.</param>
/// <param name="Frequency">The share of them that came true; NaN where there are none.</param>
public readonly record struct CalibrationBin(double Low, double High, long Count, double MeanProbability, double Frequency);
