using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>
/// The output layer's activation with the loss behind it: a, the loss of every row and delta = dL/dz. Matched pairs
/// (softmax with cross-entropy, sigmoid with binary cross-entropy, identity or step with a squared loss) use
/// delta = a - y in one pass from z; all others go through dL/da and the derivative.
/// </summary>
internal sealed unsafe class LossFunction
{
    private readonly Loss loss;
    private readonly DenseLayer output;
    private readonly int outputIndex;

    private LossFunction(Loss loss, LayerStack stack)
    {
        this.loss = loss;
        output = stack.Output;
        outputIndex = stack.Layers.Length - 1;
    }

    /// <summary>The loss that matches an output activation.</summary>
    public static Loss DefaultFor(Activation activation) => activation.Kind switch
    {
        ActivationKind.Softmax => Loss.CrossEntropy,
        ActivationKind.Sigmoid => Loss.BinaryCrossEntropy,
        _ => Loss.Quadratic,
    };

    /// <summary>Whether the loss behind this output activation is taken from z: finite and exact also where a rounds to 0 or 1.</summary>
    public static bool TakesLogits(Loss loss, Activation activation) =>
        (loss.Kind == LossKind.CrossEntropy && activation.Kind == ActivationKind.Softmax)
        || (loss.Kind == LossKind.BinaryCrossEntropy && activation.Kind == ActivationKind.Sigmoid);

    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss.</exception>
    public static LossFunction Create(Loss loss, LayerStack stack)
    {
        for (int i = 0; i < stack.Layers.Length; i++)
        {
            if (stack.Layers[i].Spec.Activation.Kind != ActivationKind.Step)
            {
                continue;
            }

            if (stack.Layers.Length > 1)
            {
                throw new InvalidOperationException(
                    $"Layer {i} has the step activation, which has no derivative: backpropagation cannot train a network of {stack.Layers.Length} layers with it. Use Sigmoid, or a single step layer (the perceptron rule).");
            }

            if (!IsSquared(loss))
            {
                throw new InvalidOperationException($"A step layer trains by the perceptron rule, with Loss.Quadratic; {loss} has no gradient there.");
            }
        }

        if (loss.Kind == LossKind.CrossEntropy && stack.OutputSize == 1)
        {
            throw new InvalidOperationException("Cross-entropy compares classes and needs at least two outputs; for one output use Loss.BinaryCrossEntropy.");
        }

        return new LossFunction(loss, stack);
    }

    /// <summary>The output layer's forward pass, then loss and delta; returns the mean loss of the batch.</summary>
    public double Run(float* parameters, float* gradients, MatrixView x, TrainingWorkspace workspace, Targets targets, int threads)
    {
        MatrixView a = workspace.Activation(outputIndex, x.Rows);
        MatrixView z = workspace.PreActivation(outputIndex, x.Rows);
        MatrixView delta = workspace.Delta(outputIndex, x.Rows);
        ActivationKind kind = output.Spec.Activation.Kind;
        if (TakesLogits(loss, output.Spec.Activation))
        {
            output.ForwardLinear(parameters, x, a, threads);
            FromLogits(a, delta, targets, workspace);
        }
        else
        {
            output.ForwardKeeping(parameters, x, z, a, threads);
            FromOutputs(a, delta, Values(targets, workspace, x.Rows), workspace.RowLoss);
            if (kind is not (ActivationKind.Identity or ActivationKind.Step))
            {
                output.ApplyDerivative(parameters, gradients, z, a, delta);
            }
        }

        return Mean(workspace.RowLoss, x.Rows);
    }

    private static bool IsSquared(Loss loss) => loss.Kind is LossKind.Quadratic or LossKind.MeanSquaredError;

    private void FromLogits(MatrixView a, MatrixView delta, Targets targets, TrainingWorkspace workspace)
    {
        int m = (int)a.Rows;
        int n = output.OutputSize;
        float scale = Scale(m);
        if (loss.Kind == LossKind.BinaryCrossEntropy)
        {
            LossKernels.SigmoidCrossEntropy(a.Pointer, Values(targets, workspace, m), delta.Pointer, a.Pointer, workspace.RowLoss, m, n, a.Stride, n, scale);
        }
        else if (targets.AreLabels)
        {
            Softmax.CrossEntropy(a.Pointer, targets.Labels, delta.Pointer, a.Pointer, workspace.RowLoss, m, n, a.Stride, scale);
        }
        else
        {
            Softmax.CrossEntropy(a.Pointer, targets.Values, delta.Pointer, a.Pointer, workspace.RowLoss, m, n, a.Stride, n, scale);
        }
    }

    private void FromOutputs(MatrixView a, MatrixView delta, float* values, float* rowLoss)
    {
        int m = (int)a.Rows;
        int n = output.OutputSize;
        switch (loss.Kind)
        {
            case LossKind.CrossEntropy:
                LossKernels.CrossEntropyGradient(a.Pointer, values, delta.Pointer, rowLoss, m, n, a.Stride, n, Scale(m));
                break;
            case LossKind.BinaryCrossEntropy:
                LossKernels.BinaryCrossEntropyGradient(a.Pointer, values, delta.Pointer, rowLoss, m, n, a.Stride, n, Scale(m));
                break;
            default:
                LossKernels.Quadratic(a.Pointer, values, delta.Pointer, rowLoss, m, n, a.Stride, n, Scale(m));
                break;
        }
    }

    /// <summary>The factor of a - y (or of the loss's own gradient) in delta.</summary>
    private float Scale(nint rows) => loss.Kind == LossKind.MeanSquaredError ? 2f / ((float)rows * output.OutputSize) : 1f / rows;

    /// <summary>The mean of the rows' losses, added in order and in double, so that it does not depend on threads.</summary>
    private double Mean(float* rowLoss, nint rows)
    {
        double sum = 0;
        for (nint i = 0; i < rows; i++)
        {
            sum += rowLoss[i];
        }

        double divisor = loss.Kind switch
        {
            LossKind.Quadratic => 2.0 * rows,
            LossKind.MeanSquaredError => (double)rows * output.OutputSize,
            _ => rows,
        };
        return sum / divisor;
    }

    /// <summary>Targets as values: labels become one-hot rows, or 0 and 1 for a single output.</summary>
    private float* Values(Targets targets, TrainingWorkspace workspace, nint rows)
    {
        if (!targets.AreLabels)
        {
            return targets.Values;
        }

        int n = output.OutputSize;
        float* values = workspace.OneHot;
        new Span<float>(values, checked((int)(rows * n))).Clear();
        for (nint i = 0; i < rows; i++)
        {
            if (n == 1)
            {
                values[i] = targets.Labels[i];
            }
            else
            {
                values[(i * n) + targets.Labels[i]] = 1;
            }
        }

        return values;
    }
}
