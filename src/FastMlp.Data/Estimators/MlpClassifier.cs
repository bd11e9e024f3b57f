using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// scikit-learn's MLPClassifier with its parameters and defaults: classes by name or number, several labels at once from targets of 0 and 1,
/// features scaled unless <see cref="MlpEstimator.Scaling"/> says otherwise.
/// </summary>
/// <remarks>Two classes train one sigmoid output, more a softmax, several labels a sigmoid each; the loss is cross-entropy.</remarks>
public sealed class MlpClassifier : MlpEstimator
{
    /// <summary>The classes, in the order of the probabilities: names, or numbers as texts; for several labels at once the names of the labels.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public IReadOnlyList<string> Classes => IsMultiLabel ? Preprocessing.TargetNames : Preprocessing.ClassNames;

    /// <summary>Whether a row may have several labels, or none.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public bool IsMultiLabel => Preprocessing.Task == DataTask.Regression;

    /// <summary>Trains on rows [rows, features] and the name of each row's class.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a parameter is out of range.</exception>
    public void Fit(ReadOnlySpan<float> x, IReadOnlyList<string> y) => Fit(Named(x, y, WarmStart ? Known : null));

    /// <summary>Trains on rows [rows, features] and the number of each row's class; any numbers, in rising order the <see cref="Classes"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a parameter is out of range.</exception>
    public void Fit(ReadOnlySpan<float> x, ReadOnlySpan<int> y) => Fit(Numbered(x, y, WarmStart ? Known : null));

    /// <summary>One pass over rows and the names of their classes; see <see cref="MlpEstimator.PartialFit(Dataset)"/>.</summary>
    /// <param name="x">The rows [rows, features].</param>
    /// <param name="y">The name of each row's class.</param>
    /// <param name="classes">All classes that will ever come: needed at the first call, where <paramref name="y"/> may not hold all.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a class is unknown.</exception>
    public void PartialFit(ReadOnlySpan<float> x, IReadOnlyList<string> y, IReadOnlyList<string>? classes = null) =>
        PartialFit(Named(x, y, Known ?? classes ?? throw NoClasses()));

    /// <summary>One pass over rows and the numbers of their classes.</summary>
    /// <param name="x">The rows [rows, features].</param>
    /// <param name="y">The number of each row's class.</param>
    /// <param name="classes">All classes that will ever come: needed at the first call.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a class is unknown.</exception>
    public void PartialFit(ReadOnlySpan<float> x, ReadOnlySpan<int> y, ReadOnlySpan<int> classes = default) =>
        PartialFit(Numbered(x, y, Known ?? (classes.IsEmpty ? throw NoClasses() : Texts(Sorted(classes)))));

    /// <summary>The class of each row, by its name.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted, or rows have several labels.</exception>
    public string[] Predict(ReadOnlySpan<float> x)
    {
        IReadOnlyList<string> names = Classes;
        return Array.ConvertAll(PredictIndices(x), index => names[index]);
    }

    /// <summary>The class of each row, by its number.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted, classes have names that are no numbers, or rows have several labels.</exception>
    public int[] PredictNumbers(ReadOnlySpan<float> x)
    {
        int[] numbers = [.. Classes.Select(name => int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new InvalidOperationException($"The class '{name}' is no number: Predict gives names."))];
        return Array.ConvertAll(PredictIndices(x), index => numbers[index]);
    }

    /// <summary>The class of each row, by its place in <see cref="Classes"/>.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted, or rows have several labels.</exception>
    public int[] PredictIndices(ReadOnlySpan<float> x)
    {
        if (IsMultiLabel)
        {
            throw new InvalidOperationException("Rows have several labels: PredictLabels tells which.");
        }

        float[] answers = Answers(x);
        int outputs = Network.OutputSize;
        int[] indices = new int[answers.Length / outputs];
        for (int row = 0; row < indices.Length; row++)
        {
            ReadOnlySpan<float> one = answers.AsSpan(row * outputs, outputs);
            indices[row] = outputs == 1 ? (one[0] > 0.5f ? 1 : 0) : Largest(one);
        }

        return indices;
    }

    /// <summary>Which labels each row has [rows, labels]: those with a probability above 1/2.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted, or rows have one class each.</exception>
    public bool[] PredictLabels(ReadOnlySpan<float> x) => IsMultiLabel
        ? Array.ConvertAll(Answers(x), answer => answer > 0.5f)
        : throw new InvalidOperationException("Each row has one class: Predict tells which.");

    /// <summary>The probability of each class, or label, for each row: [rows, classes] in the order of <see cref="Classes"/>.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public float[] PredictProbabilities(ReadOnlySpan<float> x)
    {
        float[] answers = Answers(x);
        if (IsMultiLabel || Network.OutputSize > 1)
        {
            return answers;
        }

        float[] both = new float[answers.Length * 2];
        for (int row = 0; row < answers.Length; row++)
        {
            both[2 * row] = 1 - answers[row];
            both[(2 * row) + 1] = answers[row];
        }

        return both;
    }

    /// <summary>The share of rows whose class is right.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are no rows.</exception>
    public double Score(ReadOnlySpan<float> x, IReadOnlyList<string> y)
    {
        ArgumentNullException.ThrowIfNull(y);
        FeaturesOf(x, y.Count);
        string[] given = Predict(x);
        return given.Where((name, row) => name == y[row]).Count() / (double)y.Count;
    }

    /// <summary>The same for classes that are numbers.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are no rows.</exception>
    public double Score(ReadOnlySpan<float> x, ReadOnlySpan<int> y) => Score(x, Texts(y));

    /// <summary>The share of rows whose class, or every label, is right.</summary>
    /// <exception cref="ArgumentException">The data are of another kind, or there are no rows.</exception>
    public double Score(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckSame(data, Network, Preprocessing);
        Dataset scaled = Preprocessing.Transform(data);
        return scaled.IsClassification ? Network.Evaluate(scaled).Accuracy : FastMlp.Metrics.MultiLabelMetrics.Of(Network, scaled).ExactMatch;
    }

    /// <summary>Reads what <see cref="MlpEstimator.Save"/> wrote, or a model of <c>fastmlp train</c> without text columns, to predict with or to go on from.</summary>
    /// <exception cref="ModelFormatException">The file is malformed or of another kind.</exception>
    public static MlpClassifier Load(string path)
    {
        Network network = Network.Load(path);
        try
        {
            MlpClassifier classifier = new();
            Preprocessing? with = Preprocessing.From(network);
            classifier.Open(network, with is { Task: DataTask.Regression, Targets: null } && network.OutputActivation == Activation.Sigmoid ? DataTask.Regression : DataTask.Classification);
            return classifier;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private protected override Preprocessing Prepare(Dataset data)
    {
        Preprocessing prepared = Preprocessing.Fit(data, Scaling, scaleTargets: false);
        return data.IsClassification || prepared.TargetNames.Count > 0
            ? prepared
            : prepared with { TargetNames = Texts([.. Enumerable.Range(0, data.TargetSize)]) };
    }

    private protected override (int Outputs, Activation Activation) Output(Dataset data) =>
        !data.IsClassification ? (data.TargetSize, Activation.Sigmoid)
        : data.TargetSize == 2 ? (1, Activation.Sigmoid)
        : (data.TargetSize, Activation.Softmax);

    private protected override Metric ScoreOf(Dataset validation) => validation.IsClassification ? Metric.Accuracy : Metric.ExactMatch;

    private protected override void CheckKind(Dataset data)
    {
        if (data.IsClassification && data.TargetSize < 2)
        {
            throw new ArgumentException("There is only one class; nothing is there to tell apart.", nameof(data));
        }

        int bad = data.Targets.IndexOfAnyExcept(0f, 1f);
        if (bad >= 0)
        {
            throw new ArgumentException($"The target at row {bad / data.TargetSize}, column {bad % data.TargetSize} is {data.Targets[bad]}; labels are 0 or 1 (MlpRegressor learns values).", nameof(data));
        }
    }

    private protected override void CheckSame(Dataset data, Network trained, Preprocessing with)
    {
        CheckKind(data);
        bool wasClasses = with.Task == DataTask.Classification;
        int size = wasClasses ? with.ClassNames.Count : trained.OutputSize;
        if (data.IsClassification != wasClasses || data.TargetSize != size || data.InputSize != trained.InputSize)
        {
            throw new ArgumentException(
                $"The data have {data.InputSize} features and {data.TargetSize} {(data.IsClassification ? "classes" : "labels")}; the network was made for {trained.InputSize} and {size} {(wasClasses ? "classes" : "labels")}.",
                nameof(data));
        }

        if (data.ClassNames.Count > 0 && wasClasses && !data.ClassNames.SequenceEqual(with.ClassNames))
        {
            throw new ArgumentException($"The data have the classes {string.Join(", ", data.ClassNames)}; the network was made for {string.Join(", ", with.ClassNames)}.", nameof(data));
        }
    }

    private IReadOnlyList<string>? Known => IsFitted ? Classes : null;

    private static int Largest(ReadOnlySpan<float> values)
    {
        int largest = 0;
        for (int i = 1; i < values.Length; i++)
        {
            largest = values[i] > values[largest] ? i : largest;
        }

        return largest;
    }

    private static ArgumentException NoClasses() => new("The first PartialFit must be told all classes that will ever come.", "classes");

    private static int[] Sorted(ReadOnlySpan<int> numbers)
    {
        int[] all = [.. numbers.ToArray().Distinct()];
        Array.Sort(all);
        return all;
    }

    private static string[] Texts(ReadOnlySpan<int> numbers) => Array.ConvertAll(numbers.ToArray(), number => number.ToString(CultureInfo.InvariantCulture));

    private static Dataset Numbered(ReadOnlySpan<float> x, ReadOnlySpan<int> y, IReadOnlyList<string>? classes) => Named(x, Texts(y), classes ?? Texts(Sorted(y)));

    /// <param name="x">The rows.</param>
    /// <param name="y">Their classes.</param>
    /// <param name="classes">All classes in order; null for those of the rows, sorted.</param>
    private static Dataset Named(ReadOnlySpan<float> x, IReadOnlyList<string> y, IReadOnlyList<string>? classes)
    {
        ArgumentNullException.ThrowIfNull(y);
        int features = FeaturesOf(x, y.Count);
        for (int row = 0; row < y.Count; row++)
        {
            _ = y[row] ?? throw new ArgumentException($"The class of row {row} is null; every row has the name of a class.", nameof(y));
        }

        string[] names = [.. classes ?? [.. y.Distinct().Order(StringComparer.Ordinal)]];
        Dictionary<string, int> places = [];
        foreach (string name in names)
        {
            if (name is null)
            {
                throw new ArgumentException("One of the classes is null; every class has a name.", nameof(classes));
            }

            if (!places.TryAdd(name, places.Count))
            {
                throw new ArgumentException($"The class '{name}' stands twice among the classes.", nameof(classes));
            }
        }

        int[] labels = new int[y.Count];
        for (int row = 0; row < labels.Length; row++)
        {
            labels[row] = places.TryGetValue(y[row], out int place)
                ? place
                : throw new ArgumentException($"The class '{y[row]}' of row {row} is not among the classes {string.Join(", ", names)}.", nameof(y));
        }

        return new Dataset(x.ToArray(), features, labels, names.Length) { ClassNames = names };
    }
}
