namespace FastMlp.PerfGuard;

/// <summary>The gate cannot run; the message says why and what would help.</summary>
internal class GuardException(string message) : Exception(message);

/// <summary>There is no build of the other commit to compare with.</summary>
internal sealed class NotBuiltException(string message) : GuardException(message);
