using CommunityToolkit.HighPerformance;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp;

/// <summary>
/// A frozen network: immutable, packed as the kernels read it, for any number of threads at once. Made by <see cref="Network.Freeze"/>.
/// </summary>
public sealed class Predictor : IDisposable
{
    private readonly LayerStack stack;
    private readonly ForwardPass pass;
    private readonly Loss loss;

    internal Predictor(LayerStack source, AlignedBuffer sourceParameters, WeightFormat weights, Loss loss)
    {
        this.loss = loss;
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

    /// <summary>Scores the frozen network on all cores: what rounding its weights changed, beside <see cref="Network.Evaluate"/>.</summary>
    /// <param name="data">Rows with their targets.</param>
    /// <param name="loss">By default that of <see cref="Network.Evaluate"/>.</param>
    public Evaluation Evaluate(Dataset data, Loss? loss = null) => pass.Evaluate(data, loss ?? this.loss);

    /// <summary>
    /// Lets go of the parameters. Calls that are under way on other threads end with their answers, later ones with an
    /// <see cref="ObjectDisposedException"/>; the memory goes back with the next collection after the last of them.
    /// </summary>
    public void Dispose() => pass.Dispose();
}
