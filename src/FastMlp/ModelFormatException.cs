namespace FastMlp;

/// <summary>A model file is malformed, incomplete or of an unsupported kind. The message says what is wrong, where, and what would be accepted.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Creates the exception with no message of its own.</summary>
    public ModelFormatException()
    {
    }

    /// <param name="message">What is wrong, where, and what would be right.</param>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <param name="message">What is wrong, where, and what would be right.</param>
    /// <param name="innerException">The cause.</param>
    public ModelFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
