namespace FastMlp.Hosting;

/// <summary>Which models a service answers with, and within which limits.</summary>
public sealed class FastMlpOptions
{
    /// <summary>Files by name. They are loaded at the start, and the service is ready once all of them are.</summary>
    public IDictionary<string, string> Models { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>A folder of which every <c>NAME.safetensors</c> is a model of that name, loaded when it is first asked for; null for none.</summary>
    public string? Folder { get; set; }

    /// <summary>Bytes that the models of <see cref="Folder"/> may take together. Beyond that, the one that was not asked for the longest is let go of.</summary>
    public long MemoryBudget { get; set; } = 1L << 30;

    /// <summary>How often the files are looked at for changes; null to load each once.</summary>
    public TimeSpan? WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How models are checked and kept. Loading and context are the host's.</summary>
    public LiveModelOptions Live { get; set; } = new();

    /// <summary>Bytes of the body of a request, and of a message of gRPC (whose own default is 4,194,304).</summary>
    public int MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>Rows in a request.</summary>
    public int MaxRows { get; set; } = 100_000;

    /// <summary>Requests under way at once; one more is answered with status 503.</summary>
    public int MaxConcurrentRequests { get; set; } = 1024;

    /// <summary>The time in which the body of a request must arrive; then it is answered with status 408.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Keys of which a request must bring one, as <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>; empty to ask for none. Liveness, readiness and the page itself are open.</summary>
    public IList<string> ApiKeys { get; } = [];
}
