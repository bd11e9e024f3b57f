using FastMlp.Data;
using FastMlp.Onnx;

namespace FastMlp.Cli.Sources;

/// <summary>
/// Models as ONNX files. The graph takes rows and answers as the data have them: the scaling that a model was trained with
/// stands in it as nodes, and is taken out of it again on the way back.
/// </summary>
internal static class OnnxFile
{
    private const string Extension = ".onnx";

    public static bool Names(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>The network, with its preprocessing in the metadata; what was read in another way than it stands there goes to <paramref name="note"/>.</summary>
    public static Network Load(string path, OnnxImportOptions options, Action<string> note)
    {
        OnnxImport import = OnnxModel.Import(path, options with { SeparateScaling = true });
        try
        {
            Attach(import);
        }
        catch (ModelFormatException e)
        {
            import.Dispose();
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }

        foreach (string line in import.Notes)
        {
            note(line);
        }

        return import.Network;
    }

    public static void Save(StoredModel model, string path)
    {
        using Network network = model.Network.Clone();
        Preprocessing preprocessing = model.Preprocessing;
        if (model.HasPreprocessing)
        {
            // The scalings are in the graph; those who read it there must not find them a second time.
            (preprocessing with { Features = Scaler.Identity(network.InputSize), Targets = null }).Attach(network);
        }

        OnnxModel.Save(network, path, new OnnxExportOptions
        {
            InputScaling = preprocessing.Features.IsIdentity ? null : ToOnnx(preprocessing.Features),
            OutputScaling = preprocessing.Targets is { IsIdentity: false } targets ? ToOnnx(targets) : null,
        });
    }

    private static void Attach(OnnxImport import)
    {
        Network network = import.Network;
        Preprocessing? stored = Preprocessing.From(network);
        if (stored is null && import is { InputScaling: null, OutputScaling: null, ClassNames: [] })
        {
            return;
        }

        bool classifies = import.ClassNames.Count > 0 || network.OutputActivation == Activation.Softmax;
        Preprocessing preprocessing = stored ?? new Preprocessing
        {
            Task = classifies ? DataTask.Classification : DataTask.Regression,
            Features = Scaler.Identity(network.InputSize),
            ClassNames = classifies ? [.. Enumerable.Range(0, network.OutputSize).Select(i => import.ClassNames.Count > 0 ? import.ClassNames[i] : Text(i))] : [],
        };
        (preprocessing with
        {
            Features = import.InputScaling is { } before ? FromOnnx(before) : preprocessing.Features,
            Targets = import.OutputScaling is { } after ? FromOnnx(after) : preprocessing.Targets,
        }).Attach(network);
    }

    private static OnnxScaling ToOnnx(Scaler scaler) => new(scaler.Offsets, scaler.Scales);

    private static Scaler FromOnnx(OnnxScaling scaling) => Scaler.Fixed(scaling.Offsets, scaling.Scales);

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
