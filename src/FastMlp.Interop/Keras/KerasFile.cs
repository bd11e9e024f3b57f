using System.IO.Compression;
using System.Text;
using System.Text.Json;
using FastMlp.Interop.Chains;
using PureHDF;

namespace FastMlp.Interop.Keras;

/// <summary>
/// Keras files: HDF5 with the configuration as an attribute and the weights in a group for each layer (Keras 1 and 2, <c>.h5</c> of Keras 3), a zip of
/// <c>config.json</c> and <c>model.weights.h5</c> (<c>.keras</c>), or the latter alone.
/// </summary>
internal static class KerasFile
{
    private const int MaxConfig = 64 << 20;

    public static Chain ReadHdf5(byte[] content, ForeignModelOptions options) => Hdf5.Reading(content, file =>
    {
        string? config = Hdf5.Text(file, "model_config");
        IH5Group weights = file.LinkExists("model_weights") ? file.Group("model_weights") : file;
        string version = Hdf5.Text(file, "keras_version") ?? Hdf5.Text(weights, "keras_version") ?? "1";
        string format = $"Keras {version}";
        if (config is null)
        {
            return new Chain($"{format}, weights only", WeightsOnly(weights, options));
        }

        KerasGraph graph = KerasGraph.Parse(config);
        return graph.ToChain(format, layer => OfLayer(weights, layer), options);
    });

    public static Chain ReadZip(byte[] content, ForeignModelOptions options)
    {
        using ZipArchive zip = Content.OpenZip(content);
        string config = Encoding.UTF8.GetString(Content.Unpack(zip.GetEntry("config.json")!, MaxConfig));
        ZipArchiveEntry entry = zip.GetEntry("model.weights.h5") ?? throw new ModelFormatException("The .keras file has no 'model.weights.h5'.");
        byte[] weights = Content.Unpack(entry, int.MaxValue / 2);
        string format = "Keras 3 (.keras)";
        if (zip.GetEntry("metadata.json") is { } metadata)
        {
            format = $"Keras {Version(Content.Unpack(metadata, 1 << 20))} (.keras)";
        }

        KerasGraph graph = KerasGraph.Parse(config);
        return Hdf5.Reading(weights, file =>
        {
            KerasVariables variables = new(file);
            return graph.ToChain(format, layer => variables.Of(layer, graph.IndexInClass(layer)), options);
        });
    }

    private static string Version(byte[] metadata)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(metadata);
            return json.RootElement.TryGetProperty("keras_version", out JsonElement version) ? version.ToString() : "3";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "3"; // the version is for messages only
        }
    }

    /// <summary>The tensors of a layer by what they are: kernel, bias, gamma. The paths stand in an attribute; in 9 of 38 files seen they do not repeat the layer's name.</summary>
    private static List<StoredTensor> OfLayer(IH5Group weights, KerasLayer layer)
    {
        if (!weights.LinkExists(layer.Name))
        {
            return [];
        }

        IH5Group group = weights.Group(layer.Name);
        return [.. Hdf5.Texts(group, "weight_names").Select(path => Hdf5.Tensor(group.Dataset(path), RoleOf(path)))];
    }

    /// <summary>"dense_1/kernel:0" is a kernel; Keras 1 writes "dense_1_W".</summary>
    private static string RoleOf(string path)
    {
        string last = path[(path.LastIndexOf('/') + 1)..];
        last = last.Contains(':', StringComparison.Ordinal) ? last[..last.LastIndexOf(':')] : last;
        return last switch
        {
            _ when last.EndsWith("_running_mean", StringComparison.Ordinal) => "moving_mean",
            _ when last.EndsWith("_running_std", StringComparison.Ordinal) => "moving_variance",
            _ when last.EndsWith("_gamma", StringComparison.Ordinal) => "gamma",
            _ when last.EndsWith("_beta", StringComparison.Ordinal) => "beta",
            _ when last.EndsWith("_W", StringComparison.Ordinal) => "kernel",
            _ when last.EndsWith("_b", StringComparison.Ordinal) => "bias",
            _ => last,
        };
    }

    /// <summary>A file without a configuration: layers in the order of the attribute <c>layer_names</c> (the groups are sorted), or by number (<c>.weights.h5</c> of Keras 3); activations as given.</summary>
    private static List<Link> WeightsOnly(IH5Group weights, ForeignModelOptions options)
    {
        string[] names = Hdf5.Texts(weights, "layer_names");
        KerasVariables variables = new(weights);
        if (names.Length == 0 && variables.IsEmpty)
        {
            throw new ModelFormatException("The HDF5 file has neither 'model_config' nor 'layer_names' nor a group 'layers': it is no file of Keras.");
        }

        (List<StoredTensor> tensors, bool isOrdered) = names.Length == 0 ? variables.All() : ([], true);
        foreach (string name in names)
        {
            foreach (StoredTensor tensor in OfLayer(weights, new KerasLayer(name)))
            {
                tensors.Add(tensor.Name switch
                {
                    "kernel" when tensor.Shape.Length == 2 => Transposed(tensor) with { Name = $"{name}.weight" },
                    "kernel" => tensor with { Name = $"{name}.weight" },
                    "bias" or "beta" => tensor with { Name = $"{name}.bias" },
                    "gamma" => tensor with { Name = $"{name}.weight" },
                    "moving_mean" => tensor with { Name = $"{name}.running_mean" },
                    "moving_variance" => tensor with { Name = $"{name}.running_var" },
                    var other => tensor with { Name = $"{name}.{other}" },
                });
            }
        }

        List<Link> links = StateDict.Read(tensors, isOrdered, options);

        // Without its configuration a normalization's epsilon is not known; it is Keras' own.
        return [.. links.Select(link => link is BatchNormLink norm ? norm with { Epsilon = KerasLayer.DefaultEpsilon, Momentum = 0.01f } : link)];
    }

    /// <summary>Keras' kernel is [in, out].</summary>
    public static StoredTensor Transposed(StoredTensor kernel)
    {
        int inputs = kernel.Shape[0], outputs = kernel.Shape[1];
        float[] weight = new float[kernel.Values.Length];
        for (int i = 0; i < inputs; i++)
        {
            for (int unit = 0; unit < outputs; unit++)
            {
                weight[(unit * inputs) + i] = kernel.Values[(i * outputs) + unit];
            }
        }

        return kernel with { Shape = [outputs, inputs], Values = weight };
    }
}
