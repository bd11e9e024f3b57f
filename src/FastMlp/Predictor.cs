using System.Buffers;
using System.Runtime;
using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// A frozen network: immutable, packed as the kernels read it, for any number of threads at once. Made by <see cref="Network.Freeze"/>.
/// </summary>
public sealed class Predictor : IDisposable
{
    /// <summary>Outputs that arg-max and top-k keep on the stack; more come from the array pool.</summary>
    private const int StackOutputs = 512;

    private readonly LayerStack stack;
    private readonly ForwardPass pass;
    private readonly Loss loss;
    private readonly float threshold;

    internal Predictor(LayerStack source, AlignedBuffer sourceParameters, WeightFormat weights, Loss loss)
    {
        this.loss = loss;
        threshold = loss.Kind == LossKind.BinaryCrossEntropy && source.Output.Spec.Activation.Kind == ActivationKind.Identity ? 0 : 0.5f;
        Weights = weights;
        stack = source.Frozen(weights);
        pass = new ForwardPass(stack, stack.Convert(source, sourceParameters), nameof(Predictor));
    }

    /// <summary>How the weights are kept.</summary>
    public WeightFormat Weights { get; }

    /// <summary>Features in a row.</summary>
    public int InputSize => stack.InputSize;

    /// <summary>Outputs in a row.</summary>
    public int OutputSize => stack.OutputSize;

    /// <summary>y [rows, outputSize] &lt;- the outputs for x [rows, inputSize]: any number of rows, on the caller's thread, without a lock, 0 bytes allocated.</summary>
    /// <remarks>
    /// Arithmetic only: a row with NaN or infinity in it, or weights that overflow, give NaN or infinity in the outputs of that row and no exception,
    /// so check outputs that go on to people. Other rows are not touched.
    /// </remarks>
    /// <exception cref="ArgumentException">x is not a whole number of rows, y has not room for as many, or x and y overlap.</exception>
    public void Predict(ReadOnlySpan<float> x, Span<float> y) => pass.Run(x, y);

    /// <summary>The same for matrices with gaps between their rows, such as a window into a larger array.</summary>
    /// <exception cref="ArgumentException">x is not [rows, inputSize] or y not [rows, outputSize].</exception>
    public void Predict(ReadOnlySpan2D<float> x, Span2D<float> y) => pass.Run(x, y);

    /// <summary>
    /// The class of each row: the largest output, the first of equals; with one output 1 where it is above 1/2 (above 0 where the network was trained on logits), else 0.
    /// -1 for a row whose outputs hold NaN. On the caller's thread, 0 bytes allocated.
    /// </summary>
    /// <param name="x">[rows, inputSize].</param>
    /// <param name="classes">Room for one class a row.</param>
    /// <exception cref="ArgumentException">x is not a whole number of rows, or there is not room for their classes.</exception>
    [SkipLocalsInit]
    public void PredictClasses(ReadOnlySpan<float> x, Span<int> classes)
    {
        int rows = Shapes.Rows(x.Length, InputSize, "features", nameof(x));
        if (classes.Length < rows)
        {
            throw new ArgumentException($"{rows} rows need room for {rows} classes; there is room for {classes.Length}.", nameof(classes));
        }

        // In parts, so that the outputs of any number of rows fit.
        int part = Math.Max(StackOutputs / OutputSize, 1);
        float[]? rented = OutputSize > StackOutputs ? ArrayPool<float>.Shared.Rent(OutputSize) : null;
        Span<float> outputs = rented ?? stackalloc float[StackOutputs];
        for (int row = 0; row < rows; row += part)
        {
            int count = Math.Min(part, rows - row);
            Predict(x.Slice(row * InputSize, count * InputSize), outputs[..(count * OutputSize)]);
            for (int i = 0; i < count; i++)
            {
                classes[row + i] = ClassOf(outputs.Slice(i * OutputSize, OutputSize));
            }
        }

        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>The k = <c>classes.Length</c> largest outputs of one row, the largest first, the first of equals before the others; NaN counts as less than any number. 0 bytes allocated.</summary>
    /// <param name="x">One row.</param>
    /// <param name="classes">Room for the indices of the outputs.</param>
    /// <param name="scores">Room for as many outputs.</param>
    /// <exception cref="ArgumentException">x is not one row, k is above the number of outputs, or there is less room for scores than for classes.</exception>
    [SkipLocalsInit]
    public void PredictTop(ReadOnlySpan<float> x, Span<int> classes, Span<float> scores)
    {
        if (x.Length != InputSize)
        {
            throw new ArgumentException($"A row has {InputSize} features, not {x.Length}; the largest outputs are those of one row.", nameof(x));
        }

        if (classes.Length > OutputSize || scores.Length < classes.Length)
        {
            throw new ArgumentException($"There are {OutputSize} outputs; {classes.Length} of them were asked for, with room for {scores.Length} scores.", nameof(classes));
        }

        float[]? rented = OutputSize > StackOutputs ? ArrayPool<float>.Shared.Rent(OutputSize) : null;
        Span<float> outputs = (rented ?? stackalloc float[StackOutputs])[..OutputSize];
        Predict(x, outputs);

        // Insertion: k is small, and most outputs are below the least that is kept.
        int kept = 0;
        for (int j = 0; j < outputs.Length && classes.Length > 0; j++)
        {
            float score = outputs[j];
            if (kept == classes.Length && !IsAbove(score, scores[kept - 1]))
            {
                continue;
            }

            int place = kept < classes.Length ? kept++ : kept - 1;
            for (; place > 0 && IsAbove(score, scores[place - 1]); place--)
            {
                (classes[place], scores[place]) = (classes[place - 1], scores[place - 1]);
            }

            (classes[place], scores[place]) = (j, score);
        }

        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Makes the first real call as fast as the thousandth: predicts single rows and batches until the runtime has compiled the code of their path for good, and has
    /// touched every weight. Takes about a second in a fresh process, and at most three; call it before a service says that it is ready.
    /// </summary>
    /// <param name="rows">The batch that will be usual, beside single rows.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is below 1.</exception>
    public void Warmup(int rows = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);

        // The runtime counts the calls of a method once nothing new was compiled for 100 ms, and compiles it anew after 30, twice where it first gathers a profile.
        const int Calls = 40, QuietRounds = 2, MostRounds = 24;
        float[] x = new float[rows * InputSize];
        float[] y = new float[rows * OutputSize];
        int[] classes = new int[rows];
        Span<float> row = x.AsSpan(0, InputSize);
        for (int round = 0, quiet = 0; round < MostRounds && quiet < QuietRounds; round++)
        {
            long compiled = JitInfo.GetCompiledMethodCount();

            // Rows of zeros and rows without may take different ways.
            Array.Fill(x, round % 2 == 0 ? 0.5f : 0);
            for (int call = 0; call < Calls; call++)
            {
                Predict(row, y);
                Predict(x, y);
                PredictClasses(row, classes);
            }

            Thread.Sleep(120);
            quiet = JitInfo.GetCompiledMethodCount() == compiled && round > 1 ? quiet + 1 : 0;
        }
    }

    /// <summary>Scores the frozen network on all cores: what rounding its weights changed, beside <see cref="Network.Evaluate"/>.</summary>
    /// <param name="data">Rows with their targets.</param>
    /// <param name="loss">By default that of <see cref="Network.Evaluate"/>.</param>
    public Evaluation Evaluate(Dataset data, Loss? loss = null) => pass.Evaluate(data, loss ?? this.loss);

    /// <summary>
    /// Lets go of the parameters. Calls that are under way on other threads end with their answers, later ones with an
    /// <see cref="ObjectDisposedException"/>; the memory goes back with the next collection after the last of them.
    /// </summary>
    public void Dispose() => pass.Dispose();

    /// <summary>Frees the memory at once; only for a caller who knows that no call is under way and none will come.</summary>
    internal void Free() => pass.Free();

    // NaN is below everything.
    private static bool IsAbove(float score, float other) => score > other || (float.IsNaN(other) && !float.IsNaN(score));

    private int ClassOf(ReadOnlySpan<float> outputs)
    {
        if (outputs.Length == 1)
        {
            return float.IsNaN(outputs[0]) ? -1 : outputs[0] > threshold ? 1 : 0;
        }

        int best = 0;
        bool isNumber = true;
        for (int j = 0; j < outputs.Length; j++)
        {
            isNumber &= !float.IsNaN(outputs[j]);
            best = outputs[j] > outputs[best] ? j : best;
        }

        return isNumber ? best : -1;
    }
}
