namespace FastMlp.Interop;

/// <summary>What a file of another framework does not say.</summary>
public sealed record ForeignModelOptions
{
    /// <summary>
    /// g of each dense layer in order, for files that hold weights only; empty where the file describes its layers. It stands behind the normalization of
    /// its layer, unless the numbers in the names leave room for it before.
    /// </summary>
    public IReadOnlyList<Activation> Activations { get; init; } = [];

    /// <summary>The names of the dense layers in order (<c>fc_in, fc_hidden, fc_out</c>), where the file's own order is not to be trusted or does not fit.</summary>
    public IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>The part of the file that is the network, where it holds several: a key of a checkpoint, or what the names of its tensors begin with.</summary>
    public string? Part { get; init; }

    /// <summary>How messages name a member of this type, given its name, such as <c>--activations NAME,...</c> for <c>Activations</c>; null names the member itself.</summary>
    public Func<string, string>? OptionName { get; init; }

    /// <summary>The start of a sentence that asks for an option.</summary>
    internal string Ask(string name) => OptionName is null ? $"Set {nameof(ForeignModelOptions)}.{name}" : $"Give {OptionName(name)}";
}
