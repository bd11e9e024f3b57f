namespace FastMlp;

/// <summary>A frozen network: immutable, packed, for any number of threads at once.</summary>
public sealed class Predictor : IDisposable
{
    internal Predictor(Network network) => throw new NotImplementedException();

    /// <summary>Features in a row.</summary>
    public int InputSize { get; }

    /// <summary>Outputs in a row.</summary>
    public int OutputSize { get; }

    /// <summary>Any number of rows; on the caller's thread, without a lock, allocating nothing.</summary>
    public void Predict(ReadOnlySpan<float> x, Span<float> y) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
