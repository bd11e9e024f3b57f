using System.Reflection;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>FastMlp through its public API.</summary>
/// <param name="threads">Threads of a training step; a prediction runs on its caller's.</param>
/// <param name="format">Of the weights of a prediction; bfloat16 is measured for one row only.</param>
internal sealed class FastMlpRival(int threads = 1, WeightFormat format = WeightFormat.Float32) : Rival
{
    public const string Own = "FastMlp";

    public override string Name => (threads, format) switch
    {
        (1, WeightFormat.Float32) => Own,
        (1, _) => $"{Own}, bfloat16 weights",
        _ => $"{Own}, {threads} threads",
    };

    public override string Version { get; } = typeof(Network).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override Func<int, double>? Predict(Net net, int rows)
    {
        if (threads > 1 || (format != WeightFormat.Float32 && rows > 1))
        {
            return null;
        }

        using Network network = net.Build();
        Predictor predictor = network.Freeze(format);
        float[] x = Net.Values(rows * net.Inputs), y = new float[rows * net.Outputs];
        return Repeat(() => predictor.Predict(x, y));
    }

    public override Func<int, double>? Step(Net net, int rows, bool adam)
    {
        if (format != WeightFormat.Float32)
        {
            return null;
        }

        Optimizer optimizer = adam ? new Adam(AdamRate) : new Sgd(SgdRate);
        Trainer trainer = new(net.Build(), new TrainerOptions { Optimizer = optimizer, Threads = threads });
        float[] x = Net.Values(rows * net.Inputs);
        int[] labels = net.Labels(rows);
        return Repeat(() => trainer.Step(x, labels));
    }
}
