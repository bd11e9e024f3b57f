namespace FastMlp.Cli;

/// <summary>Options that do not go together, found after parsing.</summary>
internal sealed class UsageException(string message) : Exception(message);
