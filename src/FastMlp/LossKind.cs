namespace FastMlp;

internal enum LossKind
{
    Quadratic,
    MeanSquaredError,
    CrossEntropy,
    BinaryCrossEntropy,
    MeanAbsoluteError,
    Huber,
    Poisson,
    LogPoisson,
    Quantile,
}
