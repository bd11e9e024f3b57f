using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp;

/// <summary>Prediction over a block of parameters: checks shapes, pins, finds scratch memory, delegates.</summary>
internal sealed unsafe class ForwardPass : IDisposable
{
    /// <summary>Scratch up to this size (8 KB) lies on the stack, which costs nothing; the rest is rented.</summary>
    private const int StackFloats = 2048;

    private readonly LayerStack stack;
    private readonly AlignedBuffer parameters;
    private readonly WorkspacePool pool;

    public ForwardPass(LayerStack stack, AlignedBuffer parameters)
    {
        this.stack = stack;
        this.parameters = parameters;
        pool = new WorkspacePool(stack.WorkspaceLength(stack.RowBlock));
    }

    [System.Runtime.CompilerServices.SkipLocalsInit]
    public void Run(ReadOnlySpan<float> x, Span<float> y)
    {
        ObjectDisposedException.ThrowIf(parameters.IsClosed, this);
        int rows = Shapes.Rows(x.Length, stack.InputSize, "features", nameof(x));
        if (y.Length < (long)rows * stack.OutputSize)
        {
            throw new ArgumentException($"{rows} rows of {stack.OutputSize} outputs need {(long)rows * stack.OutputSize} values; there is room for {y.Length}.", nameof(y));
        }

        fixed (float* from = x, to = y)
        {
            if (stack.WorkspaceLength(rows) <= StackFloats)
            {
                float* scratch = stackalloc float[StackFloats];
                stack.Forward(parameters.Pointer, from, rows, to, scratch);
            }
            else
            {
                AlignedBuffer scratch = pool.Rent();
                stack.Forward(parameters.Pointer, from, rows, to, scratch.Pointer);
                pool.Return(scratch);
            }
        }

        GC.KeepAlive(this);
    }

    public void Dispose() => pool.Dispose();
}
