using System.Text.Json;
using FastMlp.Metrics;
using FastMlp.Tests.Claims;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Metrics;

/// <summary>The metrics against what scikit-learn measures of the same answers (tools/make-metrics-fixture.py); rows are added in uneven parts.</summary>
public class ScikitLearnTests
{
    /// <summary>Both sides are double precision; sums run in another order.</summary>
    private const double Bound = 1e-12;

    /// <summary>scikit-learn takes these logarithms in float32.</summary>
    private const double LogBound = 1e-6;

    private static readonly JsonElement fixture = Read();

    [Fact]
    public void TwoClassesFromOneOutput()
    {
        JsonElement expected = fixture.GetProperty("binary");
        float[] outputs = Floats(expected, "outputs");
        int[] labels = Integers(expected, "labels");
        ClassificationMetrics metrics = new(2);
        InParts(labels.Length, (first, rows) => metrics.Add(outputs.AsSpan(first, rows), labels.AsSpan(first, rows)));

        Near.Equal(Number(expected, "accuracy"), metrics.Accuracy, Bound, "accuracy");
        Near.Equal(Number(expected, "auc"), metrics.RocAuc, Bound, "ROC AUC");
        Near.Equal(Number(expected, "logLoss"), metrics.LogLoss, LogBound, "log loss");
        Near.Equal(Number(expected, "brier"), metrics.BrierScore, Bound, "Brier score");
        Near.Equal(Number(expected, "averagePrecision"), metrics.AveragePrecisionOf(1)!.Value, Bound, "average precision");
        CheckAverages(expected, metrics.Confusion.Precision, metrics.Confusion.Recall, metrics.Confusion.F1);
        CheckCurve(expected.GetProperty("roc"), metrics.RocCurveOf(1)!, outputs, labels);
    }

    [Fact]
    public void FiveClassesOfWhichTwoAreNeverTrue()
    {
        JsonElement expected = fixture.GetProperty("classes");
        float[] outputs = Floats(expected, "outputs");
        int[] labels = Integers(expected, "labels");
        ClassificationMetrics metrics = new(5);
        InParts(labels.Length, (first, rows) => metrics.Add(outputs.AsSpan(first * 5, rows * 5), labels.AsSpan(first, rows)));

        int[] confusion = Integers(expected, "confusion");
        for (int i = 0; i < confusion.Length; i++)
        {
            Assert.Equal(confusion[i], metrics.Confusion[i / 5, i % 5]);
        }

        Near.Equal(Number(expected, "accuracy"), metrics.Accuracy, Bound, "accuracy");
        Near.Equal(Number(expected, "accuracy"), metrics.Confusion.Accuracy, Bound, "accuracy of the counts");
        Near.Equal(Number(expected, "balanced"), metrics.Confusion.BalancedAccuracy, Bound, "balanced accuracy");
        Near.Equal(Number(expected, "top2"), metrics.TopK(2), Bound, "top 2");
        Near.Equal(1, metrics.TopK(5), 0, "top 5");
        Near.Equal(Number(expected, "auc"), metrics.RocAuc, Bound, "ROC AUC");
        Near.Equal(Number(expected, "logLoss"), metrics.LogLoss, LogBound, "log loss");
        CheckAverages(expected, metrics.Confusion.Precision, metrics.Confusion.Recall, metrics.Confusion.F1);
        Near.Equal(Number(expected, "brier"), metrics.BrierScore, Bound, "Brier score");
        for (int c = 0; c < 3; c++)
        {
            Near.Equal(expected.GetProperty("averagePrecision")[c].GetDouble(), metrics.AveragePrecisionOf(c)!.Value, Bound, $"average precision of {c}");
        }

        Assert.Null(metrics.AveragePrecisionOf(3));
        JsonElement perClass = expected.GetProperty("perClass");
        for (int c = 0; c < 5; c++)
        {
            LabelCounts one = metrics.Confusion.PerClass[c];
            Near.Equal(perClass[0][c].GetDouble(), one.Precision, Bound, "precision");
            Near.Equal(perClass[1][c].GetDouble(), one.Recall, Bound, "recall");
            Near.Equal(perClass[2][c].GetDouble(), one.F1, Bound, "F1");
            Near.Equal(perClass[3][c].GetDouble(), one.Support, 0, "support");
        }
    }

    [Fact]
    public void FourLabelsAtOnce()
    {
        JsonElement expected = fixture.GetProperty("labels");
        float[] outputs = Floats(expected, "outputs");
        float[] targets = Floats(expected, "targets");
        MultiLabelMetrics metrics = new(4);
        InParts(targets.Length / 4, (first, rows) => metrics.Add(outputs.AsSpan(first * 4, rows * 4), targets.AsSpan(first * 4, rows * 4)));

        Near.Equal(Number(expected, "exact"), metrics.ExactMatch, Bound, "exact match");
        Near.Equal(1 - Number(expected, "hamming"), metrics.Accuracy, Bound, "accuracy");
        Near.Equal(Number(expected, "auc"), metrics.RocAuc, Bound, "ROC AUC");
        Near.Equal(Number(expected, "logLoss"), metrics.LogLoss, LogBound, "log loss");
        CheckAverages(expected, metrics.Precision, metrics.Recall, metrics.F1);
    }

    [Fact]
    public void TwoValuesOfWhichOneNeverChanges()
    {
        JsonElement expected = fixture.GetProperty("values");
        float[] answers = Floats(expected, "answers");
        float[] targets = Floats(expected, "targets");
        RegressionMetrics metrics = new(2);
        InParts(targets.Length / 2, (first, rows) => metrics.Add(answers.AsSpan(first * 2, rows * 2), targets.AsSpan(first * 2, rows * 2)));

        RegressionFigures all = metrics.All;
        Near.Equal(Number(expected, "mse"), all.Rmse * all.Rmse, 1e-10, "mean squared error");
        Near.Equal(Number(expected, "mae"), all.Mae, Bound, "MAE");
        Near.Equal(Number(expected, "r2"), all.R2, Bound, "R2");
        Near.Equal(Number(expected, "mape"), all.Mape, Bound, "MAPE");
        RegressionFigures first = metrics.PerOutput[0];
        double[] figures = [first.Rmse, first.Mae, first.R2, first.Mape, first.MaximumError];
        for (int i = 0; i < figures.Length; i++)
        {
            Near.Equal(expected.GetProperty("first")[i].GetDouble(), figures[i], Bound * 10, $"figure {i}");
        }
    }

    /// <summary>Every point of scikit-learn's curve, which keeps all, lies on this one, and each corner of this one is one of those.</summary>
    private static void CheckCurve(JsonElement roc, RocCurve curve, float[] outputs, int[] labels)
    {
        (double False, double True)[] all = [.. roc[0].EnumerateArray().Zip(roc[1].EnumerateArray(), (f, t) => (f.GetDouble(), t.GetDouble()))];
        Assert.Equal((0, 0), (curve.Points[0].FalsePositiveRate, curve.Points[0].TruePositiveRate));
        Assert.Equal((1, 1), (curve.Points[^1].FalsePositiveRate, curve.Points[^1].TruePositiveRate));
        Assert.True(curve.Points.Count < all.Length, "No point was left out, though some lie on straight lines.");
        foreach (RocPoint point in curve.Points)
        {
            Assert.Contains(all, one => Math.Abs(one.False - point.FalsePositiveRate) < Bound && Math.Abs(one.True - point.TruePositiveRate) < Bound);
            int called = Enumerable.Range(0, labels.Length).Count(row => labels[row] == 1 && outputs[row] >= point.Threshold);
            Near.Equal((double)called / labels.Count(label => label == 1), point.TruePositiveRate, Bound, $"true positive rate at {point.Threshold}");
        }

        foreach ((double f, double t) in all)
        {
            Assert.Contains(curve.Points.Zip(curve.Points.Skip(1)), side =>
                f >= side.First.FalsePositiveRate - Bound && f <= side.Second.FalsePositiveRate + Bound
                && Math.Abs(((f - side.First.FalsePositiveRate) * (side.Second.TruePositiveRate - side.First.TruePositiveRate))
                    - ((t - side.First.TruePositiveRate) * (side.Second.FalsePositiveRate - side.First.FalsePositiveRate))) < Bound);
        }
    }

    private static void CheckAverages(JsonElement expected, Func<Averaging, double> precision, Func<Averaging, double> recall, Func<Averaging, double> f1)
    {
        foreach (Averaging averaging in Enum.GetValues<Averaging>())
        {
            JsonElement figures = expected.GetProperty("averages").GetProperty(averaging.ToString().ToLowerInvariant());
            Near.Equal(figures[0].GetDouble(), precision(averaging), Bound, $"{averaging} precision");
            Near.Equal(figures[1].GetDouble(), recall(averaging), Bound, $"{averaging} recall");
            Near.Equal(figures[2].GetDouble(), f1(averaging), Bound, $"{averaging} F1");
        }
    }

    private static void InParts(int rows, Action<int, int> add)
    {
        for (int first = 0, part = 1; first < rows; first += part++)
        {
            add(first, Math.Min(part, rows - first));
        }
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static float[] Floats(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];

    private static int[] Integers(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    private static JsonElement Read()
    {
        using JsonDocument document = JsonDocument.Parse(Repository.Read(Path.Combine(Repository.Root, "tests", "FastMlp.Tests", "Metrics", "scikit-learn.json")));
        return document.RootElement.Clone();
    }
}
