using FastMlp.Data;
using FastMlp.Metrics;

namespace FastMlp.Cli.Training;

/// <summary>The figures of one baseline, in the unit of the data.</summary>
/// <param name="Name">As in <c>accuracy of the most frequent class</c>.</param>
/// <param name="Key">The same in JSON.</param>
/// <param name="Accuracy">NaN for values.</param>
/// <param name="LogLoss">NaN for values.</param>
/// <param name="Rmse">NaN for classes.</param>
/// <param name="R2">NaN for classes.</param>
internal sealed record BaselineScore(string Name, string Key, double Accuracy, double LogLoss, double Rmse, double R2)
{
    public const string Constant = "constant";

    public const string Linear = "linear";
}

/// <summary>Scores a baseline on rows that come in parts.</summary>
internal sealed class BaselineScoring
{
    private readonly Preprocessing preprocessing;
    private readonly bool classifies;
    private readonly List<(string Name, string Key, Func<Dataset, float[]> Answer, ClassificationMetrics? Classes, RegressionMetrics? Values)> models = [];

    public BaselineScoring(Baseline baseline, Preprocessing preprocessing)
    {
        this.preprocessing = preprocessing;
        classifies = preprocessing.Task == DataTask.Classification;
        int size = baseline.Constant.Length;
        Add(classifies ? "the most frequent class" : "the mean", BaselineScore.Constant, rows => Repeat(baseline.Constant, rows.Rows));
        if (baseline.Linear(classifies) is { } linear)
        {
            Add("a linear model", BaselineScore.Linear, rows => linear.Predict(rows.Features));
        }

        void Add(string name, string key, Func<Dataset, float[]> answer) =>
            models.Add((name, key, answer, classifies ? new ClassificationMetrics(size, keepScores: false) : null, classifies ? null : new RegressionMetrics(size)));
    }

    public IReadOnlyList<BaselineScore> Scores =>
    [
        .. models.Select(model => model.Classes is { } classes
            ? new BaselineScore(model.Name, model.Key, classes.Accuracy, classes.LogLoss, double.NaN, double.NaN)
            : new BaselineScore(model.Name, model.Key, double.NaN, double.NaN, model.Values!.All.Rmse, model.Values.All.R2)),
    ];

    /// <param name="scaled">Rows as the network sees them.</param>
    public void Add(Dataset scaled)
    {
        float[] targets = scaled.Targets.ToArray();
        preprocessing.InverseTargets(targets);
        foreach ((_, _, Func<Dataset, float[]> answer, ClassificationMetrics? classes, RegressionMetrics? values) in models)
        {
            float[] answers = answer(scaled);
            preprocessing.InverseTargets(answers);
            classes?.Add(answers, scaled.Labels);
            values?.Add(answers, targets);
        }
    }

    private static float[] Repeat(float[] answer, int rows)
    {
        float[] all = new float[rows * answer.Length];
        for (int row = 0; row < rows; row++)
        {
            answer.CopyTo(all, row * answer.Length);
        }

        return all;
    }
}
