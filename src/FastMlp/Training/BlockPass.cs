using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Forward, loss and backward over a part of a batch, block by block of rows, each block while it is in cache. One thread, no layer that looks at all rows at once.</summary>
internal abstract unsafe class BlockPass : IDisposable
{
    /// <summary>What the rows of the last run counted for: their number, or the sum of their weights.</summary>
    public double Weight { get; protected set; }

    /// <summary>The first layer that was not finite in a block of the last run whose loss was not; -1 if there was none.</summary>
    public int FirstLayerNotFinite { get; protected set; } = -1;

    /// <summary>
    /// The summed loss of the rows, each times its weight; the sums of their gradients into <paramref name="gradients"/>, laid out like
    /// the parameters, and their outputs into <paramref name="outputs"/>, rows close together.
    /// </summary>
    public abstract double SumGradients(float* parameters, float* gradients, MatrixView x, Targets targets, MatrixView outputs);

    public abstract void Dispose();
}
