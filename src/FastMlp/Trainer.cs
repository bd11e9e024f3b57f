namespace FastMlp;

/// <summary>Trains a network step by step, for those who write their own loop.</summary>
public sealed class Trainer : IDisposable
{
    /// <summary>Creates the gradients, the optimizer state and the workspace for a network.</summary>
    public Trainer(Network network, TrainerOptions options) => throw new NotImplementedException();

    /// <summary>Updates done so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>The learning rate of the next update; starts at the optimizer's.</summary>
    public float LearningRate { get; set; }

    /// <summary>One forward, backward and update; returns the loss before the update.</summary>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => throw new NotImplementedException();

    /// <summary>The same from class indices.</summary>
    public float Step(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => throw new NotImplementedException();

    /// <summary>Forward and backward only; returns the loss.</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<float> targets) => throw new NotImplementedException();

    /// <summary>The same from class indices.</summary>
    public float ComputeGradients(ReadOnlySpan<float> x, ReadOnlySpan<int> labels) => throw new NotImplementedException();

    /// <summary>dW of a layer, [units, inputs].</summary>
    public void GetWeightGradient(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>db of a layer: [units], [1] where shared, [0] where there is none.</summary>
    public void GetBiasGradient(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>The gradient of the learnable constants of a layer's activation.</summary>
    public void GetActivationGradient(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>Updates the parameters from the gradients last computed.</summary>
    public void ApplyGradients() => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
