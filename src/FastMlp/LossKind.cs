namespace FastMlp;

internal enum LossKind
{
    Quadratic,
    MeanSquaredError,
    CrossEntropy,
    BinaryCrossEntropy,
}
