using System.Reflection;

namespace FastMlp.Benchmarks.Peers;

/// <summary>FastMlp through its public API.</summary>
internal sealed class FastMlpPeer : Peer
{
    public override string Name => "FastMlp";

    public override string Version { get; } = typeof(Network).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override Func<int, double> Forward(Workload work, int rows)
    {
        Predictor predictor = work.Build().Freeze();
        float[] x = Workload.Values(rows * work.Inputs);
        float[] y = new float[rows * work.Outputs];
        return Repeat(() => predictor.Predict(x, y));
    }

    public override Func<int, double> Step(Workload work, int rows, bool adam)
    {
        Optimizer optimizer = adam ? new Adam(1e-7f) : new Sgd(1e-5f);
        Trainer trainer = new(work.Build(), new TrainerOptions { Optimizer = optimizer, Threads = 1 });
        float[] x = Workload.Values(rows * work.Inputs);
        int[] labels = work.Labels(rows);
        return Repeat(() => trainer.Step(x, labels));
    }
}
