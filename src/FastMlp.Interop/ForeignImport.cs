namespace FastMlp.Interop;

/// <summary>A network that was read from a file of another framework.</summary>
/// <param name="Network">The network; the caller disposes it.</param>
/// <param name="Format">What kind of file it was, in words.</param>
/// <param name="Notes">What was read in another way than it stands there, a sentence each.</param>
public sealed record ForeignImport(Network Network, string Format, IReadOnlyList<string> Notes) : IDisposable
{
    /// <summary>Disposes the network.</summary>
    public void Dispose() => Network.Dispose();
}
