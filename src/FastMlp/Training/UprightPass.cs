using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Blocks of rows as they lie, each a small batch for <see cref="Backpropagation"/>.</summary>
internal sealed unsafe class UprightPass(LayerStack stack, LossFunction loss) : BlockPass
{
    private readonly Backpropagation pass = new(stack, loss, threads: 1);

    /// <summary>Rows in a block.</summary>
    public static nint BlockRows(LayerStack stack)
    {
        nint bytes = 0;
        foreach (Layer layer in stack.Layers)
        {
            // Activation and delta, and what is kept for the derivative.
            bytes += ((2 * layer.Stride) + layer.KeptLength(1)) * sizeof(float);
        }

        return Routes.UprightBlockRows(bytes);
    }

    public override double SumGradients(float* parameters, float* gradients, MatrixView x, Targets targets, MatrixView outputs)
    {
        nint block = BlockRows(stack);
        double loss = 0;
        Weight = 0;
        FirstLayerNotFinite = -1;
        for (nint row = 0; row < x.Rows; row += block)
        {
            nint count = Math.Min(block, x.Rows - row);
            MatrixView rows = x.Slice(row, count);
            double mean = pass.Forward(parameters, rows, targets.Slice(row, pass.Function.TargetSize));
            if (!double.IsFinite(mean) && FirstLayerNotFinite < 0)
            {
                FirstLayerNotFinite = pass.FirstLayerNotFinite(count);
            }

            pass.Backward(parameters, rows);
            MatrixView y = pass.Outputs(count);
            Rows.Copy(y.Pointer, y.Stride, outputs.Pointer + (row * outputs.Stride), outputs.Stride, count, outputs.Columns);
            double counts = pass.Function.Weight;
            loss += mean * counts;
            Weight += counts;

            // A gradient of a block is a mean and counts for the block's weight.
            float* one = pass.Gradients.Pointer;
            Vectors.Combine((float)counts, one, row == 0 ? 0 : 1, row == 0 ? one : gradients, gradients, stack.ParameterLength);
        }

        return loss;
    }

    public override void Dispose() => pass.Dispose();
}
