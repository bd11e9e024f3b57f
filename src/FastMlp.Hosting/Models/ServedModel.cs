namespace FastMlp.Hosting;

/// <summary>A model under a name: loaded from its file, replaced when the file changes, read by any number of requests.</summary>
public sealed class ServedModel : IAsyncDisposable
{
    private ModelFileWatcher? watcher;
    private long lastUsed;

    internal ServedModel(string name, string path, LiveModelOptions options)
    {
        Name = name;
        Path = path;
        NameAsJson = System.Text.Json.JsonEncodedText.Encode(name).EncodedUtf8Bytes.ToArray();
        Live = new LiveModel(options with { Load = ModelContract.Load, Context = ModelContract.Of });
    }

    /// <summary>The name that requests ask for.</summary>
    public string Name { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The weights, which change under their readers.</summary>
    public LiveModel Live { get; }

    /// <summary>Memory of the weights in bytes, as a rule of thumb: a frozen network keeps large layers in two orders.</summary>
    public long Bytes => Live.Version is { } version ? 2L * sizeof(float) * version.ParameterCount * Live.ModelsInMemory : 0;

    /// <summary>The name as it stands between the quotes of JSON.</summary>
    internal byte[] NameAsJson { get; }

    /// <summary>A number that grows with each use of any model.</summary>
    internal long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Predicts rows of features in the unit of the data. x may be changed: it is scaled in place where the scaling could not be folded into the network.</summary>
    /// <param name="x">[rows, features], not scaled.</param>
    /// <param name="y">[rows, outputs].</param>
    /// <returns>The version that answered.</returns>
    /// <exception cref="ArgumentException">x is not a whole number of rows, or y has not room for their answers.</exception>
    public ModelVersion Predict(Span<float> x, Span<float> y)
    {
        // The contract and the weights must be of one version. Where nothing is left to scale, which is the rule, a swap between the two does no harm.
        ModelVersion version = Live.Version ?? throw new InvalidOperationException($"The model '{Name}' is not loaded.");
        ModelContract contract = (ModelContract)version.Context!;
        if (contract.IsFolded && Live.Predict(x, y) == version.Number)
        {
            return version;
        }

        using ModelLease lease = Live.Lease();
        contract = (ModelContract)lease.Version.Context!;
        contract.ScaleFeatures(x);
        lease.Predict(x, y);
        contract.UnscaleOutputs(y);
        return lease.Version;
    }

    /// <summary>Ends the watch and lets go of the weights; calls under way end with their answers.</summary>
    public async ValueTask DisposeAsync()
    {
        if (watcher is not null)
        {
            await watcher.DisposeAsync().ConfigureAwait(false);
        }

        Live.Dispose();
    }

    internal void Use() => Volatile.Write(ref lastUsed, Environment.TickCount64);

    internal async Task LoadAsync(TimeSpan? watchInterval, CancellationToken cancellationToken)
    {
        await Live.LoadAsync(Path, cancellationToken).ConfigureAwait(false);
        if (watchInterval is { } interval)
        {
            watcher = new ModelFileWatcher(Live, Path, interval, loaded: true);
        }
    }
}
