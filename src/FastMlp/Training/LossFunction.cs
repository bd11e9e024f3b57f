using System.Runtime.InteropServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>
/// The output layer's activation with the loss behind it: a, the loss of every row and delta = dL/dz. Matched pairs
/// (softmax with cross-entropy, sigmoid with binary cross-entropy, identity or step with a squared loss) use
/// delta = a - y in one pass from z; all others go through dL/da and the derivative. Linear outputs before a cross-entropy are logits: the
/// same passes, a being what a softmax or sigmoid would make of them.
/// </summary>
/// <remarks>
/// Smoothing and the class weights of a cross-entropy are changes of the targets, so plain losses know nothing of them. Row weights
/// scale the rows of delta afterwards. Labels are copied and checked here, where they become indices: the caller's array may change under the pass.
/// </remarks>
internal sealed unsafe class LossFunction
{
    /// <summary>Rows that all together weigh less count for nothing: 1 / 1e-30 times a gradient is still a float.</summary>
    private const double LeastWeight = 1e-30;

    /// <summary>Terms that are added in float32 before they go on in double.</summary>
    private const int TermsInSum = 32;

    private readonly Loss loss;
    private readonly DenseLayer output;
    private readonly int outputIndex;
    private readonly int n;

    // Read by kernels, so they lie still.
    private readonly float[] levels;
    private readonly float[] positive;
    private readonly float[] negative;

    /// <exception cref="InvalidOperationException">The loss does not fit the outputs.</exception>
    public LossFunction(Loss loss, LayerStack stack)
    {
        this.loss = loss;
        output = stack.Output;
        outputIndex = stack.Layers.Length - 1;
        n = stack.OutputSize;
        OutputsPerTarget = loss.Levels?.Count ?? 1;
        if (n % OutputsPerTarget != 0)
        {
            throw new InvalidOperationException($"{loss} needs {OutputsPerTarget} outputs for each target; {n} outputs are no multiple of that.");
        }

        int classes = n == 1 ? 2 : n;
        if (loss.ClassWeights is { } weights && weights.Count != classes)
        {
            throw new InvalidOperationException($"{loss} has {weights.Count} class weights; {n} output{(n == 1 ? " tells" : "s tell")} {classes} classes apart.");
        }

        if (loss.PositiveWeights is { } p && p.Count != 1 && p.Count != n)
        {
            throw new InvalidOperationException($"{loss} has {p.Count} positive weights for {n} outputs: give one for each, or one for all.");
        }

        levels = Pinned(loss.Levels is null ? 0 : n, j => loss.Levels![j % OutputsPerTarget]);
        bool weighsOutputs = loss.Kind == LossKind.BinaryCrossEntropy && (loss.PositiveWeights is not null || WeighsTerms);
        positive = Pinned(weighsOutputs ? n : 0, j => (loss.PositiveWeights is { } w ? w[w.Count == 1 ? 0 : j] : 1) * (WeighsTerms ? loss.ClassWeights![1] : 1));
        negative = Pinned(weighsOutputs ? n : 0, _ => WeighsTerms ? loss.ClassWeights![0] : 1);
    }

    /// <summary>Outputs that each target has: the levels of a quantile loss, else 1.</summary>
    public int OutputsPerTarget { get; }

    /// <summary>Values in a row of float targets.</summary>
    public int TargetSize => n / OutputsPerTarget;

    /// <summary>Whether float targets are labels too, 0 or 1 for each output.</summary>
    public bool ComparesLabels => loss.Kind == LossKind.BinaryCrossEntropy;

    /// <summary>Whether the loss is taken from z: finite and exact also where a rounds to 0 or 1.</summary>
    public bool TakesLogits =>
        (loss.Kind == LossKind.CrossEntropy && output.Spec.Activation.Kind is (ActivationKind.Softmax or ActivationKind.Identity))
        || (loss.Kind == LossKind.BinaryCrossEntropy && output.Spec.Activation.Kind is (ActivationKind.Sigmoid or ActivationKind.Identity));

    /// <summary>Whether the delta from <see cref="Evaluate(MatrixView, MatrixView, Targets, LossScratch)"/> is dL/da, and g' is yet to come.</summary>
    public bool LeavesDerivative => !TakesLogits && output.Spec.Activation.Kind is not (ActivationKind.Identity or ActivationKind.Step);

    /// <summary>What the last batch counted for: its rows, or the sum of their weights.</summary>
    public double Weight { get; set; }

    private bool IsSquared => loss.Kind is LossKind.Quadratic or LossKind.MeanSquaredError;

    /// <summary>Whether class weights multiply the terms of a cross-entropy; elsewhere they multiply the rows.</summary>
    private bool WeighsTerms => loss.ClassWeights is not null && (loss.Kind == LossKind.CrossEntropy || (loss.Kind == LossKind.BinaryCrossEntropy && n == 1));

    /// <summary>What the sum of the row losses is divided by, for each row that counts 1.</summary>
    private double Divisor => loss.Kind switch
    {
        LossKind.Quadratic => 2,
        LossKind.CrossEntropy or LossKind.BinaryCrossEntropy => 1,
        _ => n,
    };

    /// <summary>The loss that matches an output activation.</summary>
    public static Loss DefaultFor(Activation activation) => activation.Kind switch
    {
        ActivationKind.Softmax => Loss.CrossEntropy,
        ActivationKind.Sigmoid => Loss.BinaryCrossEntropy,
        _ => Loss.Quadratic,
    };

    /// <summary>Refuses float targets that the loss has no meaning for: probabilities outside of 0 to 1, negative shares of a class, negative counts.</summary>
    /// <exception cref="ArgumentException">There is one; the message has its row.</exception>
    public void CheckTargets(ReadOnlySpan<float> targets, string name)
    {
        (float highest, string meaning) = loss.Kind switch
        {
            LossKind.BinaryCrossEntropy => (1, "probabilities, from 0 to 1"),
            LossKind.CrossEntropy => (float.MaxValue, "shares of each class, at least 0"),
            LossKind.Poisson or LossKind.LogPoisson => (float.MaxValue, "counts, at least 0"),
            _ => (float.PositiveInfinity, ""),
        };
        for (int i = 0; i < targets.Length && highest <= float.MaxValue; i++)
        {
            if (!(targets[i] >= 0 && targets[i] <= highest))
            {
                throw new ArgumentException($"The target at row {i / TargetSize}, column {i % TargetSize} is {targets[i]}; the targets of {loss} are {meaning}.", name);
            }
        }
    }

    /// <summary>For training, which asks more than scoring.</summary>
    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss.</exception>
    public static LossFunction Create(Loss loss, LayerStack stack)
    {
        LossFunction function = new(loss, stack);
        for (int i = 0; i < stack.Dense.Length; i++)
        {
            if (stack.Dense[i].Spec.Activation.Kind != ActivationKind.Step)
            {
                continue;
            }

            if (stack.Trained.Length > 1)
            {
                throw new InvalidOperationException(
                    $"Layer {i} has the step activation, which has no derivative: backpropagation cannot train a network of {stack.Dense.Length} layers with it. Use Sigmoid, or a single step layer (the perceptron rule).");
            }

            if (!function.IsSquared)
            {
                throw new InvalidOperationException($"A step layer trains by the perceptron rule, with Loss.Quadratic; {loss} has no gradient there.");
            }
        }

        if (stack.Layers.Any(layer => layer is ActivationLayer { Spec.Activation.Kind: ActivationKind.Step }))
        {
            throw new InvalidOperationException("A step activation stands between layers; it has no derivative, so backpropagation cannot train the layers before it.");
        }

        if (loss.Kind == LossKind.CrossEntropy && stack.OutputSize == 1)
        {
            throw new InvalidOperationException("Cross-entropy compares classes and needs at least two outputs; for one output use Loss.BinaryCrossEntropy.");
        }

        return function;
    }

    /// <summary>The output layer's forward pass, then loss and delta; returns the mean loss of the batch.</summary>
    public double Run(in TrainingPass pass, MatrixView x, TrainingWorkspace workspace, Targets targets)
    {
        MatrixView a = workspace.Activation(outputIndex, x.Rows);
        MatrixView z = workspace.PreActivation(outputIndex, x.Rows);
        MatrixView delta = workspace.Delta(outputIndex, x.Rows);
        if (TakesLogits)
        {
            output.ForwardLinear(pass.Parameters, x, a, pass.Threads);
            return Evaluate(a, delta, targets, workspace.Loss);
        }

        output.ForwardKeeping(in pass, x, z, a);
        double mean = Evaluate(a, delta, targets, workspace.Loss);
        if (LeavesDerivative)
        {
            output.ApplyDerivative(pass.Parameters, pass.Gradients, z, a, delta);
        }

        return mean;
    }

    /// <summary>
    /// The mean loss of a batch from its outputs, or from z where <see cref="TakesLogits"/>; z then becomes a. delta &lt;- dL/da, or dL/dz.
    /// A batch whose weights are all 0 has the loss 0 and no gradient.
    /// </summary>
    public double Evaluate(MatrixView a, MatrixView delta, Targets targets, LossScratch scratch)
    {
        targets = Checked(targets, a.Rows, scratch.Labels);
        bool weighsRows = Weigh(targets, (int)a.Rows, scratch.RowWeights);
        return Evaluate(a, delta, targets, scratch, weighsRows, Weight, isOneSum: false);
    }

    /// <summary>The same summed over the rows, each times its weight, where <see cref="Evaluate(MatrixView, MatrixView, Targets, LossScratch)"/> takes the mean: for parts of a batch.</summary>
    public double EvaluateSum(MatrixView a, MatrixView delta, Targets targets, LossScratch scratch)
    {
        targets = Checked(targets, a.Rows, scratch.Labels);
        return Evaluate(a, delta, targets, scratch, Weigh(targets, (int)a.Rows, scratch.RowWeights), 1, isOneSum: true);
    }

    private double Evaluate(MatrixView a, MatrixView delta, Targets targets, LossScratch scratch, bool weighsRows, double count, bool isOneSum)
    {
        int m = (int)a.Rows;
        float scale = count > 0 ? (float)((IsSquared ? 2 : 1) / (Divisor * count)) : 0;
        if (loss.Kind == LossKind.CrossEntropy && TakesLogits)
        {
            if (targets.AreLabels && loss.LabelSmoothing == 0 && loss.ClassWeights is null)
            {
                Softmax.CrossEntropy(a.Pointer, targets.Labels, delta.Pointer, a.Pointer, scratch.RowLoss, m, n, a.Stride, scale);
            }
            else
            {
                Softmax.CrossEntropy(a.Pointer, Values(targets, m, scratch.Values), delta.Pointer, a.Pointer, scratch.RowLoss, m, n, a.Stride, n, scale);
            }
        }
        else
        {
            float* values = Values(targets, m, scratch.Values);
            if (isOneSum && !weighsRows && n < TermsInSum && a.Stride == n && delta.Stride == n && levels.Length + positive.Length == 0)
            {
                m = ElementwiseTogether(a, delta, values, scratch.RowLoss, scale);
            }
            else
            {
                Elementwise(a, delta, values, scratch.RowLoss, scale);
            }
        }

        double sum = 0;
        if (!weighsRows)
        {
            // In order and in double, so that the sum does not depend on threads.
            for (int i = 0; i < m; i++)
            {
                sum += scratch.RowLoss[i];
            }

            return count > 0 ? sum / (Divisor * count) : 0;
        }

        LossKernels.ScaleRows(delta.Pointer, scratch.RowWeights, m, n, delta.Stride);
        for (int i = 0; i < m; i++)
        {
            sum += (double)scratch.RowLoss[i] * scratch.RowWeights[i];
        }

        return count > 0 ? sum / (Divisor * count) : 0;
    }

    private static float[] Pinned(int count, Func<int, float> value)
    {
        float[] values = GC.AllocateArray<float>(count, pinned: true);
        for (int j = 0; j < count; j++)
        {
            values[j] = value(j);
        }

        return values;
    }

    /// <summary>
    /// The same where rows lie close together, count alike and their sum is all that is asked for: rows of four outputs took 29 cycles each,
    /// half a vector at a time, as rows of <see cref="TermsInSum"/> they take 3. Returns the sums made.
    /// </summary>
    private int ElementwiseTogether(MatrixView a, MatrixView delta, float* values, float* sums, float scale)
    {
        nint elements = a.Rows * n;
        nint whole = elements / TermsInSum;
        nint done = whole * TermsInSum;
        Elementwise(MatrixView.Dense(a.Pointer, whole, TermsInSum), MatrixView.Dense(delta.Pointer, whole, TermsInSum), values, sums, scale);
        if (done < elements)
        {
            nint rest = elements - done;
            Elementwise(MatrixView.Dense(a.Pointer + done, 1, rest), MatrixView.Dense(delta.Pointer + done, 1, rest), values + done, sums + whole, scale);
            whole++;
        }

        return (int)whole;
    }

    private void Elementwise(MatrixView a, MatrixView delta, float* values, float* rowLoss, float scale)
    {
        Evaluation evaluation = new(a, delta, values, rowLoss, scale);
        bool takesSigmoid = loss.Kind == LossKind.BinaryCrossEntropy && TakesLogits;
        fixed (float* tau = levels, p = positive, q = negative)
        {
            if (p != null && takesSigmoid)
            {
                evaluation.Make(new LossKernels.WeightedSigmoidCrossEntropyLoss(p, q));
            }
            else if (p != null)
            {
                evaluation.Make(new LossKernels.WeightedBinaryCrossEntropyLoss(p, q));
            }
            else if (takesSigmoid)
            {
                evaluation.Make(default(LossKernels.SigmoidCrossEntropyLoss));
            }
            else
            {
                LossKernels.Make(loss.Kind, loss.Delta, tau, evaluation);
            }
        }
    }

    private static void RefuseLabel(int label, int classes) =>
        throw new ArgumentException($"A label is {label} and classes run from 0 to {classes - 1}: the labels were changed after they had been checked.");

    /// <summary>The targets with labels that can change no more, each the index of a class.</summary>
    private Targets Checked(Targets targets, nint rows, int* copies)
    {
        if (!targets.AreLabels)
        {
            return targets;
        }

        // Copied before they are checked: what is checked is what is used.
        int classes = n == 1 ? 2 : n;
        Span<int> own = new(copies, (int)rows);
        new ReadOnlySpan<int>(targets.Labels, own.Length).CopyTo(own);
        int bad = own.IndexOfAnyExceptInRange(0, classes - 1);
        if (bad >= 0)
        {
            RefuseLabel(own[bad], classes);
        }

        return new Targets(null, copies, targets.Weights);
    }

    /// <summary>Sets <see cref="Weight"/>; true if rows count differently, with the factor of each row in <paramref name="factors"/>.</summary>
    private bool Weigh(Targets targets, int m, float* factors)
    {
        if (targets.Weights == null && loss.ClassWeights is null)
        {
            Weight = m;
            return false;
        }

        double sum = 0;
        bool differ = targets.Weights != null || !WeighsTerms;
        for (int i = 0; i < m; i++)
        {
            float row = targets.Weights == null ? 1 : targets.Weights[i];
            float ofClass = loss.ClassWeights is null ? 1 : ClassWeight(targets, i);
            sum += (double)row * ofClass;
            if (differ)
            {
                factors[i] = WeighsTerms ? row : row * ofClass;
            }
        }

        // The next batch may count more; of this one, quotients would overflow.
        Weight = sum < LeastWeight ? 0 : sum;
        return differ;
    }

    /// <summary>sum of w y over the classes of a row.</summary>
    private float ClassWeight(Targets targets, int row)
    {
        FloatSequence weights = loss.ClassWeights!;
        if (targets.AreLabels)
        {
            return weights[targets.Labels[row]];
        }

        if (!WeighsTerms)
        {
            throw new InvalidOperationException($"{loss}: float targets have no class whose weight could be taken. Give class labels, or weights of rows.");
        }

        float* y = targets.Values + ((nint)row * n);
        if (n == 1)
        {
            return (weights[1] * y[0]) + (weights[0] * (1 - y[0]));
        }

        float sum = 0;
        for (int j = 0; j < n; j++)
        {
            sum += weights[j] * y[j];
        }

        return sum;
    }

    /// <summary>Targets as the formulas take them, [rows, outputs]: one-hot rows for labels, smoothed, weighted, repeated for each level; those of the caller where nothing changes.</summary>
    private float* Values(Targets targets, int m, float* values)
    {
        float* y = targets.Values;
        if (targets.AreLabels)
        {
            OneHot(targets.Labels, m, values);
            y = values;
        }
        else if (OutputsPerTarget > 1)
        {
            for (nint i = 0; i < (nint)m * n; i++)
            {
                values[i] = y[i / OutputsPerTarget];
            }

            return values;
        }

        bool weighs = loss.Kind == LossKind.CrossEntropy && loss.ClassWeights is not null;
        if (loss.LabelSmoothing == 0 && !weighs)
        {
            return y;
        }

        float rest = loss.LabelSmoothing / (loss.Kind == LossKind.CrossEntropy ? n : 2);
        for (nint i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float smooth = (y[(i * n) + j] * (1 - loss.LabelSmoothing)) + rest;
                values[(i * n) + j] = weighs ? smooth * loss.ClassWeights![j] : smooth;
            }
        }

        return values;
    }

    /// <summary>One-hot rows, or 0 and 1 for a single output.</summary>
    private void OneHot(int* labels, int m, float* values)
    {
        NativeMemory.Clear(values, (nuint)m * (nuint)n * sizeof(float));
        for (nint i = 0; i < m; i++)
        {
            if (n == 1)
            {
                values[i] = labels[i];
            }
            else
            {
                values[(i * n) + labels[i]] = 1;
            }
        }
    }

    /// <summary>The loss and delta of rows, by a formula as a type.</summary>
    private readonly struct Evaluation(MatrixView a, MatrixView delta, float* values, float* rowLoss, float scale) : LossKernels.IMaker
    {
        public void Make<TLoss>(TLoss element)
            where TLoss : struct, LossKernels.IElementLoss =>
            LossKernels.Evaluate(element, a.Pointer, values, delta.Pointer, a.Pointer, rowLoss, (int)a.Rows, (int)a.Columns, a.Stride, a.Columns, scale);
    }
}
