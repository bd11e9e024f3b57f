using FastMlp.Metrics;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Metrics;

/// <summary>Worked numbers, edges, and refusals of the metrics.</summary>
public class MetricsTests
{
    [Fact]
    public void CalibrationByHand()
    {
        Calibration calibration = new(bins: 4);
        calibration.Add(0, cameTrue: false);      // the first bin holds its lower end too
        calibration.Add(0.25f, cameTrue: true);   // the end of the first bin, not the start of the second
        calibration.Add(0.5f, cameTrue: true);
        calibration.Add(0.75f, cameTrue: false);
        calibration.Add(1, cameTrue: true);

        Assert.Equal([2L, 1, 1, 1], calibration.Bins.Select(bin => bin.Count));
        Assert.Equal((0.0, 0.25, 0.125, 0.5), (calibration.Bins[0].Low, calibration.Bins[0].High, calibration.Bins[0].MeanProbability, calibration.Bins[0].Frequency));

        // Gaps 0.375, 0.5, 0.75 and 0, of 2, 1, 1 and 1 answers.
        Near.Equal(((2 * 0.375) + 0.5 + 0.75) / 5, calibration.Error, 1e-15, "expected calibration error");
        Near.Equal(0.75, calibration.MaximumError, 1e-15, "maximum calibration error");
    }

    [Fact]
    public void AnEmptyBinCountsNothingAndHasNoFrequency()
    {
        Calibration calibration = new(bins: 2);
        Assert.True(double.IsNaN(calibration.Error) && double.IsNaN(calibration.MaximumError));
        calibration.Add(0.9f, cameTrue: true);
        Near.Equal(1 - (double)0.9f, calibration.Error, 1e-15, "error");
        Assert.True(double.IsNaN(calibration.Bins[0].Frequency));
        Refusal.Names(() => calibration.Add(1.5f, true), "1.5", "0 to 1");
        Refusal.Names(() => calibration.Add(float.NaN, true), "0 to 1");
    }

    [Fact]
    public void TheAreaUnderTheCurveIsThatOfAllPairs()
    {
        Random random = new(3);
        float[] scores = new float[200];
        bool[] positive = new bool[200];
        for (int i = 0; i < scores.Length; i++)
        {
            positive[i] = random.Next(3) == 0;
            scores[i] = random.Next(30) + (positive[i] ? 5 : 0);
        }

        double pairs = 0;
        double won = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            for (int j = 0; j < scores.Length; j++)
            {
                if (positive[i] && !positive[j])
                {
                    pairs++;
                    won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }

        RocCurve curve = RocCurve.Of(scores, positive);
        Near.Equal(won / pairs, curve.Area, 1e-15, "area");
        double trapezoids = curve.Points.Zip(curve.Points.Skip(1)).Sum(side =>
            (side.Second.FalsePositiveRate - side.First.FalsePositiveRate) * (side.Second.TruePositiveRate + side.First.TruePositiveRate) / 2);
        Near.Equal(curve.Area, trapezoids, 1e-12, "area under the corners");
    }

    [Theory]
    [InlineData(new[] { 0.1f, 0.9f }, 1)]
    [InlineData(new[] { 0.9f, 0.1f }, 0)]
    [InlineData(new[] { 0.5f, 0.5f }, 0.5)]
    [InlineData(new[] { float.NegativeInfinity, float.PositiveInfinity }, 1)]
    public void TheAreaOfTwoRows(float[] scores, double area) => Assert.Equal(area, RocCurve.Of(scores, [0, 1]).Area);

    [Fact]
    public void ACurveOfOneClassIsRefusedAndLeftOutOfMeans()
    {
        Refusal.Names(() => RocCurve.Of([0.1f, 0.2f], new[] { true, true }), "one class");
        Refusal.Names(() => RocCurve.Of([float.NaN, 0.2f], new[] { true, false }), "row 0", "NaN");
        Refusal.Names(() => RocCurve.Of([0.2f], new[] { true, false }), "1 scores", "2 answers");

        ClassificationMetrics metrics = new(3);
        metrics.Add([0.7f, 0.3f, 0, 0.4f, 0.6f, 0], [0, 1]);
        Assert.Null(metrics.RocCurveOf(2));
        Assert.Equal(1, metrics.RocAuc);

        ClassificationMetrics single = new(2);
        single.Add([0.7f], [1]);
        Assert.True(double.IsNaN(single.RocAuc));
        Assert.True(double.IsNaN(new ClassificationMetrics(2).Accuracy) && double.IsNaN(new ClassificationMetrics(2).LogLoss));
    }

    [Fact]
    public void OfEqualOutputsTheFirstIsGivenAndRanksFirst()
    {
        ClassificationMetrics metrics = new(3);
        metrics.Add([0.25f, 0.375f, 0.375f, 0.25f, 0.375f, 0.375f], [1, 2]);
        Assert.Equal((1L, 1L), (metrics.Confusion[1, 1], metrics.Confusion[2, 1]));
        Assert.Equal((0.5, 1.0), (metrics.TopK(1), metrics.TopK(2)));
    }

    [Fact]
    public void OneOutputOfAHalfIsClassZero()
    {
        ClassificationMetrics metrics = new(2);
        metrics.Add([0.5f, 0.75f], [0, 1]);
        Assert.Equal(1, metrics.Confusion.Accuracy);
        Near.Equal(-(Math.Log(0.5) + Math.Log(0.75)) / 2, metrics.LogLoss, 1e-15, "log loss");
    }

    [Fact]
    public void ATruthThatWasRuledOutCostsAFiniteLogLoss()
    {
        ClassificationMetrics metrics = new(2);
        metrics.Add([1, 0], [1]);
        Near.Equal(23 * Math.Log(2), metrics.LogLoss, 1e-5, "log loss");
    }

    [Fact]
    public void WhatIsNoProbabilityOrNoClassIsRefused()
    {
        ClassificationMetrics metrics = new(3);
        Refusal.Names(() => metrics.Add([0.5f, 0.5f, 0, 0, 2, 0], [0, 1]), "output 1 of row 1", "is 2");
        Refusal.Names(() => metrics.Add([0.5f, 0.5f, float.NaN], [0]), "output 2 of row 0", "NaN");
        Refusal.Names(() => metrics.Add([0.5f, 0.5f, 0], [3]), "row 0", "is 3", "0 to 2");
        Refusal.Names(() => metrics.Add([0.5f, 0.5f], [0]), "1 rows", "3 values", "not 2");
        Assert.Equal(0, metrics.Rows);
        Refusal.Names(() => new MultiLabelMetrics(2).Add([0.5f, -0.5f], [1, 0]), "output 1 of row 0");
        Refusal.Names(() => new MultiLabelMetrics(2).Add([0.5f], [1]), "whole number of rows");
        Refusal.Names(() => new RegressionMetrics(2).Add([1, 2], [1, 2, 3, 4]), "2 values", "not 4");
        Refusal.Names(() => new RegressionMetrics().Add([float.NaN], [1]), "row 0", "NaN");
        Refusal.Names(() => new ConfusionMatrix(2).Add([0, 1], [0]), "2 true classes", "1 given");
        Refusal.Names(() => new ConfusionMatrix(2).Add(0, 2), "0 to 1");
        Refusal.Names(() => new ConfusionMatrix(new int[2, 3]), "square", "[2, 3]");
        Refusal.Names(() => new ConfusionMatrix(new int[,] { { -1 } }), "-1");
    }

    [Fact]
    public void CurvesNeedKeptScores()
    {
        ClassificationMetrics metrics = new(2, keepScores: false);
        metrics.Add([0.3f, 0.7f], [1]);
        Assert.Equal(1, metrics.Accuracy);
        Assert.Contains("keepScores", Assert.Throws<InvalidOperationException>(() => metrics.RocAuc).Message, StringComparison.Ordinal);
        MultiLabelMetrics labels = new(1, keepScores: false);
        Assert.Contains("keepScores", Assert.Throws<InvalidOperationException>(() => labels.RocAuc).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ConstantTargetsHaveAnR2OfOneOrZero()
    {
        RegressionMetrics exact = new();
        exact.Add([0.1f, 0.1f, 0.1f], [0.1f, 0.1f, 0.1f]);
        Assert.Equal(1, exact.All.R2);
        RegressionMetrics missed = new();
        missed.Add([0.1f, 0.2f, 0.1f], [0.1f, 0.1f, 0.1f]);
        Assert.Equal(0, missed.All.R2);
        Assert.True(double.IsNaN(new RegressionMetrics().All.Rmse) && double.IsNaN(new RegressionMetrics().All.R2) && double.IsNaN(new RegressionMetrics().All.MaximumError));
    }

    [Fact]
    public void AMissedZeroMakesTheRelativeErrorHuge()
    {
        RegressionMetrics metrics = new();
        metrics.Add([0, 1], [0, 1]);
        Assert.Equal(0, metrics.All.Mape);
        metrics.Add([1], [0]);
        Assert.InRange(metrics.All.Mape, 1e15, 2e15);
    }

    [Fact]
    public void ANetworkIsMeasuredAsItIsEvaluated()
    {
        Dataset data = new(Numbers.Uniform(9, 3000 * 5, -1), 5, Numbers.Labels(10, 3000, 4), 4);
        using Network network = Network.Input(5).Dense(7, Activation.Tanh).Dense(4, Activation.Softmax).Build(seed: 2);
        Evaluation evaluation = network.Evaluate(data);
        ClassificationMetrics metrics = ClassificationMetrics.Of(network, data);
        Near.Equal(evaluation.Accuracy, metrics.Accuracy, 1e-6, "accuracy");
        Near.Equal(evaluation.Loss, metrics.LogLoss, 1e-5, "log loss");
        Assert.Equal(3000, metrics.Rows);
        using Predictor predictor = network.Freeze();
        Near.Equal(metrics.RocAuc, ClassificationMetrics.Of(predictor, data).RocAuc, 0, "ROC AUC of the frozen network");
        ConfusionMatrix confusion = new(evaluation.Confusion!);
        Near.Equal(confusion.F1(Averaging.Macro), metrics.Confusion.F1(Averaging.Macro), 0, "F1");
    }

    [Fact]
    public void ValuesAndLabelsOfANetworkToo()
    {
        Random random = new(4);
        float[] x = [.. Enumerable.Range(0, 2500 * 3).Select(_ => random.NextSingle())];
        float[] y = [.. Enumerable.Range(0, 2500 * 2).Select(_ => (float)random.Next(2))];
        Dataset data = new(x, 3, y, 2);
        using Network network = Network.Input(3).Dense(2, Activation.Sigmoid).Build(seed: 2);
        Evaluation evaluation = network.Evaluate(data);
        RegressionFigures figures = RegressionMetrics.Of(network, data).All;
        Near.Equal(evaluation.Rmse, figures.Rmse, 1e-6, "RMSE");
        Near.Equal(evaluation.R2, figures.R2, 1e-5, "R2");
        MultiLabelMetrics labels = MultiLabelMetrics.Of(network, data);
        Near.Equal(evaluation.Accuracy, labels.Accuracy, 1e-6, "accuracy");
        Near.Equal(evaluation.Loss, labels.LogLoss * 2, 1e-5, "log loss");
        Assert.Equal(2500, labels.Rows);
    }

    [Fact]
    public void DataOfAnotherKindAreRefused()
    {
        using Network network = Network.Input(1).Dense(3, Activation.Softmax).Build();
        Dataset classes = new(new float[2], 1, new int[2], 3);
        Dataset values = new(new float[2], 1, new float[6], 3);
        Refusal.Names(() => ClassificationMetrics.Of(network, values), "values");
        Refusal.Names(() => RegressionMetrics.Of(network, classes), "class labels");
        Refusal.Names(() => MultiLabelMetrics.Of(network, classes), "class labels");
        Refusal.Names(() => ClassificationMetrics.Of(network, new Dataset(new float[2], 1, new int[2], 4)), "4 classes", "3 outputs");
        Refusal.Names(() => RegressionMetrics.Of(network, new Dataset(new float[2], 1, new float[2], 1)), "1 targets", "3 outputs");
    }
}
