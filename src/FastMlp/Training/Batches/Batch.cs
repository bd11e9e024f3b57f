using FastMlp.Memory;

namespace FastMlp.Training.Batches;

/// <summary>Rows and what they should give.</summary>
/// <param name="X">[rows, inputSize].</param>
/// <param name="Targets">[rows].</param>
internal readonly record struct Batch(MatrixView X, Targets Targets)
{
    public int Rows => (int)X.Rows;
}
