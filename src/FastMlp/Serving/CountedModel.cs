namespace FastMlp;

/// <summary>A frozen network and a count of those that need it: whoever brings the count to 0 frees the native memory at once.</summary>
internal sealed class CountedModel(Predictor predictor, ModelVersion version, Action freed)
{
    private int users = 1;

    public Predictor Predictor { get; } = predictor;

    public ModelVersion Version { get; } = version;

    /// <summary>One more user; only for a caller that is one itself.</summary>
    public void Hold() => Interlocked.Increment(ref users);

    public void Release()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            Predictor.Free();
            freed();
        }
    }
}
