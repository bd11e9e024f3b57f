using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace FastMlp;

/// <summary>
/// The model that a service answers with, behind one reference: new weights come in while any number of threads predict. A reader never waits, neither for
/// another one nor for a publisher. A model is checked before it becomes current, and if a check fails, the last good one stays. The native memory of a model
/// that was replaced is freed when its last reader is done, not by the collector.
/// </summary>
/// <remarks>
/// Each call is answered by exactly one version, and after <see cref="Publish(Network, string?)"/> or <see cref="LoadAsync"/> has returned, no call that begins is answered by an
/// older one. For several calls on one version, <see cref="Lease"/> it.
/// </remarks>
public sealed class LiveModel : IDisposable
{
    private readonly CurrentModel current = new();
    private readonly Lock publishing = new();
    private readonly LiveModelOptions options;

    // The current model last, before it those that a rollback goes back to.
    private readonly List<CountedModel> kept = [];
    private volatile ModelVersion? version;
    private volatile string? lastRefusal;
    private volatile bool disposed;
    private int published;
    private int inMemory;
    private long swaps;
    private long refusals;

    /// <summary>No model yet: a prediction is an <see cref="InvalidOperationException"/> until the first is published.</summary>
    /// <param name="options">How models are loaded, checked and kept.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="LiveModelOptions.Keep"/> is negative.</exception>
    public LiveModel(LiveModelOptions? options = null)
    {
        this.options = options ?? new LiveModelOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(this.options.Keep, nameof(options));
    }

    /// <summary>The current model; null before the first.</summary>
    public ModelVersion? Version => version;

    /// <summary>How often another model became current, rollbacks included.</summary>
    public long Swaps => Interlocked.Read(ref swaps);

    /// <summary>How many models were refused.</summary>
    public long Refusals => Interlocked.Read(ref refusals);

    /// <summary>Why the last one was refused; null if a model was published since, or none ever was refused.</summary>
    public string? LastRefusal => lastRefusal;

    /// <summary>Models whose memory is not freed: the current one, those for rollbacks, those that are still being read.</summary>
    public int ModelsInMemory => Volatile.Read(ref inMemory);

    /// <summary>y [rows, outputSize] &lt;- the current model's outputs for x [rows, inputSize]: on the caller's thread, without a lock, 0 bytes allocated.</summary>
    /// <returns>The <see cref="ModelVersion.Number"/> of the model that answered.</returns>
    /// <exception cref="ArgumentException">x is not a whole number of rows, y has not room for as many, or x and y overlap.</exception>
    /// <exception cref="InvalidOperationException">No model was published yet.</exception>
    public int Predict(ReadOnlySpan<float> x, Span<float> y)
    {
        CurrentModel.Installation installation = current.Enter(out int stripe);
        try
        {
            CountedModel model = installation.Model ?? throw NoModel();
            model.Predictor.Predict(x, y);
            return model.Version.Number;
        }
        finally
        {
            installation.Leave(stripe);
        }
    }

    /// <summary>The class of each row, as <see cref="Predictor.PredictClasses"/> gives it.</summary>
    /// <returns>The <see cref="ModelVersion.Number"/> of the model that answered.</returns>
    /// <exception cref="InvalidOperationException">No model was published yet.</exception>
    public int PredictClasses(ReadOnlySpan<float> x, Span<int> classes)
    {
        CurrentModel.Installation installation = current.Enter(out int stripe);
        try
        {
            CountedModel model = installation.Model ?? throw NoModel();
            model.Predictor.PredictClasses(x, classes);
            return model.Version.Number;
        }
        finally
        {
            installation.Leave(stripe);
        }
    }

    /// <summary>The current model for several calls, across awaits too. Dispose of it soon: until then its memory stays.</summary>
    /// <exception cref="InvalidOperationException">No model was published yet.</exception>
    public ModelLease Lease()
    {
        CurrentModel.Installation installation = current.Enter(out int stripe);
        if (installation.Model is not { } model)
        {
            installation.Leave(stripe);
            throw NoModel();
        }

        return new ModelLease(installation, model, stripe);
    }

    /// <summary>Freezes the network, checks it and makes it the current model. The network stays the caller's, who may go on training it.</summary>
    /// <param name="network">The new weights; nobody may change them during the call.</param>
    /// <param name="source">Where they come from, for <see cref="ModelVersion.Source"/>.</param>
    /// <exception cref="ModelRefusedException">A check failed; the model before is still current.</exception>
    public ModelVersion Publish(Network network, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Publish(network, source, warmup: false);
    }

    /// <summary>Loads a file, freezes and checks it, and makes it the current model, all on a thread of the pool.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up before the model is loaded or published.</param>
    /// <exception cref="ModelRefusedException">The file cannot be read or a check failed; the model before is still current.</exception>
    public Task<ModelVersion> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Task.Run(
            () =>
            {
                using Network network = Load(path);
                cancellationToken.ThrowIfCancellationRequested();
                return Publish(network, path, options.Warmup);
            },
            cancellationToken);
    }

    /// <summary>Makes the model current again that was so before the last publish. The one that is current now is given up.</summary>
    /// <exception cref="InvalidOperationException">No model is kept (<see cref="LiveModelOptions.Keep"/>).</exception>
    public ModelVersion Rollback()
    {
        lock (publishing)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (kept.Count < 2)
            {
                throw new InvalidOperationException($"There is no model to go back to; {nameof(LiveModelOptions)}.{nameof(LiveModelOptions.Keep)} is {options.Keep}.");
            }

            CountedModel back = kept[^2];
            back.Hold();
            current.Publish(back);
            kept[^1].Release();
            kept.RemoveAt(kept.Count - 1);
            version = back.Version;
            Interlocked.Increment(ref swaps);
            return back.Version;
        }
    }

    /// <summary>Lets go of all models. Calls under way end with their answers, later ones with an <see cref="ObjectDisposedException"/>; leases go on.</summary>
    public void Dispose()
    {
        lock (publishing)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            current.Publish(null);
            version = null;
            foreach (CountedModel model in kept)
            {
                model.Release();
            }

            kept.Clear();
        }
    }

    private ModelVersion Publish(Network network, string? source, bool warmup)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Predictor? predictor = null;
        try
        {
            CheckShape(network, version);
            string fingerprint = FingerprintOf(network);
            if (SelfTest.Failure(network) is { } failure)
            {
                throw new ModelRefusedException($"The model was not published: {failure}.");
            }

            object? context = options.Context?.Invoke(network);
            options.Check?.Invoke(network, version);
            predictor = network.Freeze(options.Weights);
            CheckAnswer(predictor);
            if (warmup)
            {
                predictor.Warmup();
            }

            lock (publishing)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                CheckShape(network, version);
                ModelVersion next = new()
                {
                    Number = published + 1,
                    Published = options.Clock.GetUtcNow(),
                    Source = source,
                    Fingerprint = fingerprint,
                    InputSize = network.InputSize,
                    OutputSize = network.OutputSize,
                    ParameterCount = network.ParameterCount,
                    Metadata = new Dictionary<string, string>(network.Metadata),
                    Context = context,
                };
                CountedModel model = new(predictor, next, () => Interlocked.Decrement(ref inMemory));
                Interlocked.Increment(ref inMemory);
                model.Hold();
                current.Publish(model);
                predictor = null;
                published++;
                kept.Add(model);
                if (kept.Count > options.Keep + 1)
                {
                    kept[0].Release();
                    kept.RemoveAt(0);
                }

                version = next;
                lastRefusal = null;
                Interlocked.Increment(ref swaps);
                return next;
            }
        }
        catch (Exception exception) when (exception is not ObjectDisposedException)
        {
            Interlocked.Increment(ref refusals);
            ModelRefusedException refused = exception as ModelRefusedException ?? new ModelRefusedException($"The model was not published: {exception.Message}", exception);
            lastRefusal = refused.Message;
            throw refused;
        }
        finally
        {
            predictor?.Free();
        }
    }

    private Network Load(string path)
    {
        try
        {
            return options.Load(path);
        }
        catch (Exception exception)
        {
            Interlocked.Increment(ref refusals);
            ModelRefusedException refused = new($"The model was not published: {path}: {exception.Message}", exception);
            lastRefusal = refused.Message;
            throw refused;
        }
    }

    private void CheckShape(Network network, ModelVersion? before)
    {
        if (!options.AllowOtherShape && before is not null && (network.InputSize != before.InputSize || network.OutputSize != before.OutputSize))
        {
            throw new ModelRefusedException(
                $"The model was not published: it has {network.InputSize} inputs and {network.OutputSize} outputs, and the current one {before.InputSize} and {before.OutputSize}. Readers rely on that; {nameof(LiveModelOptions)}.{nameof(LiveModelOptions.AllowOtherShape)} allows another shape.");
        }
    }

    private static string FingerprintOf(Network network)
    {
        XxHash64 hash = new();
        foreach (Tensor tensor in network.Tensors)
        {
            float[] values = new float[tensor.Length];
            tensor.CopyTo(values);
            hash.Append(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return hash.GetCurrentHashAsUInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A row of zeros has a finite answer.</summary>
    private static void CheckAnswer(Predictor predictor)
    {
        float[] y = new float[predictor.OutputSize];
        predictor.Predict(new float[predictor.InputSize], y);
        int bad = Array.FindIndex(y, value => !float.IsFinite(value));
        if (bad >= 0)
        {
            throw new ModelRefusedException($"The model was not published: output {bad} for a row of zeros is {y[bad]}; answers must be finite.");
        }
    }

    private Exception NoModel() => disposed
        ? new ObjectDisposedException(nameof(LiveModel))
        : new InvalidOperationException("No model was published yet.");
}
