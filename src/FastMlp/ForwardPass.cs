using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp;

/// <summary>Prediction over a block of parameters: checks shapes, pins, finds scratch memory, delegates.</summary>
/// <remarks>Any number of threads predict at once, and one may dispose meanwhile: each call keeps the block it began with to its end.</remarks>
internal sealed unsafe class ForwardPass : IDisposable
{
    /// <summary>Scratch up to this size (8 KB) lies on the stack, which costs nothing; the rest is rented.</summary>
    private const int StackFloats = 2048;

    /// <summary>For one row less than a page, whose first touch the runtime need not probe.</summary>
    private const int RowStackFloats = 960;

    private readonly LayerStack stack;
    private readonly WorkspacePool pool;
    private readonly string owner;
    private AlignedBuffer? parameters;

    /// <param name="stack">The layers.</param>
    /// <param name="parameters">Their parameters, which belong to this pass from now on.</param>
    /// <param name="owner">The public type that is named when it is used after it was disposed.</param>
    public ForwardPass(LayerStack stack, AlignedBuffer parameters, string owner)
    {
        this.stack = stack;
        this.parameters = parameters;
        this.owner = owner;
        pool = new WorkspacePool(stack.MaxWorkspaceLength);
    }

    /// <summary>The parameters. Whoever works on their pointer keeps this object alive to the end.</summary>
    /// <exception cref="ObjectDisposedException">They are gone.</exception>
    public AlignedBuffer Parameters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            AlignedBuffer? block = parameters;
            if (block is null)
            {
                RefuseDisposed();
            }

            return block;
        }
    }

    public bool IsDisposed => parameters is null;

    public void Run(ReadOnlySpan<float> x, Span<float> y)
    {
        int rows = Shapes.Rows(x.Length, stack.InputSize, "features", nameof(x));
        long outputs = (long)rows * stack.OutputSize;
        if (y.Length < outputs)
        {
            RefuseShort(rows, outputs, y.Length, nameof(y));
        }

        fixed (float* from = x, to = y)
        {
            if (Overlap.Of(from, x.Length, to, (nint)outputs))
            {
                RefuseOverlap(nameof(y));
            }

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
            MatrixView input = new((nint)from, x.Height, x.Width, Pitch(x), IsPadded: false);
            MatrixView output = new((nint)to, y.Height, y.Width, Pitch(y), IsPadded: false);
            if (Overlap.Of(input, output))
            {
                RefuseOverlap(nameof(y));
            }

            Run(input, output);
        }
    }

    /// <summary>Loss and metrics on a data set, on all cores.</summary>
    public Evaluation Evaluate(Dataset data, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(data);
        AlignedBuffer block = Parameters;
        using Scorer scorer = new(stack, loss, data, threads: 0, nameof(data));
        Evaluation evaluation = scorer.Run(block.Pointer, withConfusion: true);
        GC.KeepAlive(block);
        return evaluation;
    }

    /// <summary>Lets go of the parameters: calls under way end with their answers, later ones with an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        parameters = null;
        pool.Dispose();
    }

    /// <summary>The same, and frees the memory at once; only for a caller who knows that no call is under way and none will come.</summary>
    public void Free()
    {
        AlignedBuffer? block = parameters;
        Dispose();
        block?.Dispose();
    }

    private static nint Pitch(ReadOnlySpan2D<float> matrix) => matrix.Height < 2
        ? matrix.Width
        : (nint)Unsafe.ByteOffset(in matrix.DangerousGetReferenceAt(0, 0), in matrix.DangerousGetReferenceAt(1, 0)) / sizeof(float);

    // On their own, so that a call that is in order does not clear the locals of their messages first.
    [DoesNotReturn]
    private void RefuseDisposed() => throw new ObjectDisposedException(owner);

    [DoesNotReturn]
    private void RefuseShort(int rows, long outputs, int room, string name) =>
        throw new ArgumentException($"{rows} rows of {stack.OutputSize} outputs need {outputs} values; there is room for {room}.", name);

    [DoesNotReturn]
    private static void RefuseOverlap(string name) =>
        throw new ArgumentException("x and y share memory: the outputs would be written over inputs that are still to be read. Give y memory of its own.", name);

    [SkipLocalsInit]
    private void RunRow(float* x, float* y)
    {
        AlignedBuffer block = Parameters;
        if (stack.WorkspaceLength(1) <= RowStackFloats)
        {
            float* scratch = stackalloc float[RowStackFloats];
            stack.ForwardRow(block.Pointer, x, y, scratch);
        }
        else
        {
            AlignedBuffer scratch = pool.Rent();
            stack.ForwardRow(block.Pointer, x, y, scratch.Pointer);
            pool.Return(scratch);
        }

        GC.KeepAlive(block);
    }

    [SkipLocalsInit]
    private void Run(MatrixView x, MatrixView y)
    {
        AlignedBuffer block = Parameters;
        if (stack.WorkspaceLength(x.Rows) <= StackFloats)
        {
            float* scratch = stackalloc float[StackFloats];
            stack.Forward(block.Pointer, x, y, scratch);
        }
        else
        {
            AlignedBuffer scratch = pool.Rent();
            stack.Forward(block.Pointer, x, y, scratch.Pointer);
            pool.Return(scratch);
        }

        // Without this the collector may free the parameters under a call that is the last use of the network.
        GC.KeepAlive(block);
    }
}
