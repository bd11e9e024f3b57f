namespace FastMlp;

/// <summary>A <see cref="LiveModel"/> did not publish a model because a check failed. What it served before, it still serves. The message says which check and why.</summary>
public sealed class ModelRefusedException : Exception
{
    /// <summary>Creates the exception with no message of its own.</summary>
    public ModelRefusedException()
    {
    }

    /// <param name="message">Which check failed, and what would be right.</param>
    public ModelRefusedException(string message)
        : base(message)
    {
    }

    /// <param name="message">Which check failed, and what would be right.</param>
    /// <param name="innerException">The cause.</param>
    public ModelRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
