using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training.Optimizers;

/// <summary>What an update rule keeps between steps: its state vectors, laid out like the parameters, and its step count.</summary>
internal abstract unsafe class OptimizerState : IDisposable
{
    private readonly LayerStack stack;

    protected OptimizerState(LayerStack stack, int states)
    {
        this.stack = stack;
        First = new AlignedBuffer(states > 0 ? stack.ParameterLength : 0);
        Second = new AlignedBuffer(states > 1 ? stack.ParameterLength : 0);
    }

    /// <summary>Updates done so far.</summary>
    public long StepCount { get; protected set; }

    protected AlignedBuffer First { get; }

    protected AlignedBuffer Second { get; }

    public static OptimizerState Create(Optimizer optimizer, LayerStack stack) => optimizer switch
    {
        Sgd { Momentum: 0 } sgd => new SgdState(sgd, stack),
        Sgd { Nesterov: true } sgd => new NesterovState(sgd, stack),
        Sgd sgd => new MomentumState(sgd, stack),
        Adam adam => new AdamState(adam, stack),
        _ => throw new ArgumentException($"There is no update rule for {optimizer.GetType().Name}.", nameof(optimizer)),
    };

    /// <summary>
    /// One step over all parameters; -1, or the first layer with a new value that is not finite (such parameters keep their old value).
    /// </summary>
    public int Step(float* parameters, float* gradients, float learningRate, int threads)
    {
        StepCount++;
        return Step(parameters, gradients, learningRate, StepCount, threads);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }

    protected abstract int Step(float* parameters, float* gradients, float learningRate, long step, int threads);

    /// <summary>The rule over all parameters, layer by layer: weights with decay, biases and activation constants without.</summary>
    protected int Apply<TRule>(TRule rule, float weightDecay, float* parameters, float* gradients, int threads)
        where TRule : unmanaged, IUpdateRule
    {
        int failed = -1;
        for (int i = stack.Layers.Length - 1; i >= 0; i--)
        {
            DenseLayer layer = stack.Layers[i];
            bool finite = weightDecay == 0
                ? Range(rule, 0, parameters, gradients, layer.WeightOffset, layer.End, threads)
                : Range(rule, weightDecay, parameters, gradients, layer.WeightOffset, layer.BiasOffset, threads)
                    & Range(rule, 0, parameters, gradients, layer.BiasOffset, layer.End, threads);
            failed = finite ? failed : i;
        }

        return failed;
    }

    /// <summary>The rule over biases and activation constants alone.</summary>
    protected int ApplyBeside<TRule>(TRule rule, float* parameters, float* gradients)
        where TRule : unmanaged, IUpdateRule
    {
        int failed = -1;
        for (int i = stack.Layers.Length - 1; i >= 0; i--)
        {
            DenseLayer layer = stack.Layers[i];
            failed = Range(rule, 0, parameters, gradients, layer.BiasOffset, layer.End, threads: 1) ? failed : i;
        }

        return failed;
    }

    private bool Range<TRule>(TRule rule, float decay, float* parameters, float* gradients, nint begin, nint end, int threads)
        where TRule : unmanaged, IUpdateRule =>
        Update.Run(rule, decay, parameters + begin, gradients + begin, First.Pointer + begin, Second.Pointer + begin, end - begin, threads);
}
