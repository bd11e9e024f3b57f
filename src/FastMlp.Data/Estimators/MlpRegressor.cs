namespace FastMlp.Data;

/// <summary>
/// scikit-learn's MLPRegressor with its parameters and defaults: one value or several in each row, features and values scaled unless
/// <see cref="MlpEstimator.Scaling"/> and <see cref="ScaleTargets"/> say otherwise.
/// </summary>
/// <remarks>The outputs are linear, the loss is half the squared error.</remarks>
public sealed class MlpRegressor : MlpEstimator
{
    /// <summary>
    /// Whether values are standardized for training, so that neither learning rate nor <see cref="MlpEstimator.Tol"/> depends on their unit; answers are
    /// in the unit of the data in any case. scikit-learn does not. True by default.
    /// </summary>
    public bool ScaleTargets { get; set; } = true;

    /// <summary>Trains on rows [rows, features] and their values [rows, targets].</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a parameter is out of range.</exception>
    public void Fit(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int targets = 1) => Fit(Rows(x, y, targets));

    /// <summary>One pass over rows [rows, features] and their values [rows, targets]; see <see cref="MlpEstimator.PartialFit(Dataset)"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a parameter is out of range.</exception>
    public void PartialFit(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int targets = 1) => PartialFit(Rows(x, y, targets));

    /// <summary>The values for each row, [rows, targets], in the unit of the data.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fitted.</exception>
    public float[] Predict(ReadOnlySpan<float> x)
    {
        float[] answers = Answers(x);
        Preprocessing.InverseTargets(answers);
        return answers;
    }

    /// <summary>R2, the mean over the targets: 1 is exact, 0 no better than the mean.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are no rows.</exception>
    public double Score(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Score(Rows(x, y, Network.OutputSize));

    /// <summary>R2, the mean over the targets.</summary>
    /// <exception cref="ArgumentException">The data are of another kind, or there are no rows.</exception>
    public double Score(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckSame(data, Network, Preprocessing);
        return FastMlp.Metrics.RegressionMetrics.Of(Network, Preprocessing.Transform(data)).All.R2;
    }

    /// <summary>Reads what <see cref="MlpEstimator.Save"/> wrote, or a model of <c>fastmlp train</c> without text columns, to predict with or to go on from.</summary>
    /// <exception cref="ModelFormatException">The file is malformed or of another kind.</exception>
    public static MlpRegressor Load(string path)
    {
        Network network = Network.Load(path);
        try
        {
            MlpRegressor regressor = new();
            regressor.Open(network, DataTask.Regression);
            regressor.ScaleTargets = regressor.Preprocessing.Targets is not null;
            return regressor;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private protected override Preprocessing Prepare(Dataset data) => Preprocessing.Fit(data, Scaling, ScaleTargets);

    private protected override (int Outputs, Activation Activation) Output(Dataset data) => (data.TargetSize, Activation.Identity);

    // R2 is not defined of values that are all the same, of one row above all.
    private protected override Metric ScoreOf(Dataset validation) => Enumerable.Range(0, validation.TargetSize).Any(target => Varies(validation, target)) ? Metric.R2 : Metric.Rmse;

    private protected override void CheckKind(Dataset data)
    {
        if (data.IsClassification)
        {
            throw new ArgumentException("These targets are class labels; MlpClassifier learns them.", nameof(data));
        }
    }

    private protected override void CheckSame(Dataset data, Network trained, Preprocessing with)
    {
        CheckKind(data);
        if (data.TargetSize != trained.OutputSize || data.InputSize != trained.InputSize)
        {
            throw new ArgumentException($"The data have {data.InputSize} features and {data.TargetSize} targets; the network was made for {trained.InputSize} and {trained.OutputSize}.", nameof(data));
        }
    }

    private static bool Varies(Dataset data, int target) =>
        Enumerable.Range(1, data.Rows - 1).Any(row => data.Targets[(row * data.TargetSize) + target] != data.Targets[target]);

    private static Dataset Rows(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(targets, 1);
        return y.Length % targets == 0
            ? new Dataset(x.ToArray(), FeaturesOf(x, y.Length / targets), y.ToArray(), targets)
            : throw new ArgumentException($"{y.Length} values are not a whole number of rows of {targets}.", nameof(y));
    }
}
