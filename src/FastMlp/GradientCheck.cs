using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Compares the gradient that training uses with central differences of the loss, (L(theta + h) - L(theta - h)) / 2h, on a network and rows of
/// the caller's own.
/// </summary>
/// <remarks>
/// <para>
/// A network of dense layers is differentiated by a forward pass of its own in double precision, written from the formulas, with
/// h = 6e-6 max(1, |theta|), the cube root of the unit roundoff, at which rounding and curvature cost about the same: the differences are right to some
/// 1e-9, so what is seen is the rounding of the float32 gradient, some 1e-6, or a defect. Tolerance 1e-3.
/// </para>
/// <para>
/// With other layers the loss is that of the engine itself, in float32, with h = 5e-3 max(1, |theta|): right to a few parts in a hundred, tolerance 5e-2.
/// Dropout then drops the same units at every point, and batch normalizations use the statistics of these rows.
/// </para>
/// <para>
/// The relative error of a parameter is |g - d| / max(|g|, |d|, a hundredth of the largest |d| of its tensor, a thousandth of the largest of all): the
/// last two keep rounding in the least gradients from counting as an error. In double precision, parameters whose two points have a kink between them (a rectified unit that
/// changes sides) have no difference and are skipped; in single, those whose difference changes with h.
/// </para>
/// </remarks>
public static class GradientCheck
{
    private const double DoubleStep = 6e-6;
    private const double DoubleTolerance = 1e-3;
    private const double SingleStep = 5e-3;
    private const double SingleTolerance = 5e-2;

    /// <summary>The share of a tensor's largest gradient below which a gradient counts as that share.</summary>
    private const double TensorFloor = 0.01;

    /// <summary>The same of the largest of all tensors: a sum of gradients that cancel is rounded like its terms.</summary>
    private const double NetworkFloor = 1e-3;

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
        _ = Loss(trainer, x, targets, labels);
        bool isDouble = DoublePass.Knows(copy.Stack);
        DoublePass? pass = isDouble ? new DoublePass(copy.Stack, loss, x, targets, labels) : null;

        // All gradients first: differences in single precision go through the same trainer.
        Checked[] tensors = [.. trainer.Gradients.Select(gradient => new Checked(copy.Tensors[gradient.Name], gradient.ToArray()))];
        Dictionary<string, double[]> values = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values);
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
                double? difference = pass is not null
                    ? DoubleDifference(pass, values, ref tensor.Values[index])
                    : SingleDifference(trainer, tensor, index, x, targets, labels);
                if (difference is { } d)
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

        double floor = NetworkFloor * found.Max(Largest);
        GradientCheckReport report = new(0, isDouble ? DoubleTolerance : SingleTolerance, "", 0, 0, 0, found.Sum(differences => differences.Count), skipped, isDouble);
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

    private static double? DoubleDifference(DoublePass pass, Dictionary<string, double[]> values, ref double value)
    {
        double at = value;
        double h = DoubleStep * Math.Max(1, Math.Abs(at));
        value = at + h;
        double width = value;
        double above = pass.Run(values);
        long sides = pass.Sides;
        value = at - h;
        width -= value;
        double below = pass.Run(values);
        value = at;
        return pass.Sides == sides ? (above - below) / width : null;
    }

    private static double? SingleDifference(Trainer trainer, Checked tensor, int index, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels)
    {
        float[] values = Array.ConvertAll(tensor.Values, value => (float)value);
        float at = values[index];
        float h = (float)(SingleStep * Math.Max(1, Math.Abs(at)));
        double whole = Quotient(h, x, targets, labels);
        double half = Quotient(h / 2, x, targets, labels);
        values[index] = at;
        tensor.Set(values);

        // Rounding alone makes them differ by some 1e-5.
        return Math.Abs(whole - half) <= (0.02 * Math.Max(Math.Abs(whole), Math.Abs(half))) + 1e-4 ? ((4 * half) - whole) / 3 : null;

        double Quotient(float step, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels)
        {
            float high = at + step;
            float low = at - step;
            values[index] = high;
            tensor.Set(values);
            double above = Loss(trainer, x, targets, labels);
            values[index] = low;
            tensor.Set(values);
            double below = Loss(trainer, x, targets, labels);
            return (above - below) / ((double)high - low);
        }
    }

    private static float Loss(Trainer trainer, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels) =>
        labels.IsEmpty ? trainer.ComputeGradients(x, targets) : trainer.ComputeGradients(x, labels);

    /// <summary>A tensor and its gradient by the trainer's last pass.</summary>
    private sealed class Checked(Tensor tensor, float[] gradient)
    {
        public string Name => tensor.Name;

        /// <summary>Where the check starts; differences in double precision move them.</summary>
        public double[] Values { get; } = Array.ConvertAll(tensor.ToArray(), value => (double)value);

        public float[] Gradient => gradient;

        public void Set(float[] values) => tensor.CopyFrom(values);
    }
}
