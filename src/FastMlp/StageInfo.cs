namespace FastMlp;

/// <summary>One step of a network's computation as seen from outside: of <see cref="Network.Stages"/>, in order of computation.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Index">Its number among dense layers, or among normalizations, as the accessors of <see cref="Network"/> count them; -1 for other kinds.</param>
/// <param name="Source">The stage whose output it takes; -1 is the network's input.</param>
/// <param name="InputSize">Features in.</param>
/// <param name="OutputSize">Features out.</param>
/// <param name="ParameterCount">Trainable numbers.</param>
public sealed record StageInfo(LayerKind Kind, int Index, int Source, int InputSize, int OutputSize, int ParameterCount)
{
    /// <summary>The other stage whose output a sum takes; -1 is the network's input, and stands at all other kinds.</summary>
    public int Skip { get; init; } = -1;

    /// <summary>g of a dense layer or of an activation; identity elsewhere.</summary>
    public Activation Activation { get; init; }

    /// <summary>The rate of dropout; 0 elsewhere.</summary>
    public float Rate { get; init; }

    /// <summary>epsilon of a normalization; 0 elsewhere.</summary>
    public float Epsilon { get; init; }

    /// <summary>How far running averages of a batch normalization move to the batch's; 0 elsewhere.</summary>
    public float Momentum { get; init; }
}
