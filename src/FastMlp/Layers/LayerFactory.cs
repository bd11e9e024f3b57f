using FastMlp.Kernels.Activations;

namespace FastMlp.Layers;

/// <summary>From a specification to a layer: the only switch over activations.</summary>
internal static class LayerFactory
{
    public static DenseLayer Create(int inputSize, DenseSpec spec, nint offset)
    {
        Activation g = spec.Activation;
        return g.Kind switch
        {
            ActivationKind.Identity => new DenseLayer<IdentityActivation>(default, inputSize, spec, offset),
            ActivationKind.Step => new DenseLayer<StepActivation>(default, inputSize, spec, offset),
            ActivationKind.Sigmoid => new DenseLayer<SigmoidActivation>(default, inputSize, spec, offset),
            ActivationKind.Tanh => new DenseLayer<TanhActivation>(default, inputSize, spec, offset),
            ActivationKind.Relu => new DenseLayer<ReluActivation>(default, inputSize, spec, offset),
            ActivationKind.Softmax => new SoftmaxLayer(inputSize, spec, offset),
            ActivationKind.Selu => new DenseLayer<SeluActivation>(default, inputSize, spec, offset),
            ActivationKind.Gelu => new DenseLayer<GeluActivation>(default, inputSize, spec, offset),
            ActivationKind.Silu => new DenseLayer<SiluActivation>(default, inputSize, spec, offset),
            ActivationKind.Softplus => new DenseLayer<SoftplusActivation>(default, inputSize, spec, offset),
            ActivationKind.LeakyRelu => new DenseLayer<LeakyReluActivation>(new(g.First), inputSize, spec, offset),
            ActivationKind.Elu => new DenseLayer<EluActivation>(new(g.First), inputSize, spec, offset),
            ActivationKind.ScaledSigmoid when g.IsLearnable => new LearnableSigmoidLayer(inputSize, spec, offset),
            ActivationKind.ScaledSigmoid => new DenseLayer<ScaledSigmoidActivation>(new(g.First, g.Second), inputSize, spec, offset),
            ActivationKind.PRelu => new PReluLayer(inputSize, spec, offset),
            _ => throw new ArgumentOutOfRangeException(nameof(spec), g.Kind, "There is no such activation."),
        };
    }
}
