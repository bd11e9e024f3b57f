using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>Reads and writes networks as safetensors files; docs/formats.md has the layout.</summary>
internal static class ModelFile
{
    /// <summary>Reads a file that <see cref="Write(string, ModelContents)"/> made.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, torn or unsupported; the message begins with the path.</exception>
    /// <exception cref="IOException">The file is missing, is a folder or cannot be read.</exception>
    public static ModelContents Read(string path)
    {
        using FileStream file = Open(path);
        try
        {
            return Read(file);
        }
        catch (ModelFormatException e)
        {
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a file of another framework, with the activations in layer order.</summary>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static ModelContents Read(string path, ReadOnlySpan<Activation> activations)
    {
        using FileStream file = Open(path);
        try
        {
            return Read(file, activations);
        }
        catch (ModelFormatException e)
        {
            throw new ModelFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads what <see cref="Write(Stream, ModelContents)"/> wrote, or the model of a checkpoint, from the stream's position to its end.</summary>
    /// <exception cref="ModelFormatException">The content is malformed, torn or unsupported.</exception>
    public static ModelContents Read(Stream stream)
    {
        SafetensorsHeader header = Safetensors.ReadHeader(stream);
        if (!header.Metadata.TryGetValue(Specification.Key, out string? json))
            throw new ModelFormatException($"The file has no metadata key '{Specification.Key}', so another framework wrote it: give the activation of each layer to load it.");
        Specification specification = Specification.Parse(json);

        // Every tensor is matched with the specification before any data is read, so a lying shape allocates nothing.
        TensorMap map = new(header);
        Require(map, specification);
        if (!header.Metadata.ContainsKey(CheckpointFile.Key))
            map.RefuseOthers("has no place in the specification");
        map.ReadData(stream);
        return CheckVariances(Take(map, specification, header.Metadata.Where(entry => !CheckpointFile.IsReserved(entry.Key)).ToDictionary()));
    }

    /// <summary>The contents, if every running variance can be one.</summary>
    /// <exception cref="ModelFormatException">One is negative.</exception>
    public static ModelContents CheckVariances(ModelContents contents)
    {
        for (int i = 0; i < contents.Norms.Length; i++)
        {
            int bad = Array.FindIndex(contents.Norms[i].Variance, variance => variance < 0);
            if (bad >= 0)
                throw new ModelFormatException($"Tensor 'norms.{i}.running_var' has {contents.Norms[i].Variance[bad]} at index {bad}; a variance is at least 0.");
        }
        return contents;
    }

    /// <summary>Asks for the tensors of a network, their names behind a prefix.</summary>
    public static void Require(TensorMap map, Specification specification, string prefix = "", bool mustBeFinite = true)
    {
        foreach (DenseLayer layer in DenseLayers(specification))
        {
            map.Require(prefix + WeightName(layer), [layer.OutputSize, layer.InputSize], mustBeFinite);
            if (layer.BiasLength > 0)
                map.Require(prefix + BiasName(layer), [layer.BiasLength], mustBeFinite);
            foreach (string constant in ConstantNames(layer))
                map.Require(prefix + constant, [1], mustBeFinite);
        }
        foreach (NormLayer norm in Stages(specification).OfType<NormLayer>())
        {
            foreach (string name in NormNames(norm))
                map.Require(prefix + name, [norm.OutputSize], mustBeFinite);
        }
    }

    /// <summary>What was asked for, after the data have been read.</summary>
    public static ModelContents Take(TensorMap map, Specification specification, Dictionary<string, string> metadata, string prefix = "") => new(
        specification.InputSize,
        specification.Layers,
        [.. DenseLayers(specification).Select(layer => map[prefix + WeightName(layer)])],
        [.. DenseLayers(specification).Select(layer => layer.BiasLength == 0 ? [] : map[prefix + BiasName(layer)])],
        [.. DenseLayers(specification).Select(layer => ConstantNames(layer).Select(constant => map[prefix + constant][0]).ToArray())],
        metadata,
        specification.Seed)
    {
        Norms = [.. Stages(specification).OfType<NormLayer>().Select(norm => Contents([.. NormNames(norm).Select(name => map[prefix + name])]))],
    };

    /// <summary>Reads tensors named like <c>0.weight</c> or <c>fc1.weight</c>, each [out, in], with an optional bias [out] beside it.</summary>
    /// <inheritdoc cref="Read(Stream)" path="/exception"/>
    public static ModelContents Read(Stream stream, ReadOnlySpan<Activation> activations) =>
        ForeignModel.Read(stream, activations);

    /// <summary>Writes to a temporary name, flushes and renames; a failure leaves the old file as it was.</summary>
    /// <exception cref="ArgumentException">The contents contradict themselves or hold a number that is not finite.</exception>
    /// <inheritdoc cref="AtomicFile.Write(string, Action{Stream})" path="/exception"/>
    public static void Write(string path, ModelContents contents)
    {
        Check(contents);
        AtomicFile.Write(path, stream => Write(stream, contents));
    }

    /// <summary>Writes a network; the same contents always give the same bytes.</summary>
    /// <exception cref="ArgumentException">The contents contradict themselves or hold a number that is not finite.</exception>
    public static void Write(Stream stream, ModelContents contents)
    {
        Check(contents);
        Dictionary<string, string> metadata = new(contents.Metadata)
        {
            [Specification.Key] = new Specification(contents.InputSize, contents.Seed, contents.Layers).ToJson(),
        };
        Safetensors.Write(stream, Tensors(contents), metadata);
    }

    /// <summary>The tensors of a network in the order of its layers, their names behind a prefix.</summary>
    public static List<(string Name, long[] Shape, float[] Values)> Tensors(ModelContents contents, string prefix = "")
    {
        List<(string, long[], float[])> tensors = [];
        foreach (DenseLayer layer in contents.Stages().OfType<DenseLayer>())
        {
            int i = layer.Number;
            tensors.Add((prefix + WeightName(layer), [layer.OutputSize, layer.InputSize], contents.Weights[i]));
            if (layer.BiasLength > 0)
                tensors.Add((prefix + BiasName(layer), [layer.BiasLength], contents.Biases[i]));
            string[] constants = ConstantNames(layer);
            for (int c = 0; c < constants.Length; c++)
                tensors.Add((prefix + constants[c], [1], [contents.ActivationParameters[i][c]]));
        }
        foreach (NormLayer norm in contents.Stages().OfType<NormLayer>())
            tensors.AddRange(NormNames(norm).Zip(Values(contents.Norms[norm.Index]), (name, values) => (prefix + name, new long[] { norm.OutputSize }, values)));
        return tensors;
    }

    private static IReadOnlyList<Layer> Stages(Specification specification) => StageList.Of(specification.InputSize, specification.Layers);

    private static IEnumerable<DenseLayer> DenseLayers(Specification specification) => Stages(specification).OfType<DenseLayer>();

    private static string WeightName(DenseLayer layer) => $"layers.{layer.Number}.weight";

    private static string BiasName(DenseLayer layer) => $"layers.{layer.Number}.bias";

    /// <summary>The tensors of a learnable activation, in the order of <see cref="ModelContents.ActivationParameters"/>.</summary>
    private static string[] ConstantNames(DenseLayer layer)
    {
        string[] names = layer.Spec.Activation switch
        {
            { IsLearnable: false } => [],
            { Kind: ActivationKind.ScaledSigmoid } => ["scale", "slope"],
            _ => ["slope"],
        };
        return Array.ConvertAll(names, name => $"layers.{layer.Number}.activation.{name}");
    }

    /// <summary>The tensors of a normalization, named as PyTorch names them.</summary>
    private static string[] NormNames(NormLayer norm)
    {
        string[] names = norm.StatisticLength > 0 ? ["weight", "bias", "running_mean", "running_var"] : ["weight", "bias"];
        return Array.ConvertAll(names, name => $"norms.{norm.Index}.{name}");
    }

    /// <summary>In the order of <see cref="NormNames"/>.</summary>
    private static float[][] Values(NormContents norm) => [norm.Scale, norm.Shift, norm.Mean, norm.Variance];

    private static NormContents Contents(float[][] values) => values.Length > 2 ? new(values[0], values[1], values[2], values[3]) : new(values[0], values[1], [], []);

    public static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new IOException($"Cannot read '{path}': it is a folder; give the name of a file.");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }

    /// <summary>What the reader would refuse must not be written: a model that cannot be loaded again is lost.</summary>
    public static void Check(ModelContents contents)
    {
        if (contents.InputSize < 1 || contents.Layers.Length == 0 || contents.Layers.OfType<DenseSpec>().Any(layer => layer.Units < 1))
            throw new ArgumentException("A model needs at least one layer, and every size must be at least 1.", nameof(contents));
        DenseLayer[] dense = [.. contents.Stages().OfType<DenseLayer>()];
        int count = dense.Length;
        if (contents.Weights.Length != count || contents.Biases.Length != count || contents.ActivationParameters.Length != count)
            throw new ArgumentException($"A model of {count} layers needs weights, biases and activation parameters for each.", nameof(contents));
        if (contents.Metadata.Keys.FirstOrDefault(CheckpointFile.IsReserved) is { } reserved)
            throw new ArgumentException($"The metadata key '{reserved}' is reserved for the file itself; use another key.", nameof(contents));

        foreach (DenseLayer layer in dense)
        {
            int i = layer.Number;
            CheckValues(WeightName(layer), contents.Weights[i], (long)layer.OutputSize * layer.InputSize);
            CheckValues(BiasName(layer), contents.Biases[i], layer.BiasLength);
            CheckValues($"layers.{i}.activation", contents.ActivationParameters[i], ConstantNames(layer).Length);
        }

        NormLayer[] norms = [.. contents.Stages().OfType<NormLayer>()];
        if (contents.Norms.Length != norms.Length)
            throw new ArgumentException($"A model of {norms.Length} normalizations needs the numbers of each.", nameof(contents));
        foreach (NormLayer norm in norms)
        {
            string[] names = NormNames(norm);
            float[][] values = Values(contents.Norms[norm.Index]);
            for (int t = 0; t < names.Length; t++)
                CheckValues(names[t], values[t], norm.OutputSize);
        }
    }

    private static void CheckValues(string name, float[] values, long length)
    {
        if (values.Length != length)
            throw new ArgumentException($"{name} must have {length} values, not {values.Length}.");
        int bad = TensorMap.FirstNotFinite(values);
        if (bad >= 0)
            throw new ArgumentException($"{name}[{bad}] is {values[bad]}; a model with numbers that are not finite cannot be saved.");
    }
}
