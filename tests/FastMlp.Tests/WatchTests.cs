using FastMlp.Metrics;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>The metric that early stopping and the return to the best watch.</summary>
public class WatchTests
{
    private const int Inputs = 5;

    public static TheoryData<string> Names => [.. Metric.All.Select(metric => metric.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheBestEpochIsKeptAndTheFigureIsThatOfTheMetrics(string name)
    {
        Metric metric = Metric.Find(name)!;
        foreach (string kind in new[] { "three classes", "two classes", "one output", "labels", "values" })
        {
            (Network network, Dataset train, Dataset validation) = Problem(kind);
            using (network)
            {
                FitOptions options = new() { Optimizer = new Adam(0.05f), Epochs = 12, BatchSize = 16, Validation = validation, Watch = metric, RestoreBest = true };
                if (!IsDefined(metric, kind))
                {
                    Refusal.Names(() => network.Train(train, options), $"no {name}", "watch one of");
                    continue;
                }

                FitReport report = network.Train(train, options);
                float[] watched = [.. report.Epochs.Select(epoch => epoch.Watched!.Value)];
                Assert.Equal(metric.IsHigherBetter ? watched.Max() : watched.Min(), watched[report.BestEpoch - 1]);
                Assert.Equal(report.BestEpoch, report.KeptEpoch);
                Assert.Equal(Expected(metric, network, validation), watched[report.BestEpoch - 1], 1e-6);
                Assert.True(watched.Distinct().Count() > 1, "the figure never moves");
            }
        }
    }

    [Fact]
    public void EarlyStoppingWatchesItInItsDirection()
    {
        (Network network, Dataset train, Dataset validation) = Problem("three classes");
        using (network)
        {
            FitOptions options = new() { Optimizer = new Adam(0.05f), Epochs = 200, BatchSize = 16, Seed = 2, Validation = validation, EarlyStoppingPatience = 4, MinDelta = 0.01f, Watch = Metric.Accuracy };
            FitReport report = network.Train(train, options);
            Assert.Equal(StopReason.EarlyStopping, report.StopReason);

            double best = double.NegativeInfinity;
            int bad = 0;
            foreach (EpochReport epoch in report.Epochs)
            {
                Assert.True(bad < 4, $"epoch {epoch.Epoch} should not have been");
                bad = epoch.Watched > best + 0.01f ? 0 : bad + 1;
                best = Math.Max(best, epoch.Watched!.Value);
            }

            Assert.Equal(4, bad);
            Assert.NotEqual(report.BestEpoch, report.Epochs.MinBy(epoch => epoch.ValidationLoss).Epoch);
        }
    }

    [Fact]
    public void WhatIsNotDefinedOfTheRowsIsSaid()
    {
        (Network network, Dataset train, _) = Problem("two classes");
        using (network)
        {
            Dataset ones = new(new float[3 * Inputs], Inputs, new[] { 1, 1, 1 }, 2);
            Refusal.Names(() => network.Train(train, new FitOptions { Validation = ones, Watch = Metric.RocAuc }), "All 3", "class 1", "roc-auc");
            Refusal.Names(() => network.Train(train, new FitOptions { Watch = Metric.RocAuc }), "validation rows");
        }

        (Network values, train, _) = Problem("values");
        using (values)
        {
            Dataset one = new(new float[Inputs], Inputs, new float[2], 2);
            Refusal.Names(() => values.Train(train, new FitOptions { Validation = one, Watch = Metric.R2 }), "1 validation rows", "r2", "rmse");
        }
    }

    [Fact]
    public void WithoutRestoringTheLastEpochIsKept()
    {
        (Network network, Dataset train, Dataset validation) = Problem("three classes");
        using (network)
        {
            FitReport report = network.Train(train, new FitOptions { Optimizer = new Adam(0.1f), Epochs = 60, Validation = validation });
            Assert.Equal(60, report.KeptEpoch);
            Assert.Equal(report.Epochs.MinBy(epoch => epoch.Watched).Epoch, report.BestEpoch);
            Assert.True(report.BestEpoch < 60);
            report = network.Train(train, new FitOptions { Epochs = 3 });
            Assert.Equal((3, 3), (report.BestEpoch, report.KeptEpoch));
        }
    }

    private static bool IsDefined(Metric metric, string kind) => kind switch
    {
        "labels" => new[] { Metric.Loss, Metric.Accuracy, Metric.ExactMatch, Metric.Rmse, Metric.Mae, Metric.R2 }.Contains(metric),
        "values" => new[] { Metric.Loss, Metric.Rmse, Metric.Mae, Metric.R2 }.Contains(metric),
        _ => new[] { Metric.Loss, Metric.Accuracy, Metric.BalancedAccuracy, Metric.F1, Metric.RocAuc }.Contains(metric),
    };

    private static double Expected(Metric metric, Network network, Dataset data)
    {
        if (metric == Metric.Loss)
        {
            return network.Evaluate(data).Loss;
        }

        if (data.IsClassification)
        {
            ClassificationMetrics figures = ClassificationMetrics.Of(network, data);
            return metric == Metric.Accuracy ? figures.Accuracy
                : metric == Metric.BalancedAccuracy ? figures.Confusion.BalancedAccuracy
                : metric == Metric.F1 ? figures.Confusion.F1(Averaging.Macro)
                : figures.RocAuc;
        }

        RegressionFigures values = RegressionMetrics.Of(network, data).All;
        return metric == Metric.Rmse ? values.Rmse
            : metric == Metric.Mae ? values.Mae
            : metric == Metric.R2 ? values.R2
            : metric == Metric.ExactMatch ? MultiLabelMetrics.Of(network, data).ExactMatch
            : network.Evaluate(data).Accuracy;
    }

    private static (Network Network, Dataset Train, Dataset Validation) Problem(string kind)
    {
        NetworkBuilder builder = Network.Input(Inputs).Dense(8, Activation.Tanh);
        Network network = kind switch
        {
            "three classes" => builder.Dense(3, Activation.Softmax).Build(1),
            "two classes" => builder.Dense(2, Activation.Softmax).Build(1),
            "one output" => builder.Dense(1, Activation.Sigmoid).Build(1),
            "labels" => builder.Dense(2, Activation.Sigmoid).Build(1),
            _ => builder.Dense(2).Build(1),
        };
        return (network, Data(kind, 120, 1), Data(kind, 61, 7));
    }

    /// <summary>A rule with noise, so that figures rise and then waver.</summary>
    private static Dataset Data(string kind, int rows, int seed)
    {
        float[] x = Numbers.Uniform(seed, rows * Inputs);
        float[] noise = Numbers.Uniform(seed + 1, rows);
        float[] rule = [.. Enumerable.Range(0, rows).Select(row => x[row * Inputs] - x[(row * Inputs) + 1] + (0.8f * noise[row]))];
        return kind switch
        {
            "three classes" => new Dataset(x, Inputs, Array.ConvertAll(rule, value => value < -0.4f ? 0 : value < 0.4f ? 1 : 2), 3),
            "two classes" or "one output" => new Dataset(x, Inputs, Array.ConvertAll(rule, value => value < 0.3f ? 0 : 1), 2),
            "labels" => new Dataset(x, Inputs, rule.SelectMany(value => (float[])[value < 0 ? 0 : 1, value < 0.5f ? 1 : 0]).ToArray(), 2),
            _ => new Dataset(x, Inputs, rule.SelectMany(value => (float[])[value, value * value]).ToArray(), 2),
        };
    }
}
