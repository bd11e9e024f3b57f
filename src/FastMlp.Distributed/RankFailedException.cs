namespace FastMlp.Distributed;

/// <summary>A rank failed, or did not come within the deadline; the message names it.</summary>
public sealed class RankFailedException : Exception
{
    /// <summary>Creates it.</summary>
    public RankFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it, with what happened on that rank.</summary>
    public RankFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates it without a message.</summary>
    public RankFailedException()
    {
    }
}
