using FastMlp.Interop.Chains;
using FastMlp.Interop.Keras;
using FastMlp.Interop.PyTorch;

namespace FastMlp.Interop;

/// <summary>Networks from the files of Keras, PyTorch, TorchSharp and safetensors, recognised by their first bytes.</summary>
public static class ForeignModel
{
    /// <summary>The network of a file; see <see cref="Import(string, ForeignModelOptions)"/>.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, or holds no multilayer perceptron; the message says where and what would be accepted.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Network Load(string path, ForeignModelOptions? options = null) => Import(path, options).Network;

    /// <summary>The network of a file, with what was noted on the way.</summary>
    /// <param name="path">A file of Keras (HDF5 or <c>.keras</c>), PyTorch (zip, the format before 1.6, TorchScript), TorchSharp (<c>.dat</c>) or safetensors.</param>
    /// <param name="options">What the file does not say.</param>
    /// <exception cref="ModelFormatException">The file is malformed, or holds no multilayer perceptron; the message says where and what would be accepted.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ForeignImport Import(string path, ForeignModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] content = Content.OfFile(path);
        try
        {
            return Import(content, options);
        }
        catch (ModelFormatException exception)
        {
            throw new ModelFormatException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>The same from memory.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="options">What the file does not say.</param>
    /// <exception cref="ModelFormatException">The content is malformed, or holds no multilayer perceptron.</exception>
    public static ForeignImport Import(byte[] content, ForeignModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        options ??= new ForeignModelOptions();
        Chain chain = Content.KindOf(content) switch
        {
            ContentKind.Hdf5 => KerasFile.ReadHdf5(content, options),
            ContentKind.KerasZip => KerasFile.ReadZip(content, options),
            ContentKind.TorchZip => TorchZip.Read(content, options),
            ContentKind.TorchLegacy => TorchLegacy.Read(content, options),
            ContentKind.Safetensors => SafetensorsFile.Read(content, options),
            ContentKind.TorchSharp => TorchSharpFile.Read(content, options),
            _ => throw new ModelFormatException(
                "The file is none of Keras' (HDF5, or .keras with 'config.json'), PyTorch's (.pt and .pth with 'data.pkl'), TorchSharp's (.dat) or safetensors. ONNX files are read by FastMlp.Onnx, FastMlp's own by Network.Load."),
        };
        return chain.ToImport(options);
    }

    /// <summary>Whether a file is of a kind that is read here, by its first bytes: Keras, PyTorch, TorchSharp, or safetensors that FastMlp did not write.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Recognises(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Content.KindOf(file) switch
        {
            ContentKind.Unknown => false,
            ContentKind.Safetensors => !SafetensorsFile.IsOwn(file),
            _ => true,
        };
    }
}
