using System.Globalization;
using FastMlp.Cli.Training;
using FastMlp.Data;
using FastMlp.Onnx;

namespace FastMlp.Cli.Sources;

/// <summary>A model's file: the network and what the file says about its data.</summary>
internal sealed class StoredModel : IDisposable
{
    private StoredModel(string path, OnnxImportOptions options, Action<string> note)
    {
        if (Directory.Exists(path))
        {
            throw new CommandFailedException($"the model '{path}' is a folder; give the file in it.");
        }

        if (!File.Exists(path))
        {
            throw new CommandFailedException($"there is no model file '{path}'.");
        }

        FileKind.CheckModel(path);
        Path = path;
        Network = OnnxFile.Names(path) ? OnnxFile.Load(path, options, note) : Network.Load(path);
    }

    public string Path { get; }

    public Network Network { get; }

    /// <summary>As stored; for a model that carries none, features as they are, and classes if its output is a softmax.</summary>
    public Preprocessing Preprocessing { get; private set; } = null!;

    /// <summary>Whether the file carries its preprocessing.</summary>
    public bool HasPreprocessing { get; private set; }

    public Provenance? Provenance { get; private set; }

    public bool Classifies => Preprocessing.Task == DataTask.Classification;

    /// <summary>The classes by name, or by number where they have none; one output tells two apart.</summary>
    public IReadOnlyList<string> ClassNames => Preprocessing.ClassNames.Count > 0
        ? Preprocessing.ClassNames
        : Numbers(Math.Max(2, Network.OutputSize));

    /// <summary>With what may be done to read an ONNX file, and somewhere for its notes.</summary>
    public static StoredModel Load(string path, OnnxImportOptions options, Action<string> note)
    {
        StoredModel model = new(path, options, note);
        try
        {
            Preprocessing? stored = Preprocessing.From(model.Network);
            model.HasPreprocessing = stored is not null;
            model.Preprocessing = stored ?? Plain(model.Network);
            model.Provenance = Provenance.From(model.Network);
            return model;
        }
        catch (ModelFormatException exception)
        {
            model.Dispose();
            throw new ModelFormatException($"{path}: {exception.Message}", exception);
        }
    }

    public void Dispose() => Network.Dispose();

    private static Preprocessing Plain(Network network)
    {
        bool classifies = network.OutputActivation == Activation.Softmax;
        return new Preprocessing
        {
            Task = classifies ? DataTask.Classification : DataTask.Regression,
            Features = Scaler.Identity(network.InputSize),
            ClassNames = classifies ? Numbers(network.OutputSize) : [],
        };
    }

    private static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
}
