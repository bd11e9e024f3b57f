namespace FastMlp.PerfGuard;

/// <summary>The guard cannot do what was asked; the message is for a person.</summary>
internal sealed class GuardException(string message) : Exception(message);
