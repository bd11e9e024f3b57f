using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Reporting;
using FastMlp.Data;
using FastMlp.Metrics;

namespace FastMlp.Cli.Training;

/// <summary>The figures of <c>evaluate</c> beyond those of training, in the unit of the data; rows come in any number of parts.</summary>
/// <param name="network">What is measured.</param>
/// <param name="preprocessing">Of its data.</param>
internal sealed class Details(Network network, Preprocessing preprocessing)
{
    /// <summary>From here on "one of the five largest" says something.</summary>
    private const int ClassesForTopFive = 10;

    private const double RareShare = 0.05;

    private const int MostRareClasses = 5;

    /// <summary>The area under a curve needs all outputs at once: above this many, 32 MB of them, it is left out, so that memory does not grow with the file.</summary>
    private const long MostKeptOutputs = 8_000_000;

    private readonly int classes = Math.Max(2, preprocessing.ClassNames.Count);
    private ClassificationMetrics? counted;
    private ClassificationMetrics? curves;
    private RegressionMetrics? errors;

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

            yield return ("brier score", "brierScore", counted.BrierScore);
            yield return ("calibration error", "calibrationError", counted.Calibration.Error);
        }
    }

    /// <summary>Classes that few rows have, with their share and average precision: accuracy says nothing of them.</summary>
    public IReadOnlyList<RareClass> RareClasses
    {
        get
        {
            if (curves is null || counted is null)
            {
                return [];
            }

            return
            [
                .. Enumerable.Range(0, classes)
                    .Select(one => (Class: one, Share: (double)counted.Confusion.PerClass[one].Support / counted.Rows))
                    .Where(one => one.Share is > 0 and < RareShare)
                    .OrderBy(one => one.Share)
                    .Take(MostRareClasses)
                    .Select(one => new RareClass(preprocessing.ClassNames.Count > one.Class ? preprocessing.ClassNames[one.Class] : Text.Count(one.Class), one.Share, curves.AveragePrecisionOf(one.Class)!.Value)),
            ];
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

    public void Write(TextWriter writer, string prefix)
    {
        foreach ((string name, _, double value) in Figures)
        {
            writer.WriteLine($"{prefix}{name}: {value.ToString("0.0000", CultureInfo.InvariantCulture)}");
        }

        WriteRare(writer, prefix);
    }

    /// <summary>The average precision of each class that few rows have.</summary>
    public void WriteRare(TextWriter writer, string prefix)
    {
        foreach (RareClass rare in RareClasses)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{prefix}average precision of class {rare.Name}: {rare.AveragePrecision:0.0000} ({Text.Percent(rare.Share)} of the rows)"));
        }
    }

    /// <summary>What to do about the rarest of them; null where there is none.</summary>
    public string? Advice => RareClasses is [var rarest, ..]
        ? $"class {rarest.Name} has {Text.Percent(rarest.Share)} of the test rows: who never names it is right in {Text.Percent(1 - rarest.Share)}. Look at its precision and recall (evaluate prints them), and try --class-weights balanced."
        : null;

    public void Write(Utf8JsonWriter json)
    {
        foreach ((_, string key, double value) in Figures)
        {
            TrainingSummary.Figure(json, key, value);
        }

        if (RareClasses is not { Count: > 0 } rareClasses)
        {
            return;
        }

        json.WriteStartArray("rareClasses");
        foreach (RareClass rare in rareClasses)
        {
            json.WriteStartObject();
            json.WriteString("class", rare.Name);
            json.WriteNumber("share", rare.Share);
            json.WriteNumber("averagePrecision", rare.AveragePrecision);
            json.WriteEndObject();
        }

        json.WriteEndArray();
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

/// <summary>A class that few rows have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Share">Its share of the rows.</param>
/// <param name="AveragePrecision">The area under its curve of precision over recall.</param>
internal sealed record RareClass(string Name, double Share, double AveragePrecision);
