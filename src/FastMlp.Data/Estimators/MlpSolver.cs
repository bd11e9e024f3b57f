namespace FastMlp.Data;

/// <summary>How <see cref="MlpClassifier"/> and <see cref="MlpRegressor"/> find their weights.</summary>
public enum MlpSolver
{
    /// <summary>Mini-batches with <see cref="FastMlp.Adam"/>.</summary>
    Adam,

    /// <summary>Mini-batches with <see cref="FastMlp.Sgd"/> and momentum.</summary>
    Sgd,

    /// <summary>All rows at once with <see cref="FastMlp.Lbfgs"/>: for small data often the best and the fastest.</summary>
    Lbfgs,
}
