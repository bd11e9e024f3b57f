using FastMlp.Onnx.Export;
using FastMlp.Onnx.Import;
using FastMlp.Serialization;

namespace FastMlp.Onnx;

/// <summary>
/// Networks as ONNX files. Import takes any graph that is a chain of dense layers with an activation each, in the forms that
/// PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx) export; export writes opset 17 with a free batch size. docs/onnx.md has the tables.
/// </summary>
public static class OnnxModel
{
    /// <summary>The network of an ONNX file.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, or holds something that a chain of dense layers cannot do; the message names the node, its operator and what is supported.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Network Load(string path, OnnxImportOptions? options = null) => Import(path, options).Network;

    /// <summary>The network of an ONNX model that is read to the end of a stream.</summary>
    /// <exception cref="ModelFormatException">As <see cref="Load(string, OnnxImportOptions)"/>.</exception>
    public static Network Load(Stream stream, OnnxImportOptions? options = null) => Import(stream, options).Network;

    /// <summary>The network of an ONNX file, with names, notes and scalings.</summary>
    /// <exception cref="ModelFormatException">As <see cref="Load(string, OnnxImportOptions)"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxImport Import(string path, OnnxImportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxImportOptions();
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            string folder = options.ExternalDataFolder ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
            return ModelImporter.Run(file, options with { ExternalDataFolder = folder });
        }
        catch (ModelFormatException e)
        {
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The network of an ONNX model that is read to the end of a stream, with names, notes and scalings.</summary>
    /// <exception cref="ModelFormatException">As <see cref="Load(string, OnnxImportOptions)"/>.</exception>
    public static OnnxImport Import(Stream stream, OnnxImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ModelImporter.Run(stream, options ?? new OnnxImportOptions());
    }

    /// <summary>What an ONNX file says about itself (its metadata), whether its graph can be read or not.</summary>
    /// <exception cref="ModelFormatException">The file is torn or no ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return ModelImporter.Metadata(file);
        }
        catch (ModelFormatException e)
        {
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes the network as an ONNX file: first under a temporary name, then renamed, so that a file of that name is always whole.</summary>
    /// <exception cref="ArgumentException">A scaling has another size than the network, or the model is larger than the 2 GiB that the format can hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(Network network, string path, OnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] model = ModelExporter.Run(network, options ?? new OnnxExportOptions());
        AtomicFile.Write(path, stream => stream.Write(model));
    }

    /// <summary>Writes the network as an ONNX model to a stream; the same network always gives the same bytes.</summary>
    /// <exception cref="ArgumentException">As <see cref="Save(Network, string, OnnxExportOptions)"/>.</exception>
    public static void Save(Network network, Stream stream, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(ModelExporter.Run(network, options ?? new OnnxExportOptions()));
    }
}
