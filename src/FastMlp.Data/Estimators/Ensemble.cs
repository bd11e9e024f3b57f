using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// Networks of one shape, trained from other first weights, that answer as one (Lakshminarayanan et al., 2017). <see cref="Join"/> makes one network of
/// them, so an ensemble is one file, one <see cref="Predictor"/> and one ONNX graph.
/// </summary>
/// <remarks>
/// The joined network's z is the mean of the members' z. With identity outputs that is the mean of their answers; with softmax or sigmoid it is their
/// normalized geometric mean, the logarithmic opinion pool. From the second hidden layer on the weights are blocks with zeros between them, so n members
/// cost more than n networks there. Do not train the joined network on: the zeros would fill, and <see cref="Members"/> would find other networks.
/// </remarks>
public static class Ensemble
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which <see cref="Join"/> keeps the last biases of the members, whose mean is all that the joined network has.</summary>
    public const string MetadataKey = "fastmlp.members";

    /// <summary>One network whose z is the mean over the members'; metadata are those of the first. Members stay the caller's to dispose.</summary>
    /// <param name="members">Networks of dense layers of the same sizes and activations, without learnable constants, each with its own bias per unit.</param>
    /// <exception cref="ArgumentException">There is none, or one has another shape or other layers.</exception>
    public static Network Join(IReadOnlyList<Network> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count == 0)
        {
            throw new ArgumentException("An ensemble needs at least one network.", nameof(members));
        }

        DenseSpec[] layers = Layers(members[0], nameof(members));
        for (int i = 1; i < members.Count; i++)
        {
            if (members[i].InputSize != members[0].InputSize || !Layers(members[i], nameof(members)).SequenceEqual(layers))
            {
                throw new ArgumentException($"Network {i} has other layers than network 0: the members of an ensemble have one shape.", nameof(members));
            }
        }

        if (layers.Length < 2)
        {
            throw new ArgumentException("Networks without hidden layers all come to the same answers: there is no ensemble of them.", nameof(members));
        }

        int count = members.Count;
        Network joined = Build(members[0].InputSize, layers, count, members[0].Seed);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            Shape shape = new(joined, layers, layer, count);
            float[] weights = new float[shape.JoinedRows * shape.JoinedColumns];
            float[] biases = new float[shape.JoinedRows];
            for (int member = 0; member < count; member++)
            {
                float[] w = members[member].Tensors[shape.Weight].ToArray();
                float[] b = members[member].Tensors[shape.Bias].ToArray();
                for (int row = 0; row < shape.Rows; row++)
                {
                    for (int column = 0; column < shape.Columns; column++)
                    {
                        weights[shape.Place(member, row, column)] += w[(row * shape.Columns) + column] / shape.Divisor;
                    }

                    biases[shape.Row(member, row)] += b[row] / shape.Divisor;
                }
            }

            joined.Tensors[shape.Weight].CopyFrom(weights);
            joined.Tensors[shape.Bias].CopyFrom(biases);
        }

        foreach ((string key, string value) in members[0].Metadata)
        {
            joined.Metadata[key] = value;
        }

        joined.Metadata[MetadataKey] = Json.Write(json =>
        {
            json.WriteStartArray();
            foreach (Network member in members)
            {
                json.WriteStartArray();
                foreach (float bias in member.Tensors[$"layers.{layers.Length - 1}.bias"].ToArray())
                {
                    json.WriteNumberValue(bias);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        });
        return joined;
    }

    /// <summary>How many networks <see cref="Join"/> made this one of; 1 if it did not.</summary>
    /// <exception cref="ModelFormatException">What the network says about it is damaged.</exception>
    public static int Count(Network network) => LastBiases(network) is { } biases ? biases.Length : 1;

    /// <summary>The networks that <see cref="Join"/> joined, up to the rounding of a division, for the spread of their answers; a copy of the network itself if it did not. The caller disposes them.</summary>
    /// <exception cref="ModelFormatException">The network says that it is joined, but its layers are not.</exception>
    public static Network[] Members(Network network)
    {
        if (LastBiases(network) is not { } lastBiases)
        {
            return [network.Clone()];
        }

        int count = lastBiases.Length;
        DenseSpec[] wide = network.Specification.All(layer => layer is DenseSpec) ? [.. network.Specification.Cast<DenseSpec>()] : throw Damaged();
        if (wide.Length < 2 || wide.SkipLast(1).Any(layer => layer.Units % count != 0))
        {
            throw Damaged();
        }

        DenseSpec[] layers = [.. wide.Select((layer, i) => i == wide.Length - 1 ? layer : layer with { Units = layer.Units / count })];
        Network[] members = new Network[count];
        for (int member = 0; member < count; member++)
        {
            members[member] = Build(network.InputSize, layers, 1, network.Seed);
        }

        for (int layer = 0; layer < layers.Length; layer++)
        {
            Shape shape = new(network, layers, layer, count);
            float[] weights = network.Tensors[shape.Weight].ToArray();
            float[] biases = network.Tensors[shape.Bias].ToArray();
            for (int member = 0; member < count; member++)
            {
                float[] w = new float[shape.Rows * shape.Columns];
                float[] b = new float[shape.Rows];
                for (int row = 0; row < shape.Rows; row++)
                {
                    for (int column = 0; column < shape.Columns; column++)
                    {
                        w[(row * shape.Columns) + column] = weights[shape.Place(member, row, column)] * shape.Divisor;
                    }

                    b[row] = layer == layers.Length - 1 ? lastBiases[member][row] : biases[shape.Row(member, row)];
                }

                members[member].Tensors[shape.Weight].CopyFrom(w);
                members[member].Tensors[shape.Bias].CopyFrom(b);
            }
        }

        return members;

        ModelFormatException Damaged() => new($"{MetadataKey} says that the network is {count} networks in one, but its layers are not {count} equal parts.");
    }

    /// <summary>The standard deviation over the members (n - 1) of each output for each row, [rows, outputs]: how far the members differ, in the unit of their outputs.</summary>
    /// <param name="members">At least two networks of the same sizes, such as those of <see cref="Members"/>.</param>
    /// <param name="x">Rows as the networks take them, [rows, inputSize].</param>
    /// <exception cref="ArgumentException">There are fewer than two members, or their sizes differ.</exception>
    public static float[] Spread(IReadOnlyList<Network> members, ReadOnlySpan<float> x)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count < 2 || members.Any(member => member.InputSize != members[0].InputSize || member.OutputSize != members[0].OutputSize))
        {
            throw new ArgumentException("A spread is that of at least two networks of the same sizes.", nameof(members));
        }

        // Welford's means and sums, a member at a time.
        double[] mean = [];
        double[] squares = [];
        for (int member = 0; member < members.Count; member++)
        {
            float[] y = members[member].Predict(x);
            mean = member == 0 ? new double[y.Length] : mean;
            squares = member == 0 ? new double[y.Length] : squares;
            for (int i = 0; i < y.Length; i++)
            {
                double off = y[i] - mean[i];
                mean[i] += off / (member + 1);
                squares[i] += off * (y[i] - mean[i]);
            }
        }

        return Array.ConvertAll(squares, sum => (float)Math.Sqrt(sum / (members.Count - 1)));
    }

    private static float[][]? LastBiases(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            float[][] biases = [.. document.RootElement.EnumerateArray().Select(member => member.EnumerateArray().Select(bias => bias.GetSingle()).ToArray())];
            return biases.Length > 0 && biases.All(member => member.Length == network.OutputSize)
                ? biases
                : throw new ModelFormatException($"{MetadataKey} holds no bias for each of the {network.OutputSize} outputs of each member.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"{MetadataKey} is damaged: {exception.Message}", exception);
        }
    }

    private static DenseSpec[] Layers(Network network, string parameter)
    {
        ArgumentNullException.ThrowIfNull(network, parameter);
        DenseSpec[] layers = [.. network.Specification.OfType<DenseSpec>()];
        return network.Specification.All(layer => layer is DenseSpec or DropoutSpec) && network.Tensors.All(tensor => tensor.Role is TensorRole.Weight or TensorRole.Bias) && layers.All(layer => layer.Bias == Bias.PerUnit)
            ? layers
            : throw new ArgumentException("Networks of dense layers with a bias per unit can be joined; this one has normalization, residual blocks, shared or no biases, or learnable activations.", parameter);
    }

    private static Network Build(int inputs, DenseSpec[] layers, int count, int seed)
    {
        NetworkBuilder builder = Network.Input(inputs);
        foreach (DenseSpec layer in layers.SkipLast(1))
        {
            builder.Add(layer with { Units = checked(layer.Units * count) });
        }

        return builder.Add(layers[^1]).Build(seed);
    }

    /// <summary>Where a member's layer stands in the joined one.</summary>
    private readonly struct Shape
    {
        private readonly bool isFirst;
        private readonly bool isLast;

        public Shape(Network any, DenseSpec[] layers, int layer, int count)
        {
            isFirst = layer == 0;
            isLast = layer == layers.Length - 1;
            Rows = layers[layer].Units;
            Columns = isFirst ? any.InputSize : layers[layer - 1].Units;
            JoinedRows = isLast ? Rows : Rows * count;
            JoinedColumns = isFirst ? Columns : Columns * count;
            Divisor = isLast ? count : 1;
            Weight = $"layers.{layer}.weight";
            Bias = $"layers.{layer}.bias";
        }

        public int Rows { get; }

        public int Columns { get; }

        public int JoinedRows { get; }

        public int JoinedColumns { get; }

        /// <summary>The head takes the mean.</summary>
        public float Divisor { get; }

        public string Weight { get; }

        public string Bias { get; }

        public int Row(int member, int row) => isLast ? row : (member * Rows) + row;

        public int Place(int member, int row, int column) => (Row(member, row) * JoinedColumns) + (isFirst ? column : (member * Columns) + column);
    }
}
