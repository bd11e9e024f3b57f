namespace FastMlp.Data;

/// <summary>
/// A network with all that stands between a row as people have it and an answer as they want it: how columns are read, the scaling, the names of the classes. It is
/// what one trains, saves, loads and serves; a file of it is a model's file like any other, which <c>fastmlp</c> reads too.
/// </summary>
/// <remarks>Any number of threads may predict at once; dispose of it after the last.</remarks>
public sealed class TabularModel : IDisposable
{
    /// <summary>A network and the preprocessing that its rows went through; the network now belongs to this.</summary>
    /// <exception cref="ArgumentException">The network has other sizes.</exception>
    public TabularModel(Network network, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Attach(network);
        Network = network;
        Preprocessing = preprocessing;
    }

    /// <summary>The network, which takes encoded and scaled rows.</summary>
    public Network Network { get; }

    /// <summary>How rows become those, and answers what they mean.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>A name for each class, in the order of the outputs; empty for a regression.</summary>
    public IReadOnlyList<string> ClassNames => Preprocessing.ClassNames;

    /// <summary>Decides the columns from the training rows, builds a network for their features and trains it.</summary>
    /// <param name="train">The training rows.</param>
    /// <param name="build">From the number of features, and of classes or values, to a network with random weights.</param>
    /// <param name="options">How it is trained; <see cref="FitOptions.Validation"/> is taken from <paramref name="validation"/> where that is given.</param>
    /// <param name="validation">Rows to score after every epoch, as they stand in the file.</param>
    /// <param name="scaling">How the features are scaled.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="DataFormatException">The rows cannot be used; the message says where and why.</exception>
    public static TabularModel Fit(RawTable train, Func<int, int, Network> build, FitOptions options, RawTable? validation = null, Scaling scaling = Scaling.Standard, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(build);
        ArgumentNullException.ThrowIfNull(options);
        Preprocessing preprocessing = Preprocessing.Fit(train, scaling);
        TabularModel model = new(build(preprocessing.Features.Size, train.TargetSize), preprocessing);
        try
        {
            FitOptions given = validation is null ? options : options with { Validation = preprocessing.Transform(validation) };
            model.Network.Fit(preprocessing.Transform(train), given, cancellationToken);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model's file that carries its preprocessing.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, or carries none; then load a <see cref="Network"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TabularModel Load(string path) => Of(Network.Load(path), path);

    /// <summary>Loads from a stream, which stays open.</summary>
    /// <exception cref="ModelFormatException">The content is malformed, or carries no preprocessing.</exception>
    public static TabularModel Load(Stream stream) => Of(Network.Load(stream), "the model");

    /// <summary>Writes the network and its preprocessing to one file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => Network.Save(path);

    /// <summary>Writes to a stream, which stays open.</summary>
    public void Save(Stream stream) => Network.Save(stream);

    /// <summary>The loss and metrics on rows as they stand in a file; those of a regression are in scaled units where the targets were scaled.</summary>
    /// <exception cref="DataFormatException">A value cannot be read; the message says where it stands.</exception>
    public Evaluation Evaluate(RawTable rows) => Network.Evaluate(Preprocessing.Transform(rows));

    /// <summary>The answers to rows read by <see cref="CsvDataset.LoadFeatures(string, FastMlp.Data.Preprocessing, CsvOptions?, ReadingTally?)"/>: [rows, outputs], values in the unit of the data.</summary>
    public float[] Predict(FeatureTable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Answers(rows.Features.ToArray());
    }

    /// <summary>The answer to one row, a text for each of <see cref="ColumnPlan.Columns"/> in their order; null is a missing value.</summary>
    /// <exception cref="InvalidOperationException">The model was trained on numbers without columns.</exception>
    /// <exception cref="DataFormatException">A value cannot be read; the message names the column.</exception>
    public float[] Predict(ReadOnlySpan<string?> fields)
    {
        ColumnPlan plan = Preprocessing.Columns ?? throw new InvalidOperationException("The model was trained on numbers without columns: use Network.Predict, behind Preprocessing.Features.Transform.");
        float[] features = new float[plan.FeatureCount];
        plan.Encode(fields, features);
        return Answers(features);
    }

    /// <summary>The class that the outputs of one row tell: the most probable, the first of equals.</summary>
    /// <exception cref="InvalidOperationException">The model predicts values.</exception>
    public string ClassOf(ReadOnlySpan<float> outputs)
    {
        if (ClassNames.Count == 0 || outputs.Length != Network.OutputSize)
        {
            throw new InvalidOperationException(ClassNames.Count == 0 ? "The model predicts values, not classes." : $"A row has {Network.OutputSize} outputs, not {outputs.Length}.");
        }

        if (outputs.Length == 1)
        {
            return ClassNames[outputs[0] > 0.5f ? 1 : 0];
        }

        int best = 0;
        for (int i = 1; i < outputs.Length; i++)
        {
            best = outputs[i] > outputs[best] ? i : best;
        }

        return ClassNames[best];
    }

    /// <summary>
    /// A snapshot for serving that takes encoded rows as they are (<see cref="ColumnPlan.Encode(ReadOnlySpan{string}, Span{float})"/>) and answers in the unit of
    /// the data: the scaling is folded into its weights (<see cref="Preprocessing.Fold"/>). It outlives this.
    /// </summary>
    /// <exception cref="ArgumentException">The scaling does not fold into the network.</exception>
    public Predictor Freeze(WeightFormat weights = WeightFormat.Float32)
    {
        using Network folded = Preprocessing.Fold(Network);
        return folded.Freeze(weights);
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Dispose();

    private static TabularModel Of(Network network, string source)
    {
        try
        {
            return new TabularModel(network, Preprocessing.From(network) ?? throw new ModelFormatException($"{source}: the model carries no preprocessing ({Preprocessing.MetadataKey} in its metadata); load it as a Network."));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private float[] Answers(float[] features)
    {
        Preprocessing.Features.Transform(features);
        float[] outputs = Network.Predict(features);
        Preprocessing.InverseTargets(outputs);
        return outputs;
    }
}
