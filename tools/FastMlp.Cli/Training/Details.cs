using FastMlp.Data;
using FastMlp.Metrics;

namespace FastMlp.Cli.Training;

/// <summary>The figures beyond loss, accuracy, RMSE and R2, in the unit of the data; rows come in any number of parts.</summary>
/// <param name="network">What is measured.</param>
/// <param name="preprocessing">Of its data.</param>
internal sealed class Details(Network network, Preprocessing preprocessing)
{
    /// <summary>From here on "one of the five largest" says something.</summary>
    private const int ClassesForTopFive = 10;

    /// <summary>The area under a curve needs all outputs at once: above this many, 32 MB of them, it is left out, so that memory does not grow with the file.</summary>
    private const long MostKeptOutputs = 8_000_000;

    /// <summary>Below this share of the rows, accuracy says little of a class.</summary>
    private const double RareShare = 0.05;

    /// <summary>Of more classes, every one may have less than that.</summary>
    private const int MostRareOf = 10;

    private readonly int classes = Math.Max(2, preprocessing.ClassNames.Count);
    private ClassificationMetrics? counted;
    private ClassificationMetrics? curves;
    private RegressionMetrics? errors;

    /// <summary>Null where the outputs are no probabilities of classes.</summary>
    public double? LogLoss => counted?.LogLoss;

    /// <summary>Classes with some rows, but less than 5 % of them.</summary>
    public IReadOnlyList<RareClass> RareClasses => counted is null ? [] :
    [
        .. counted.Confusion.PerClass.Select((one, i) => (Class: i, Share: (double)one.Support / counted.Rows))
            .Where(one => one.Share is > 0 and < RareShare && classes <= MostRareOf)
            .Select(one => new RareClass(preprocessing.ClassNames.Count > 0 ? preprocessing.ClassNames[one.Class] : Reporting.Text.Count(one.Class), one.Share, curves?.AveragePrecisionOf(one.Class))),
    ];

    /// <summary>Figures by their names in text and in JSON.</summary>
    public IEnumerable<(string Name, string Key, double Value)> Figures
    {
        get
        {
            if (errors is not null)
            {
                RegressionFigures all = errors.All;
                yield return ("mae", "mae", all.Mae);
                yield return ("mape", "mape", all.Mape);
                yield return ("largest error", "largestError", all.MaximumError);
            }

            if (counted is null)
            {
                yield break;
            }

            ConfusionMatrix confusion = counted.Confusion;
            yield return ("balanced accuracy", "balancedAccuracy", confusion.BalancedAccuracy);
            if (classes >= ClassesForTopFive)
            {
                yield return ("top-5 accuracy", "top5Accuracy", counted.TopK(5));
            }

            yield return ("macro precision", "macroPrecision", confusion.Precision(Averaging.Macro));
            yield return ("macro recall", "macroRecall", confusion.Recall(Averaging.Macro));
            yield return ("macro f1", "macroF1", confusion.F1(Averaging.Macro));
            yield return ("weighted f1", "weightedF1", confusion.F1(Averaging.Weighted));
            if (curves is not null)
            {
                yield return ("roc auc", "rocAuc", curves.RocAuc);
            }

            yield return ("log loss", "logLoss", counted.LogLoss);
            yield return ("brier score", "brierScore", counted.BrierScore);
            yield return ("calibration error", "calibrationError", counted.Calibration.Error);
        }
    }

    /// <param name="scaled">Rows as the network sees them.</param>
    public void Add(Dataset scaled)
    {
        if (preprocessing.Task == DataTask.Classification)
        {
            AddClasses(scaled);
            return;
        }

        float[] answers = network.Predict(scaled.Features);
        float[] targets = scaled.Targets.ToArray();
        preprocessing.InverseTargets(answers);
        preprocessing.InverseTargets(targets);
        errors ??= new RegressionMetrics(network.OutputSize);
        errors.Add(answers, targets);
    }

    private void AddClasses(Dataset scaled)
    {
        if (network.OutputActivation is var last && last != Activation.Softmax && last != Activation.Sigmoid)
        {
            return; // the outputs are no probabilities, so most of these figures mean nothing
        }

        bool isFirst = counted is null;
        counted ??= new ClassificationMetrics(classes, keepScores: false);
        curves = isFirst ? new ClassificationMetrics(classes) : curves;
        curves = (counted.Rows + scaled.Rows) * classes <= MostKeptOutputs ? curves : null;
        float[] outputs = network.Predict(scaled.Features);
        counted.Add(outputs, scaled.Labels);
        curves?.Add(outputs, scaled.Labels);
    }
}
