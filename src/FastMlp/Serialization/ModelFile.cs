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

    /// <summary>Reads a file of another framework, with the activations in layer order, and that order where it is given.</summary>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static ModelContents Read(string path, ReadOnlySpan<Activation> activations, IReadOnlyList<string> order)
    {
        using FileStream file = Open(path);
        try
        {
            return Read(file, activations, order);
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
        IReadOnlyList<ParameterTensor> places = Require(map, specification);
        if (!header.Metadata.ContainsKey(CheckpointFile.Key))
            map.RefuseOthers("has no place in the specification");
        map.ReadData(stream);
        CheckValues(map, places);
        return Take(map, places, specification, header.Metadata.Where(entry => !CheckpointFile.IsReserved(entry.Key)).ToDictionary());
    }

    /// <summary>Asks for the tensors of a network, their names behind a prefix.</summary>
    public static IReadOnlyList<ParameterTensor> Require(TensorMap map, Specification specification, string prefix = "", bool mustBeFinite = true)
    {
        IReadOnlyList<ParameterTensor> places = new Graph(specification.InputSize, specification.Layers).Tensors;
        foreach (ParameterTensor place in places)
            map.Require(prefix + place.Name, [.. place.Shape.Select(size => (long)size)], mustBeFinite);
        return places;
    }

    /// <summary>Refuses a negative variance, for one; numbers that are not finite have been refused before.</summary>
    /// <exception cref="ModelFormatException">A tensor has a value that its role does not allow.</exception>
    public static void CheckValues(TensorMap map, IReadOnlyList<ParameterTensor> places, string prefix = "")
    {
        foreach (ParameterTensor place in places)
        {
            float[] values = map[prefix + place.Name];
            int bad = place.FirstNotAllowed(values);
            if (bad >= 0)
                throw new ModelFormatException($"Tensor '{prefix}{place.Name}' has {values[bad]} at index {bad}; it must be {place.Allowed}.");
        }
    }

    /// <summary>What was asked for, after the data have been read.</summary>
    public static ModelContents Take(TensorMap map, IReadOnlyList<ParameterTensor> places, Specification specification, Dictionary<string, string> metadata, string prefix = "") =>
        new(specification.InputSize, specification.Layers, places.ToDictionary(place => place.Name, place => map[prefix + place.Name]), metadata, specification.Seed);

    /// <summary>Reads tensors named like <c>0.weight</c> or <c>fc1.weight</c>, each [out, in], with an optional bias [out] beside it.</summary>
    /// <inheritdoc cref="Read(Stream)" path="/exception"/>
    public static ModelContents Read(Stream stream, ReadOnlySpan<Activation> activations, IReadOnlyList<string> order) =>
        ForeignModel.Read(stream, activations, order);

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

    /// <summary>The tensors of a network in the order of the file, their names behind a prefix.</summary>
    public static List<(string Name, long[] Shape, float[] Values)> Tensors(ModelContents contents, string prefix = "") =>
        [.. contents.Places().Select(place => (prefix + place.Name, place.Shape.Select(size => (long)size).ToArray(), contents.Tensors[place.Name]))];

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
        if (contents.Metadata.Keys.FirstOrDefault(CheckpointFile.IsReserved) is { } reserved)
            throw new ArgumentException($"The metadata key '{reserved}' is reserved for the file itself; use another key.", nameof(contents));

        foreach (ParameterTensor place in contents.Places())
        {
            if (!contents.Tensors.TryGetValue(place.Name, out float[]? values) || values.Length != place.Length)
                throw new ArgumentException($"{place.Name} must have {place.Length} values, not {values?.Length ?? 0}.", nameof(contents));
            int bad = place.FirstNotAllowed(values);
            if (bad >= 0)
                throw new ArgumentException($"{place.Name}[{bad}] is {values[bad]}; a model can only be saved where it is {place.Allowed}.", nameof(contents));
        }
    }
}
