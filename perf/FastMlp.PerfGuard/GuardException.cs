namespace FastMlp.PerfGuard;

/// <summary>The gate cannot run; the message says why and what would help.</summary>
internal sealed class GuardException(string message) : Exception(message);
