using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace FastMlp.Hosting;

/// <summary>The models of a service by name: those of <see cref="FastMlpOptions.Models"/> for as long as it runs, those of <see cref="FastMlpOptions.Folder"/> as they are asked for.</summary>
/// <remarks>A model that many requests ask for at once is loaded once. One that cannot be loaded is tried again at the next request.</remarks>
public sealed class ModelStore : IAsyncDisposable
{
    private readonly FastMlpOptions options;
    private readonly ConcurrentDictionary<string, ServedModel> loaded = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<ServedModel>>> loading = new(StringComparer.Ordinal);
    private readonly Lock evicting = new();
    private volatile bool isReady;
    private volatile bool isDraining;
    private long evictions;

    /// <param name="options">Names, files, limits.</param>
    public ModelStore(IOptions<FastMlpOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Value;
    }

    /// <summary>The models in memory.</summary>
    public IReadOnlyCollection<ServedModel> Loaded => [.. loaded.Values.OrderBy(model => model.Name, StringComparer.Ordinal)];

    /// <summary>All names that can be asked for, in memory or not.</summary>
    public IReadOnlyList<string> Names => [.. options.Models.Keys
        .Concat(options.Folder is { } folder && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.safetensors").Select(path => Path.GetFileNameWithoutExtension(path)) : [])
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Whether every named model is loaded and the service is not ending.</summary>
    public bool IsReady => isReady && !isDraining;

    /// <summary>How often a model was let go of to stay within the budget.</summary>
    public long Evictions => Interlocked.Read(ref evictions);

    /// <summary>From now on the service says that it is not ready, and answers the requests that still come.</summary>
    public void Drain() => isDraining = true;

    /// <summary>The model of a name if it is in memory. Allocates nothing.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ServedModel? model)
    {
        if (!loaded.TryGetValue(name, out model))
        {
            return false;
        }

        model.Use();
        return true;
    }

    /// <summary>The model of a name, loaded if need be; null if there is none of that name.</summary>
    /// <exception cref="ModelRefusedException">Its file cannot be loaded; the message says why.</exception>
    public async ValueTask<ServedModel?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (TryGet(name, out ServedModel? model))
        {
            return model;
        }

        if (PathOf(name) is not { } path)
        {
            return null;
        }

        Lazy<Task<ServedModel>> load = loading.GetOrAdd(name, static (key, state) => new Lazy<Task<ServedModel>>(() => state.Store.LoadAsync(key, state.Path)), (Store: this, Path: path));
        try
        {
            model = await load.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (load.Value.IsCompleted)
            {
                loading.TryRemove(new KeyValuePair<string, Lazy<Task<ServedModel>>>(name, load));
            }
        }

        model.Use();
        return model;
    }

    /// <summary>Loads every model of <see cref="FastMlpOptions.Models"/>.</summary>
    /// <exception cref="ModelRefusedException">One cannot be loaded.</exception>
    public async Task LoadAllAsync(CancellationToken cancellationToken = default)
    {
        await Task.WhenAll(options.Models.Keys.Select(name => GetAsync(name, cancellationToken).AsTask())).ConfigureAwait(false);
        isReady = true;
    }

    /// <summary>Lets go of all models.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (ServedModel model in loaded.Values)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }

        loaded.Clear();
    }

    private string? PathOf(string name)
    {
        if (options.Models.TryGetValue(name, out string? path))
        {
            return path;
        }

        // A name is a file's name, never a way out of the folder.
        if (options.Folder is not { } folder || name.Length == 0 || name[0] == '.' || name.AsSpan().ContainsAny("/\\:\0"))
        {
            return null;
        }

        path = Path.Combine(folder, name + ".safetensors");
        return File.Exists(path) ? path : null;
    }

    private async Task<ServedModel> LoadAsync(string name, string path)
    {
        // It may have been loaded between the look and the lock.
        if (loaded.TryGetValue(name, out ServedModel? there))
        {
            return there;
        }

        bool isNamed = options.Models.ContainsKey(name);

        // A model of a folder does not wait for the compiler: most of its code is compiled by then.
        ServedModel model = new(name, path, isNamed ? options.Live : options.Live with { Warmup = false });
        try
        {
            await model.LoadAsync(options.WatchInterval, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await model.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        model.Use();
        loaded[name] = model;
        if (!isNamed)
        {
            await EvictAsync(keep: model).ConfigureAwait(false);
        }

        return model;
    }

    private async Task EvictAsync(ServedModel keep)
    {
        List<ServedModel> gone = [];
        lock (evicting)
        {
            ServedModel[] candidates = [.. loaded.Values.Where(model => !options.Models.ContainsKey(model.Name)).OrderBy(model => model.LastUsed)];
            long bytes = candidates.Sum(model => model.Bytes);
            foreach (ServedModel model in candidates.Where(model => model != keep))
            {
                if (bytes <= options.MemoryBudget)
                {
                    break;
                }

                if (loaded.TryRemove(new KeyValuePair<string, ServedModel>(model.Name, model)))
                {
                    bytes -= model.Bytes;
                    gone.Add(model);
                    Interlocked.Increment(ref evictions);
                }
            }
        }

        foreach (ServedModel model in gone)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }
}
