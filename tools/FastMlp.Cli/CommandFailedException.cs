namespace FastMlp.Cli;

/// <summary>The work cannot be done; the message is the one line that the user reads.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
