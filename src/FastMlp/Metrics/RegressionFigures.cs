namespace FastMlp.Metrics;

/// <summary>How far answers a lie from values y.</summary>
/// <param name="Rmse">sqrt(1/m sum of (a - y)^2), in the unit of y.</param>
/// <param name="Mae">1/m sum of |a - y|, in the unit of y.</param>
/// <param name="R2">1 - sum of (a - y)^2 / sum of (y - mean)^2: 1 is exact, 0 no better than the mean; for values that are all the same, 1 if they are met exactly, else 0.</param>
/// <param name="Mape">1/m sum of |a - y| / |y|, a share and not percent; |y| is at least 2^-52 there, so that a single missed 0 makes it huge.</param>
/// <param name="MaximumError">The largest |a - y|, in the unit of y.</param>
public readonly record struct RegressionFigures(double Rmse, double Mae, double R2, double Mape, double MaximumError);
