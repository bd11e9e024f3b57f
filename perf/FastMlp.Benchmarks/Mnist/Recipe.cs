using System.Globalization;

namespace FastMlp.Benchmarks.Mnist;

/// <summary>How the network is trained: Adam, the rate rising over the first tenth and falling in a line to nothing.</summary>
internal sealed record Recipe(int[] Hidden, int Batch, int Epochs, float Rate, int Threads)
{
    /// <summary>What the published times were made with, and the defaults of the command.</summary>
    public static Recipe Published => new([256], Batch: 128, Epochs: 8, Rate: 3e-3f, Environment.ProcessorCount);

    private const double RisingShare = 0.1;

    public Network Build(Dataset train, int seed)
    {
        NetworkBuilder builder = Network.Input(train.InputSize);
        foreach (int units in Hidden)
        {
            builder.Dense(units, Activation.Relu);
        }

        return builder.Dense(train.TargetSize, Activation.Softmax).Build(seed);
    }

    /// <param name="progress">From 0 to 1.</param>
    public float RateAt(double progress) =>
        (float)(Rate * Math.Min((progress + 0.001) / RisingShare, (1 - progress) / (1 - RisingShare)));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"784-{string.Join('-', Hidden)}-10, ReLU, softmax, Adam, {Batch} rows a step, {Epochs} epochs, rate {Rate} (rising for a tenth, then falling in a line), {Threads} threads; time is that of training alone");
}
