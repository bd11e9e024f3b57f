using FastMlp.Metrics;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Metrics;

/// <summary>Average precision and Brier's score against their definitions, taken threshold by threshold.</summary>
public class RankingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AveragePrecisionIsTheSumOverThresholds(int seed)
    {
        Random random = new(seed);
        ClassificationMetrics metrics = new(2);
        float[] scores = new float[150];
        int[] labels = new int[150];
        for (int i = 0; i < scores.Length; i++)
        {
            labels[i] = random.Next(12) == 0 ? 1 : 0;
            scores[i] = (random.Next(20) + (labels[i] * 4)) / 32f; // with ties
        }

        labels[0] = 1;
        metrics.Add(scores, labels);

        double expected = 0;
        double recallBefore = 0;
        foreach (float threshold in scores.Distinct().OrderDescending())
        {
            int named = scores.Count(score => score >= threshold);
            int right = scores.Zip(labels).Count(one => one.First >= threshold && one.Second == 1);
            double recall = (double)right / labels.Sum();
            expected += (recall - recallBefore) * right / named;
            recallBefore = recall;
        }

        Near.Equal(expected, metrics.AveragePrecisionOf(1)!.Value, 1e-12, "average precision");
    }

    [Fact]
    public void OrderedRowsHaveAveragePrecisionOneAndEqualRowsThatOfChance()
    {
        ClassificationMetrics ordered = new(2);
        ordered.Add([0.9f, 0.8f, 0.1f, 0.2f], [1, 1, 0, 0]);
        Assert.Equal(1, ordered.AveragePrecisionOf(1));
        ClassificationMetrics equal = new(2);
        equal.Add([0.3f, 0.3f, 0.3f, 0.3f], [0, 1, 0, 0]);
        Assert.Equal(0.25, equal.AveragePrecisionOf(1));
        ClassificationMetrics lacking = new(3);
        lacking.Add([0.5f, 0.25f, 0.25f], [0]);
        Assert.Null(lacking.AveragePrecisionOf(2));
        Assert.Throws<InvalidOperationException>(() => new ClassificationMetrics(2, keepScores: false).AveragePrecisionOf(1));
    }

    [Fact]
    public void BrierScoreByHand()
    {
        ClassificationMetrics two = new(2);
        Assert.True(double.IsNaN(two.BrierScore));
        two.Add([0.75f, 0.5f], [1, 0]);
        Near.Equal((0.0625 + 0.25) / 2, two.BrierScore, 1e-15, "of two classes");
        ClassificationMetrics three = new(3);
        three.Add([0.5f, 0.25f, 0.25f, 0, 0, 1], [1, 2]);
        Near.Equal((0.25 + 0.5625 + 0.0625) / 2, three.BrierScore, 1e-15, "of three classes");
    }
}
