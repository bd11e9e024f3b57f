using System.Globalization;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Training;
using FastMlp.Data;
using FastMlp.Interop;
using FastMlp.Serialization;

namespace FastMlp.Cli.Sources;

/// <summary>A model's file: the network and what the file says about its data.</summary>
internal sealed class StoredModel : IDisposable
{
    private StoredModel(string path, ModelReading reading, Action<string> note)
    {
        if (Directory.Exists(path))
        {
            throw new CommandFailedException($"the model '{path}' is a folder; give the file in it.");
        }

        if (!File.Exists(path))
        {
            throw new CommandFailedException($"there is no model file '{path}'.");
        }

        if (AtomicFile.IsDevice(path))
        {
            throw new CommandFailedException($"the model '{path}' is a pipe or a device; a model is read more than once, so give a regular file.");
        }

        Path = path;
        if (!OnnxFile.Names(path) && IsForeign(path))
        {
            Network = Foreign(path, reading.Foreign, note);
            return;
        }

        FileKind.CheckModel(path);
        Network = OnnxFile.Names(path) ? OnnxFile.Load(path, reading.Onnx, note) : Own(path, reading);
    }

    public string Path { get; }

    public Network Network { get; }

    /// <summary>As stored; for a model that carries none, features as they are, and classes if its output is a softmax.</summary>
    public Preprocessing Preprocessing { get; private set; } = null!;

    /// <summary>Whether the file carries its preprocessing.</summary>
    public bool HasPreprocessing { get; private set; }

    public Provenance? Provenance { get; private set; }

    /// <summary>What training learnt beside the network, to compare it with; null where the file has none.</summary>
    public Baseline? Baseline { get; private set; }

    public bool Classifies => Preprocessing.Task == DataTask.Classification;

    /// <summary>The classes by name, or by number where they have none; one output tells two apart.</summary>
    public IReadOnlyList<string> ClassNames => Preprocessing.ClassNames.Count > 0
        ? Preprocessing.ClassNames
        : Numbers(Math.Max(2, Network.OutputSize));

    /// <summary>With what the file does not say and what may be done to read it, and somewhere for notes.</summary>
    public static StoredModel Load(string path, ModelReading reading, Action<string> note)
    {
        StoredModel model = new(path, reading, note);
        try
        {
            Preprocessing? stored = Preprocessing.From(model.Network);
            model.HasPreprocessing = stored is not null;
            model.Preprocessing = stored ?? Plain(model.Network);
            model.Provenance = Provenance.From(model.Network);
            model.Baseline = stored is null ? null : Baseline.From(model.Network, model.Network.InputSize);
            return model;
        }
        catch (ModelFormatException exception)
        {
            model.Dispose();
            throw new ModelFormatException($"{path}: {exception.Message}", exception);
        }
    }

    public void Dispose() => Network.Dispose();

    private static bool IsForeign(string path)
    {
        try
        {
            return ForeignModel.Recognises(path);
        }
        catch (ModelFormatException exception)
        {
            throw new ModelFormatException($"{path}: {exception.Message}", exception);
        }
    }

    private static Network Foreign(string path, ForeignModelOptions options, Action<string> note)
    {
        ForeignImport import = ForeignModel.Import(path, options);
        foreach (string line in import.Notes)
        {
            note(line);
        }

        return import.Network;
    }

    private static Network Own(string path, ModelReading reading)
    {
        Network network = Network.Load(path);
        if (reading.GivesLayers)
        {
            network.Dispose();
            throw new UsageException($"--activations, --order and --part are about files of other frameworks; '{path}' is FastMlp's own and says it all.");
        }

        return network;
    }

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
