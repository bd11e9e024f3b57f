namespace FastMlp;

/// <summary>How a <see cref="LiveModel"/> loads, checks and keeps models.</summary>
public sealed record LiveModelOptions
{
    /// <summary>How the weights of the frozen networks are kept.</summary>
    public WeightFormat Weights { get; init; }

    /// <summary>Models kept for <see cref="LiveModel.Rollback"/> behind the current one; each takes its memory.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>Whether a model may have other numbers of inputs or outputs than the one before it. Readers whose buffers fit the old one then get an <see cref="ArgumentException"/>.</summary>
    public bool AllowOtherShape { get; init; }

    /// <summary>Reads a model's file; by default <see cref="Network.Load(string)"/>. The network is disposed behind it.</summary>
    public Func<string, Network> Load { get; init; } = static path => Network.Load(path);

    /// <summary>What belongs to a model beside its weights, made before the checks and found in <see cref="ModelVersion.Context"/>.</summary>
    public Func<Network, object?>? Context { get; init; }

    /// <summary>A check of the caller's own, behind all others: it throws to refuse. It gets the new network, and the version that is current, null before the first.</summary>
    public Action<Network, ModelVersion?>? Check { get; init; }

    /// <summary>Whether <see cref="Predictor.Warmup"/> is called on a model that is loaded from a file before it is published.</summary>
    public bool Warmup { get; init; } = true;

    /// <summary>The clock of <see cref="ModelVersion.Published"/> and of the watch on files.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
