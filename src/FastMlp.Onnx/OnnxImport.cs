namespace FastMlp.Onnx;

/// <summary>A network from an ONNX file, and what the file says beside it. Disposing it disposes the network.</summary>
public sealed class OnnxImport : IDisposable
{
    internal OnnxImport(Network network)
    {
        Network = network;
    }

    /// <summary>The network; entries of the file's metadata are in <see cref="Network.Metadata"/>.</summary>
    public Network Network { get; }

    /// <summary>The graph's input that the rows go to; of several, their names in the order in which a row has them.</summary>
    public string InputName { get; internal init; } = "";

    /// <summary>The graph's output that the network computes.</summary>
    public string OutputName { get; internal init; } = "";

    /// <summary>The classes in the order of the outputs, from a ZipMap or a classifier node; empty if the file names none.</summary>
    public IReadOnlyList<string> ClassNames { get; internal init; } = [];

    /// <summary>
    /// How the columns of the graph's inputs become the features of a row, in the order of the features, where the graph itself fills gaps or
    /// takes texts; empty where rows go in as they are.
    /// </summary>
    public IReadOnlyList<OnnxColumn> Columns { get; internal init; } = [];

    /// <summary>What was left out or read in another way than it stands there, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; internal init; } = [];

    /// <summary>The scaling to apply to rows before <see cref="Network"/>; null if there is none, or it is folded into the network.</summary>
    public OnnxScaling? InputScaling { get; internal init; }

    /// <summary>The scaling to undo on what <see cref="Network"/> answers; null if there is none, or it is folded into the network.</summary>
    public OnnxScaling? OutputScaling { get; internal init; }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Dispose();
}
