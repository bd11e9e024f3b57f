namespace FastMlp;

/// <summary>
/// Compares the gradient that training uses with central differences of the loss, (L(theta + h) - L(theta - h)) / 2h, on a network and rows of
/// the caller's own.
/// </summary>
/// <remarks>
/// <para>
/// The loss is that of the engine itself, in float32, with h = 5e-3 max(1, |theta|): differences are right to a few parts in a hundred, so the tolerance is
/// 5e-2. A sign, a factor or a term that is missing shows; a last digit does not. Dropout drops the same units at every point, and batch normalizations use
/// the statistics of these rows.
/// </para>
/// <para>
/// The relative error of a parameter is |g - d| / max(|g|, |d|, floor). The floor keeps what float32 cannot tell from counting as an error. It is a hundredth of
/// the largest |d| of the tensor, a thousandth of the largest of all, or 2^-21 |L| / h, what rounding of the loss puts into d, over the tolerance, whichever is largest.
/// Parameters beside a kink are skipped: their difference changes with h, or the slopes to the left and right do not meet as h shrinks.
/// </para>
/// </remarks>
public static class GradientCheck
{
    private const double Step = 5e-3;
    private const double Tolerance = 5e-2;

    /// <summary>The share of a tensor's largest gradient below which a gradient counts as that share.</summary>
    private const double TensorFloor = 0.01;

    /// <summary>The same of the largest of all tensors: a sum of gradients that cancel is rounded like its terms.</summary>
    private const double NetworkFloor = 1e-3;

    /// <summary>What the roundings of a forward pass and of the loss may add up to, relative to the loss.</summary>
    private const double Rounding = 1.0 / (1 << 21);

    /// <summary>Checks the gradient of float targets.</summary>
    /// <param name="network">Any network that can be trained; it is not changed.</param>
    /// <param name="loss">What is differentiated.</param>
    /// <param name="x">[rows, inputSize]; a few rows are enough.</param>
    /// <param name="targets">[rows, outputSize].</param>
    /// <param name="perTensor">How many parameters of each tensor are compared, evenly spread over it; each costs two forward passes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a value is NaN or infinite.</exception>
    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss.</exception>
    public static GradientCheckReport Run(Network network, Loss loss, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, int perTensor = 200) =>
        Run(network, loss, x, targets, [], perTensor);

    /// <summary>Checks the gradient of class labels [rows].</summary>
    /// <param name="network">Any network that can be trained; it is not changed.</param>
    /// <param name="loss">What is differentiated.</param>
    /// <param name="x">[rows, inputSize]; a few rows are enough.</param>
    /// <param name="labels">[rows].</param>
    /// <param name="perTensor">How many parameters of each tensor are compared, evenly spread over it; each costs two forward passes.</param>
    public static GradientCheckReport Run(Network network, Loss loss, ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int perTensor = 200) =>
        Run(network, loss, x, [], labels, perTensor);

    /// <summary>The check, of gradients that <c>fault</c> may spoil, given each tensor's name and gradient: a check must be seen to fail.</summary>
    internal static GradientCheckReport Run(
        Network network, Loss loss, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels, int perTensor, Action<string, float[]>? fault = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(perTensor, 1);
        using Network copy = network.Clone();
        using Trainer trainer = new(copy, new TrainerOptions { Loss = loss, Optimizer = new Sgd(1e-3f), Threads = 1 });
        double centre = Loss(trainer, x, targets, labels);
        double rounding = Rounding * Math.Abs(centre) / Step;

        // All gradients first: differences go through the same trainer.
        Checked[] tensors = [.. trainer.Gradients.Select(gradient => new Checked(copy.Tensors[gradient.Name], gradient.ToArray()))];
        foreach (Checked tensor in tensors)
        {
            fault?.Invoke(tensor.Name, tensor.Gradient);
        }

        int skipped = 0;
        List<List<(int Index, double Difference)>> found = [];
        foreach (Checked tensor in tensors)
        {
            int count = Math.Min(perTensor, tensor.Values.Length);
            List<(int Index, double Difference)> differences = [];
            for (int k = 0; k < count; k++)
            {
                int index = (int)((long)k * tensor.Values.Length / count);
                if (Difference(trainer, tensor, index, centre, rounding, x, targets, labels) is { } d)
                {
                    differences.Add((index, d));
                }
                else
                {
                    skipped++;
                }
            }

            found.Add(differences);
        }

        double floor = Math.Max(NetworkFloor * found.Max(Largest), rounding / Tolerance);
        GradientCheckReport report = new(0, Tolerance, "", 0, 0, 0, found.Sum(differences => differences.Count), skipped);
        for (int t = 0; t < tensors.Length; t++)
        {
            report = Worst(report, tensors[t].Name, tensors[t].Gradient, found[t], Math.Max(floor, TensorFloor * Largest(found[t])));
        }

        return report;
    }

    private static double Largest(List<(int Index, double Difference)> differences) => differences.Select(d => Math.Abs(d.Difference)).DefaultIfEmpty().Max();

    /// <summary>The report with the worst of these parameters too, if it is worse. Where all gradients are 0, what float32 rounds away from 0 is no error.</summary>
    internal static GradientCheckReport Worst(GradientCheckReport report, string tensor, float[] gradient, List<(int Index, double Difference)> differences, double floor)
    {
        foreach ((int index, double difference) in differences)
        {
            double computed = gradient[index];
            double error = Math.Abs(computed - difference) / Math.Max(Math.Max(floor, 1e-7), Math.Max(Math.Abs(computed), Math.Abs(difference)));
            if (report.Tensor.Length == 0 || !(error <= report.LargestError || double.IsNaN(report.LargestError)))
            {
                report = report with { LargestError = error, Tensor = tensor, Index = index, Computed = computed, Expected = difference };
            }
        }

        return report;
    }

    /// <summary>dL/dtheta extrapolated from two central differences; null beside a kink.</summary>
    private static double? Difference(
        Trainer trainer, Checked tensor, int index, double centre, double rounding, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels)
    {
        float[] values = [.. tensor.Values];
        float at = values[index];
        float h = (float)(Step * Math.Max(1, Math.Abs(at)));
        (double whole, double wholeBend) = Quotient(h, x, targets, labels);
        (double half, double halfBend) = Quotient(h / 2, x, targets, labels);
        values[index] = at;
        tensor.Set(values);

        // A smooth loss bends half as much over half the way; at a kink the slopes differ by the same however near.
        double least = (0.02 * Math.Max(Math.Abs(whole), Math.Abs(half))) + (4 * rounding);
        bool bends = Math.Abs(halfBend) > least && Math.Abs(halfBend) > 0.75 * Math.Abs(wholeBend);
        return Math.Abs(whole - half) <= least && !bends ? ((4 * half) - whole) / 3 : null;

        (double Slope, double Bend) Quotient(float step, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels)
        {
            float high = at + step;
            float low = at - step;
            values[index] = high;
            tensor.Set(values);
            double above = Loss(trainer, x, targets, labels);
            values[index] = low;
            tensor.Set(values);
            double below = Loss(trainer, x, targets, labels);
            return ((above - below) / ((double)high - low), ((above - centre) / ((double)high - at)) - ((centre - below) / ((double)at - low)));
        }
    }

    private static float Loss(Trainer trainer, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels) =>
        labels.IsEmpty ? trainer.ComputeGradients(x, targets) : trainer.ComputeGradients(x, labels);

    /// <summary>A tensor and its gradient by the trainer's last pass.</summary>
    private sealed class Checked(Tensor tensor, float[] gradient)
    {
        public string Name => tensor.Name;

        public float[] Values { get; } = tensor.ToArray();

        public float[] Gradient => gradient;

        public void Set(float[] values) => tensor.CopyFrom(values);
    }
}
