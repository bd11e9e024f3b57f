using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// What <see cref="MlpClassifier"/> and <see cref="MlpRegressor"/> have in common: scikit-learn's parameters under scikit-learn's names and
/// with its defaults, and what training leaves behind. One estimator belongs to one thread at a time.
/// </summary>
/// <remarks>
/// Beside scikit-learn's: <see cref="Scaling"/>, on unless it is turned off. Else the same: weights and biases are drawn from U(-r, r), r =
/// sqrt(6 / (inputs + units)), or sqrt(2 / (inputs + units)) with sigmoid units; the penalty of a batch of m rows is Alpha / 2m times the sum of the
/// squared weights, where a short last batch takes m of the others; training ends by Tol and NIterNoChange.
/// </remarks>
public abstract class MlpEstimator : IDisposable
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which <see cref="Save"/> keeps the parameters.</summary>
    public const string MetadataKey = "fastmlp.estimator";

    /// <summary>The mini-batch where none is asked for, as long as there are as many rows.</summary>
    internal const int DefaultBatchSize = 200;

    private readonly List<double> losses = [];
    private readonly List<double> scores = [];
    private Network? network;
    private Preprocessing? preprocessing;
    private MlpCourse? course;
    private bool disposed;

    private protected MlpEstimator()
    {
    }

    /// <summary>Units of the hidden layers; none is a linear model. (100) by default.</summary>
    public IReadOnlyList<int> HiddenLayerSizes { get; set; } = [100];

    /// <summary>Of the hidden layers; scikit-learn's "logistic" is <see cref="Activation.Sigmoid"/>. ReLU by default.</summary>
    public Activation Activation { get; set; } = Activation.Relu;

    /// <summary>Adam by default.</summary>
    public MlpSolver Solver { get; set; }

    /// <summary>The L2 penalty: Alpha / 2m times the sum of squared weights, m the rows of a batch. 1e-4 by default.</summary>
    public float Alpha { get; set; } = 1e-4f;

    /// <summary>Rows of a mini-batch; null, the default, is min(200, rows). L-BFGS takes all rows.</summary>
    public int? BatchSize { get; set; }

    /// <summary>Of <see cref="MlpSolver.Sgd"/>; constant by default.</summary>
    public MlpLearningRate LearningRate { get; set; }

    /// <summary>The first learning rate of SGD and Adam. 1e-3 by default.</summary>
    public float LearningRateInit { get; set; } = 1e-3f;

    /// <summary>The exponent of <see cref="MlpLearningRate.InvScaling"/>. 0.5 by default.</summary>
    public double PowerT { get; set; } = 0.5;

    /// <summary>Passes over the rows at most, of L-BFGS steps. 200 by default.</summary>
    public int MaxIter { get; set; } = 200;

    /// <summary>Whether each pass visits the rows in a new order. True by default.</summary>
    public bool Shuffle { get; set; } = true;

    /// <summary>The seed of weights, order and split: the same seed gives the same bits. Null, the default, draws one.</summary>
    public int? RandomState { get; set; }

    /// <summary>What the loss (or, with early stopping, the validation score) must gain in <see cref="NIterNoChange"/> passes; for L-BFGS the largest component of a gradient that is flat. 1e-4 by default.</summary>
    public float Tol { get; set; } = 1e-4f;

    /// <summary>Whether <see cref="Fit(Dataset)"/> goes on from the weights (and with the scaling) of the last one. False by default.</summary>
    public bool WarmStart { get; set; }

    /// <summary>Of SGD. 0.9 by default.</summary>
    public float Momentum { get; set; } = 0.9f;

    /// <summary>Whether the momentum of SGD looks ahead. True by default.</summary>
    public bool NesterovsMomentum { get; set; } = true;

    /// <summary>Whether a part of the rows is held out, and training ends when the score on them no longer rises; the best weights are put back. False by default.</summary>
    public bool EarlyStopping { get; set; }

    /// <summary>The share of rows that <see cref="EarlyStopping"/> holds out, of classes the same share of each. 0.1 by default.</summary>
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>Of Adam. 0.9 by default.</summary>
    public float Beta1 { get; set; } = 0.9f;

    /// <summary>Of Adam. 0.999 by default.</summary>
    public float Beta2 { get; set; } = 0.999f;

    /// <summary>Of Adam. 1e-8 by default.</summary>
    public float Epsilon { get; set; } = 1e-8f;

    /// <summary>Passes in a row without a gain of <see cref="Tol"/> that training bears with. 10 by default.</summary>
    public int NIterNoChange { get; set; } = 10;

    /// <summary>The scaling of the features, fitted to the rows of <see cref="Fit(Dataset)"/> and applied ever after; scikit-learn has none (<see cref="Scaling.None"/>). Standard by default.</summary>
    public Scaling Scaling { get; set; } = Scaling.Standard;

    /// <summary>
    /// Networks that <see cref="Fit(Dataset)"/> trains from other seeds, on the same rows, and joins to one by <see cref="Ensemble.Join"/>. scikit-learn has one, the default.
    /// </summary>
    public int Members { get; set; } = 1;

    /// <summary>Threads to use; 0, the default, is all cores. The result is bit for bit the same for any number.</summary>
    public int Threads { get; set; }

    /// <summary>Whether there is something to predict with.</summary>
    public bool IsFitted => network is not null;

    /// <summary>What was trained: it takes scaled features. The estimator owns it; the next cold <see cref="Fit(Dataset)"/> replaces it.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public Network Network
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return network ?? throw new InvalidOperationException("Nothing has been fitted yet: call Fit first.");
        }
    }

    /// <summary>The scaling and the names that go with <see cref="Network"/>.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public Preprocessing Preprocessing
    {
        get
        {
            _ = Network;
            return preprocessing!;
        }
    }

    /// <summary>The loss, with its penalty, of each pass: the mean over its batches, each taken before its update.</summary>
    public IReadOnlyList<double> LossCurve => losses;

    /// <summary>The score on the held-out rows after each pass; empty without <see cref="EarlyStopping"/>.</summary>
    public IReadOnlyList<double> ValidationScores => scores;

    /// <summary>Passes of the last <see cref="Fit(Dataset)"/>, or of all calls to PartialFit since.</summary>
    public int IterationCount => losses.Count;

    /// <summary>Whether training ended because there was nothing more to gain; false where <see cref="MaxIter"/> ended it.</summary>
    public bool HasConverged { get; private set; }

    /// <summary>Trains on the rows, from new weights unless <see cref="WarmStart"/> is set.</summary>
    /// <exception cref="ArgumentException">The data are of another kind, or a parameter is out of range.</exception>
    /// <exception cref="TrainingDivergedException">The loss stopped being finite.</exception>
    public void Fit(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Check(data);
        int seed = RandomState ?? Random.Shared.Next();
        bool goesOn = WarmStart && network is not null;
        if (goesOn)
        {
            CheckOne(nameof(WarmStart));
            CheckSame(data, network!, preprocessing!);
            CheckLayers(nameof(WarmStart));
        }

        (Network Network, Preprocessing Preprocessing) made = goesOn ? (network!, preprocessing!) : Create(data, seed);
        MlpCourse? fitting = null;
        try
        {
            Dataset train = made.Preprocessing.Transform(data);
            Dataset? validation = null;
            if (EarlyStopping && Solver != MlpSolver.Lbfgs)
            {
                (train, validation) = HoldOut(train, seed);
            }

            losses.Clear();
            scores.Clear();
            fitting = new MlpCourse(made.Network, this, train.Rows, seed, losses, scores);
            HasConverged = fitting.Fit(train, validation, validation is null ? Metric.Loss : ScoreOf(validation));
        }
        catch
        {
            fitting?.Dispose();
            if (made.Network != network)
            {
                made.Network.Dispose();
            }

            throw;
        }

        if (Members == 1)
        {
            Keep(made.Network, made.Preprocessing, fitting);
            return;
        }

        fitting.Dispose();
        using Network first = made.Network;
        Keep(Join(first, made.Preprocessing, data, seed), made.Preprocessing, null);
    }

    /// <summary>The first member with the others, trained like it from the next seeds.</summary>
    private Network Join(Network first, Preprocessing prepared, Dataset data, int seed)
    {
        Dataset rows = prepared.Transform(data);
        List<Network> members = [first];
        try
        {
            for (int member = 1; member < Members; member++)
            {
                int own = unchecked(seed + member);
                members.Add(Create(data, own).Network);
                (Dataset train, Dataset? validation) = EarlyStopping && Solver != MlpSolver.Lbfgs ? HoldOut(rows, own) : (rows, (Dataset?)null);
                using MlpCourse other = new(members[member], this, train.Rows, own, [], []);
                HasConverged &= other.Fit(train, validation, validation is null ? Metric.Loss : ScoreOf(validation));
            }

            return Ensemble.Join(members);
        }
        finally
        {
            foreach (Network member in members.Skip(1))
            {
                member.Dispose();
            }
        }
    }

    /// <summary>
    /// One pass over the rows, from the weights and the optimizer's state that the last call left behind. The first call fits the scaling
    /// to its rows, and decides features and targets.
    /// </summary>
    /// <exception cref="ArgumentException">The data are of another kind than those before, or a parameter is out of range.</exception>
    /// <exception cref="InvalidOperationException">The solver is <see cref="MlpSolver.Lbfgs"/>, which needs all rows at once, or <see cref="EarlyStopping"/> is set, which looks at many passes.</exception>
    /// <exception cref="TrainingDivergedException">The loss stopped being finite.</exception>
    public void PartialFit(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Solver == MlpSolver.Lbfgs)
        {
            throw new InvalidOperationException("L-BFGS needs all rows at once: PartialFit goes with the solvers Adam and Sgd.");
        }

        if (EarlyStopping)
        {
            throw new InvalidOperationException("Early stopping ends a fit of many passes, and PartialFit is one: set EarlyStopping to false, or call Fit.");
        }

        CheckOne(nameof(PartialFit));
        Check(data);
        int seed = RandomState ?? Random.Shared.Next();
        if (network is null)
        {
            (network, preprocessing) = Create(data, seed);
        }
        else
        {
            CheckSame(data, network, preprocessing!);
            CheckLayers(nameof(PartialFit));
        }


        Dataset train = preprocessing!.Transform(data);
        course ??= new MlpCourse(network, this, train.Rows, seed, losses, scores);
        course.Pass(train);
    }

    /// <summary>Writes network, scaling, names and parameters as one model file, which <c>fastmlp</c> reads too; the optimizer's state is not part of it.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        Preprocessing.Attach(Network);
        Network.Metadata[MetadataKey] = Json.Write(Write);
        Network.Save(path);
    }

    /// <summary>Frees the network.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the network.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called.</param>
    protected virtual void Dispose(bool disposing)
    {
        disposed = true;
        course?.Dispose();
        network?.Dispose();
    }

    /// <summary>What a fit of these rows starts from.</summary>
    private protected abstract Preprocessing Prepare(Dataset data);

    /// <summary>Outputs, their activation, and the loss to train with.</summary>
    private protected abstract (int Outputs, Activation Activation) Output(Dataset data);

    /// <summary>What early stopping watches of scaled rows.</summary>
    private protected abstract Metric ScoreOf(Dataset validation);

    /// <summary>Complains about data of the wrong kind.</summary>
    private protected abstract void CheckKind(Dataset data);

    /// <summary>Complains about data that training cannot go on with.</summary>
    private protected abstract void CheckSame(Dataset data, Network trained, Preprocessing with);

    /// <summary>The network's answers to rows of raw features.</summary>
    private protected float[] Answers(ReadOnlySpan<float> x)
    {
        float[] scaled = x.ToArray();
        Preprocessing.Features.Transform(scaled);
        return Network.Predict(scaled);
    }

    /// <summary>Rows of features beside so many answers.</summary>
    private protected static int FeaturesOf(ReadOnlySpan<float> x, int rows) => rows > 0 && x.Length > 0 && x.Length % rows == 0
        ? x.Length / rows
        : throw new ArgumentException($"{x.Length} features are not the rows of {rows} answers.", nameof(x));

    /// <summary>Takes over a saved network.</summary>
    private protected void Open(Network saved, DataTask task)
    {
        network = saved;
        preprocessing = Preprocessing.From(saved)
            ?? throw new ModelFormatException("The model holds no preprocessing, so its scaling and classes are unknown; load it with Network.Load.");
        if (preprocessing.Task != task || preprocessing.Columns is not null)
        {
            throw new ModelFormatException(preprocessing.Columns is not null
                ? "The model takes columns of a file that are not all plain numbers; load it with Network.Load and Preprocessing.From."
                : $"The model was made for {preprocessing.Task.ToString().ToLowerInvariant()}, not for {task.ToString().ToLowerInvariant()}.");
        }

        DenseSpec[] layers = [.. saved.Specification.OfType<DenseSpec>()];
        int members = Ensemble.Count(saved);
        HiddenLayerSizes = [.. layers[..^1].Select(layer => layer.Units / members)];
        Activation = layers.Length > 1 ? layers[0].Activation : Activation;
        if (saved.Metadata.TryGetValue(MetadataKey, out string? json))
        {
            Json.Read(json, MetadataKey, root =>
            {
                Read(root);
                return true;
            });
        }
    }

    /// <summary>Every parameter that is a number, for the file.</summary>
    private (string Name, Func<double> Get, Action<double> Set)[] Numbers =>
    [
        ("alpha", () => Alpha, value => Alpha = (float)value),
        ("batchSize", () => BatchSize ?? 0, value => BatchSize = value >= 1 ? (int)value : null),
        ("learningRateInit", () => LearningRateInit, value => LearningRateInit = (float)value),
        ("powerT", () => PowerT, value => PowerT = value),
        ("maxIter", () => MaxIter, value => MaxIter = (int)value),
        ("tol", () => Tol, value => Tol = (float)value),
        ("momentum", () => Momentum, value => Momentum = (float)value),
        ("validationFraction", () => ValidationFraction, value => ValidationFraction = value),
        ("beta1", () => Beta1, value => Beta1 = (float)value),
        ("beta2", () => Beta2, value => Beta2 = (float)value),
        ("epsilon", () => Epsilon, value => Epsilon = (float)value),
        ("nIterNoChange", () => NIterNoChange, value => NIterNoChange = (int)value),
        ("threads", () => Threads, value => Threads = (int)value),
        ("members", () => Members, value => Members = (int)value),
    ];

    private (string Name, Func<bool> Get, Action<bool> Set)[] Switches =>
    [
        ("shuffle", () => Shuffle, value => Shuffle = value),
        ("warmStart", () => WarmStart, value => WarmStart = value),
        ("nesterovsMomentum", () => NesterovsMomentum, value => NesterovsMomentum = value),
        ("earlyStopping", () => EarlyStopping, value => EarlyStopping = value),
    ];

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("solver", Solver.ToString());
        writer.WriteString("learningRate", LearningRate.ToString());
        writer.WriteString("scaling", Scaling.ToString());
        foreach ((string name, Func<double> get, _) in Numbers)
        {
            writer.WriteNumber(name, get());
        }

        foreach ((string name, Func<bool> get, _) in Switches)
        {
            writer.WriteBoolean(name, get());
        }

        if (RandomState is { } seed)
        {
            writer.WriteNumber("randomState", seed);
        }

        writer.WriteEndObject();
    }

    private void Read(JsonElement root)
    {
        Solver = Choice<MlpSolver>("solver");
        LearningRate = Choice<MlpLearningRate>("learningRate");
        Scaling = Choice<Scaling>("scaling");
        foreach ((string name, _, Action<double> set) in Numbers)
        {
            if (name != "members" || root.TryGetProperty(name, out _)) // files before version 0.2 have none
            {
                set(Json.Member(root, name, JsonValueKind.Number, MetadataKey).GetDouble());
            }
        }

        foreach ((string name, _, Action<bool> set) in Switches)
        {
            set(Json.ReadBoolean(root, name, MetadataKey));
        }

        RandomState = root.TryGetProperty("randomState", out JsonElement seed) && seed.TryGetInt32(out int given) ? given : null;

        T Choice<T>(string name)
            where T : struct, Enum
        {
            string text = Json.ReadString(root, name, MetadataKey);
            return Enum.TryParse(text, out T value) && Enum.IsDefined(value)
                ? value
                : throw new ModelFormatException($"{MetadataKey}: the {name} \"{text}\" is unknown; {string.Join(", ", Enum.GetNames<T>())} were expected.");
        }
    }

    private void Keep(Network trained, Preprocessing with, MlpCourse? fitted)
    {
        course?.Dispose();
        if (trained != network)
        {
            network?.Dispose();
        }

        (network, preprocessing, course) = (trained, with, fitted);
    }

    /// <summary>Parts the rows for early stopping: of values at least two are held out where there are four, for the score of one says little.</summary>
    private (Dataset Train, Dataset Validation) HoldOut(Dataset rows, int seed)
    {
        double least = rows.IsClassification || rows.Rows < 4 ? 0 : 2.0 / rows.Rows;
        (Dataset train, Dataset heldOut) = rows.Split(Math.Max(ValidationFraction, least), seed, stratified: rows.IsClassification);
        return train.Rows > 0 && heldOut.Rows > 0
            ? (train, heldOut)
            : throw new ArgumentException($"A ValidationFraction of {ValidationFraction} of {rows.Rows} rows leaves {train.Rows} to train on and {heldOut.Rows} to score: early stopping needs some of both.", nameof(rows));
    }

    /// <summary>Complains where training is to go on with several networks in one.</summary>
    private void CheckOne(string where)
    {
        if (Members > 1 || (network is not null && Ensemble.Count(network) > 1))
        {
            throw new InvalidOperationException($"{where} goes on with one network, and an ensemble is several in one: set Members to 1 and fit a new one.");
        }
    }

    /// <summary>Complains where training is to go on with other layers than the network has.</summary>
    private void CheckLayers(string where)
    {
        DenseSpec[] hidden = [.. network!.Specification.OfType<DenseSpec>().SkipLast(1)];
        int[] sizes = Array.ConvertAll(hidden, layer => layer.Units);
        Activation? activation = hidden.Length > 0 ? hidden[0].Activation : null;
        if (!sizes.SequenceEqual(HiddenLayerSizes) || (activation is { } made && made != Activation))
        {
            throw new ArgumentException(
                $"{where} goes on with the network that is there, with hidden layers ({string.Join(", ", sizes)}){(activation is null ? "" : $" of {activation}")}; HiddenLayerSizes and Activation now ask for ({string.Join(", ", HiddenLayerSizes)}) of {Activation}. A cold Fit makes a new network.");
        }
    }

    private (Network Network, Preprocessing Preprocessing) Create(Dataset data, int seed)
    {
        (int outputs, Activation activation) = Output(data);
        Preprocessing prepared = Prepare(data);
        NetworkBuilder builder = Network.Input(data.InputSize);
        foreach (int units in HiddenLayerSizes)
        {
            builder.Dense(units, Activation);
        }

        Network made = builder.Dense(outputs, activation).Build(seed);
        double factor = Activation == Activation.Sigmoid ? 2 : 6;
        long drawn = 0;
        foreach (NetworkLayer layer in made.Layers)
        {
            double range = Math.Sqrt(factor / (layer.InputSize + layer.OutputSize));
            foreach (Tensor tensor in layer.Tensors)
            {
                tensor.CopyFrom(Draw(tensor.Length, range));
            }
        }

        return (made, prepared);

        float[] Draw(int count, double range)
        {
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (float)(range * ((2 * SplitMix.Fraction(seed, drawn++)) - 1));
            }

            return values;
        }
    }

    private void Check(Dataset data)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (data.Rows == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(data));
        }

        CheckKind(data);
        if (!data.Weights.IsEmpty)
        {
            throw new ArgumentException("An estimator counts all rows alike, as scikit-learn's does; Network.Fit takes rows with weights.", nameof(data));
        }

        foreach (int units in HiddenLayerSizes)
        {
            Require(units >= 1, nameof(HiddenLayerSizes), units, "whole numbers of at least 1");
        }

        Require(Alpha >= 0 && float.IsFinite(Alpha), nameof(Alpha), Alpha, "a finite number of at least 0");
        Require(BatchSize is null or >= 1, nameof(BatchSize), BatchSize ?? 0, "at least 1");
        Require(LearningRateInit > 0 && float.IsFinite(LearningRateInit), nameof(LearningRateInit), LearningRateInit, "a finite number above 0");
        Require(Members >= 1, nameof(Members), Members, "at least 1");
        Require(MaxIter >= 1, nameof(MaxIter), MaxIter, "at least 1");
        Require(Tol >= 0 && float.IsFinite(Tol), nameof(Tol), Tol, "a finite number of at least 0");
        Require(NIterNoChange >= 1, nameof(NIterNoChange), NIterNoChange, "at least 1");
        Require(double.IsFinite(PowerT), nameof(PowerT), PowerT, "a finite number");
        Require(!EarlyStopping || ValidationFraction is > 0 and < 1, nameof(ValidationFraction), ValidationFraction, "above 0 and below 1");
    }

    private static void Require(bool holds, string name, double value, string wanted)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {wanted}, not {value}."));
        }
    }
}
