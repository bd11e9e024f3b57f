namespace FastMlp;

/// <summary>The loss or a parameter stopped being finite. Every parameter of the network keeps its last finite value.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Creates the exception with no message of its own.</summary>
    public TrainingDivergedException()
    {
    }

    /// <param name="message">What is not finite, and where.</param>
    public TrainingDivergedException(string message)
        : base(message)
    {
    }

    /// <param name="message">What is not finite, and where.</param>
    /// <param name="innerException">The cause.</param>
    public TrainingDivergedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal TrainingDivergedException(string message, int layer, int epoch, int batch)
        : base(message)
    {
        Layer = layer;
        Epoch = epoch;
        Batch = batch;
    }

    /// <summary>The first layer (from 0) with a value that is not finite; -1 where it is the loss alone or the input.</summary>
    public int Layer { get; } = -1;

    /// <summary>The epoch (from 1); 0 outside of <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/>.</summary>
    public int Epoch { get; }

    /// <summary>The batch in its epoch, or the step of the trainer (from 1).</summary>
    public int Batch { get; }
}
