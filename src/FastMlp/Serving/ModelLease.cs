namespace FastMlp;

/// <summary>
/// One version of a <see cref="LiveModel"/>, for several calls that must all be answered by the same weights. The version's memory stays until the lease is disposed.
/// </summary>
/// <remarks>Any number of threads may predict on one lease. A lease costs an allocation; for a single call, <see cref="LiveModel.Predict(ReadOnlySpan{float}, Span{float})"/> costs none.</remarks>
public sealed class ModelLease : IDisposable
{
    private readonly CurrentModel.Installation installation;
    private readonly CountedModel model;
    private readonly int stripe;

    // Twice the calls under way, and 1 once it is disposed.
    private long state;
    private int hasLeft;

    internal ModelLease(CurrentModel.Installation installation, CountedModel model, int stripe)
    {
        this.installation = installation;
        this.model = model;
        this.stripe = stripe;
    }

    /// <summary>Frees what a lease that nobody disposed still holds.</summary>
    ~ModelLease() => Leave();

    /// <summary>Which model it is.</summary>
    public ModelVersion Version => model.Version;

    /// <inheritdoc cref="Predictor.Predict(ReadOnlySpan{float}, Span{float})"/>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public void Predict(ReadOnlySpan<float> x, Span<float> y)
    {
        Begin();
        try
        {
            model.Predictor.Predict(x, y);
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc cref="Predictor.PredictClasses"/>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public void PredictClasses(ReadOnlySpan<float> x, Span<int> classes)
    {
        Begin();
        try
        {
            model.Predictor.PredictClasses(x, classes);
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc cref="Predictor.PredictTop"/>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public void PredictTop(ReadOnlySpan<float> x, Span<int> classes, Span<float> scores)
    {
        Begin();
        try
        {
            model.Predictor.PredictTop(x, classes, scores);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Gives the version back. Calls under way on other threads end with their answers.</summary>
    public void Dispose()
    {
        if (Interlocked.Or(ref state, 1) == 0)
        {
            Leave();
        }

        GC.SuppressFinalize(this);
    }

    private void Begin()
    {
        if ((Interlocked.Add(ref state, 2) & 1) != 0)
        {
            End();
            throw new ObjectDisposedException(nameof(ModelLease));
        }
    }

    private void End()
    {
        if (Interlocked.Add(ref state, -2) == 1)
        {
            Leave();
        }

        // The finalizer must not come under a call that is the last use of the lease.
        GC.KeepAlive(this);
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref hasLeft, 1) == 0)
        {
            installation.Leave(stripe);
        }
    }
}
