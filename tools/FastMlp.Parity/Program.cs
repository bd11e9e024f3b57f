using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using FastMlp;
using FastMlp.Data;

// The other side of tools/sklearn-parity.py: each line of standard input is one fit, with its data in files of raw numbers;
// the answer is a line with the score on the test rows and the seconds of Fit.
while (Console.ReadLine() is { Length: > 0 } line)
{
    using JsonDocument document = JsonDocument.Parse(line);
    Console.WriteLine(Fitting.Run(document.RootElement));
}

internal static class Fitting
{
    public static string Run(JsonElement order)
    {
        string folder = order.GetProperty("folder").GetString()!;
        Dataset train = Read(folder, "train", order);
        Dataset test = Read(folder, "test", order);
        using MlpEstimator estimator = order.GetProperty("classes").GetInt32() > 0 ? new MlpClassifier() : new MlpRegressor { ScaleTargets = false };
        estimator.RandomState = order.GetProperty("seed").GetInt32();
        estimator.Scaling = order.GetProperty("scale").GetBoolean() ? Scaling.Standard : Scaling.None;
        foreach (JsonProperty parameter in order.GetProperty("parameters").EnumerateObject())
        {
            Set(estimator, parameter.Name, parameter.Value);
        }

        long start = Stopwatch.GetTimestamp();
        estimator.Fit(train);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double score = estimator is MlpClassifier classifier ? classifier.Score(test) : ((MlpRegressor)estimator).Score(test);
        return string.Create(CultureInfo.InvariantCulture, $"{score:R} {seconds:R} {estimator.IterationCount}");
    }

    /// <summary>scikit-learn's parameters by scikit-learn's names; one that is not here is an error, so that no side runs with another setting.</summary>
    private static void Set(MlpEstimator estimator, string name, JsonElement value)
    {
        switch (name)
        {
            case "hidden_layer_sizes":
                estimator.HiddenLayerSizes = [.. value.EnumerateArray().Select(size => size.GetInt32())];
                break;
            case "activation":
                estimator.Activation = value.GetString() switch
                {
                    "identity" => Activation.Identity,
                    "logistic" => Activation.Sigmoid,
                    "tanh" => Activation.Tanh,
                    "relu" => Activation.Relu,
                    _ => throw new ArgumentException($"The activation {value} is unknown."),
                };
                break;
            case "solver":
                estimator.Solver = Enum.Parse<MlpSolver>(value.GetString()!, ignoreCase: true);
                break;
            case "learning_rate":
                estimator.LearningRate = Enum.Parse<MlpLearningRate>(value.GetString()!, ignoreCase: true);
                break;
            case "learning_rate_init":
                estimator.LearningRateInit = value.GetSingle();
                break;
            case "alpha":
                estimator.Alpha = value.GetSingle();
                break;
            case "max_iter":
                estimator.MaxIter = value.GetInt32();
                break;
            case "early_stopping":
                estimator.EarlyStopping = value.GetBoolean();
                break;
            default:
                throw new ArgumentException($"The parameter {name} is not passed on: add it to tools/FastMlp.Parity.");
        }
    }

    private static Dataset Read(string folder, string part, JsonElement order)
    {
        int features = order.GetProperty("features").GetInt32();
        int classes = order.GetProperty("classes").GetInt32();
        float[] x = Numbers<float>(Path.Combine(folder, $"{part}-x"));
        return classes > 0
            ? new Dataset(x, features, Numbers<int>(Path.Combine(folder, $"{part}-y")), classes)
            : new Dataset(x, features, Numbers<float>(Path.Combine(folder, $"{part}-y")), 1);
    }

    private static T[] Numbers<T>(string path)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(path)).ToArray();
}
