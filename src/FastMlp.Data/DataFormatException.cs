namespace FastMlp.Data;

/// <summary>A data file is malformed or holds a value that cannot be used. The message is one line: which file, where, what was found, and what would be accepted.</summary>
public sealed class DataFormatException : Exception
{
    /// <summary>Creates the exception with no message of its own.</summary>
    public DataFormatException()
    {
    }

    /// <param name="message">Which file, where, what was found, and what would be accepted.</param>
    public DataFormatException(string message)
        : base(message)
    {
    }

    /// <param name="message">Which file, where, what was found, and what would be accepted.</param>
    /// <param name="innerException">The cause.</param>
    public DataFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
