using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp;

/// <summary>Prediction over a block of parameters: checks shapes, pins, finds scratch memory, delegates.</summary>
internal sealed unsafe class ForwardPass : IDisposable
{
    /// <summary>Scratch up to this size (8 KB) lies on the stack, which costs nothing; the rest is rented.</summary>
    private const int StackFloats = 2048;

    /// <summary>For one row less than a page, whose first touch the runtime need not probe.</summary>
    private const int RowStackFloats = 960;

    private readonly LayerStack stack;
    private readonly AlignedBuffer parameters;
    private readonly WorkspacePool pool;

    public ForwardPass(LayerStack stack, AlignedBuffer parameters)
    {
        this.stack = stack;
        this.parameters = parameters;
        pool = new WorkspacePool(stack.MaxWorkspaceLength);
    }

    public void Run(ReadOnlySpan<float> x, Span<float> y)
    {
        int rows = Shapes.Rows(x.Length, stack.InputSize, "features", nameof(x));
        if (y.Length < (long)rows * stack.OutputSize)
        {
            throw new ArgumentException($"{rows} rows of {stack.OutputSize} outputs need {(long)rows * stack.OutputSize} values; there is room for {y.Length}.", nameof(y));
        }

        fixed (float* from = x, to = y)
        {
            if (rows == 1)
            {
                RunRow(from, to);
                return;
            }

            Run(MatrixView.Dense(from, rows, stack.InputSize), MatrixView.Dense(to, rows, stack.OutputSize));
        }
    }

    public void Run(ReadOnlySpan2D<float> x, Span2D<float> y)
    {
        if (x.Width != stack.InputSize || y.Width != stack.OutputSize || x.Height != y.Height)
        {
            throw new ArgumentException(
                $"x is [{x.Height}, {x.Width}] and y [{y.Height}, {y.Width}]; they must be [rows, {stack.InputSize}] and [rows, {stack.OutputSize}] with the same rows.");
        }

        if (x.Height == 0)
        {
            return;
        }

        // A matrix of one row may have any pitch; it is never used.
        fixed (float* from = &x.DangerousGetReference(), to = &y.DangerousGetReference())
        {
            Run(
                new MatrixView((nint)from, x.Height, x.Width, Pitch(x), IsPadded: false),
                new MatrixView((nint)to, y.Height, y.Width, Pitch(y), IsPadded: false));
        }
    }

    /// <summary>Loss and metrics on a data set, on all cores; by default the loss that matches the output activation.</summary>
    public Evaluation Evaluate(Dataset data, Loss? loss)
    {
        ArgumentNullException.ThrowIfNull(data);
        ObjectDisposedException.ThrowIf(parameters.IsClosed, typeof(Network));
        using Scorer scorer = new(stack, loss ?? LossFunction.DefaultFor(stack.Output.Spec.Activation), data, threads: 0, nameof(data));
        Evaluation evaluation = scorer.Run(parameters.Pointer, withConfusion: true);
        GC.KeepAlive(parameters);
        return evaluation;
    }

    public void Dispose() => pool.Dispose();

    private static nint Pitch(ReadOnlySpan2D<float> matrix) => matrix.Height < 2
        ? matrix.Width
        : (nint)Unsafe.ByteOffset(in matrix.DangerousGetReferenceAt(0, 0), in matrix.DangerousGetReferenceAt(1, 0)) / sizeof(float);

    [SkipLocalsInit]
    private void RunRow(float* x, float* y)
    {
        ObjectDisposedException.ThrowIf(parameters.IsClosed, typeof(Network));
        if (stack.WorkspaceLength(1) <= RowStackFloats)
        {
            float* scratch = stackalloc float[RowStackFloats];
            stack.ForwardRow(parameters.Pointer, x, y, scratch);
        }
        else
        {
            AlignedBuffer scratch = pool.Rent();
            stack.ForwardRow(parameters.Pointer, x, y, scratch.Pointer);
            pool.Return(scratch);
        }

        GC.KeepAlive(parameters);
    }

    [SkipLocalsInit]
    private void Run(MatrixView x, MatrixView y)
    {
        ObjectDisposedException.ThrowIf(parameters.IsClosed, typeof(Network));
        if (stack.WorkspaceLength(x.Rows) <= StackFloats)
        {
            float* scratch = stackalloc float[StackFloats];
            stack.Forward(parameters.Pointer, x, y, scratch);
        }
        else
        {
            AlignedBuffer scratch = pool.Rent();
            stack.Forward(parameters.Pointer, x, y, scratch.Pointer);
            pool.Return(scratch);
        }

        // Without this the collector may free the parameters under a call that is the last use of the network.
        GC.KeepAlive(parameters);
    }
}
