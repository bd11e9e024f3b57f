namespace FastMlp;

/// <summary>One model that a <see cref="LiveModel"/> published: which it is and where it came from.</summary>
public sealed record ModelVersion
{
    /// <summary>1 for the first that was published, then 2 and so on. A rollback brings a number back with its weights.</summary>
    public required int Number { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset Published { get; init; }

    /// <summary>Where it came from, such as a path; null if the publisher did not say.</summary>
    public string? Source { get; init; }

    /// <summary>XXH64 of the parameters in 16 hexadecimal digits: equal for equal weights.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Features in a row.</summary>
    public required int InputSize { get; init; }

    /// <summary>Outputs in a row.</summary>
    public required int OutputSize { get; init; }

    /// <summary>Trainable numbers.</summary>
    public required int ParameterCount { get; init; }

    /// <summary>The facts that travelled with the model in its file: class names, preprocessing, how it was trained (<see cref="FitRecord"/>).</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>What <see cref="LiveModelOptions.Context"/> made of the network, such as the preprocessing that belongs to these weights; else null.</summary>
    public object? Context { get; init; }
}
