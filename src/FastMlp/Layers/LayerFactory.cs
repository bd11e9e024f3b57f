using FastMlp.Kernels.Activations;

namespace FastMlp.Layers;

/// <summary>From a specification to a layer: the only switch over activations.</summary>
internal static class LayerFactory
{
    public static DenseLayer Create(int inputSize, DenseSpec spec, nint offset, WeightFormat format)
    {
        Activation g = spec.Activation;
        return g.Kind switch
        {
            ActivationKind.Identity => new DenseLayer<IdentityActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Step => new DenseLayer<StepActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Sigmoid => new DenseLayer<SigmoidActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Tanh => new DenseLayer<TanhActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Relu => new DenseLayer<ReluActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Softmax => new SoftmaxLayer(inputSize, spec, offset, format),
            ActivationKind.Selu => new DenseLayer<SeluActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Gelu => new DenseLayer<GeluActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Silu => new DenseLayer<SiluActivation>(default, inputSize, spec, offset, format),
            ActivationKind.Softplus => new DenseLayer<SoftplusActivation>(default, inputSize, spec, offset, format),
            ActivationKind.LeakyRelu => new DenseLayer<LeakyReluActivation>(new(g.First), inputSize, spec, offset, format),
            ActivationKind.Elu => new DenseLayer<EluActivation>(new(g.First), inputSize, spec, offset, format),
            ActivationKind.ScaledSigmoid when g.IsLearnable => new LearnableSigmoidLayer(inputSize, spec, offset, format),
            ActivationKind.ScaledSigmoid => new DenseLayer<ScaledSigmoidActivation>(new(g.First, g.Second), inputSize, spec, offset, format),
            ActivationKind.PRelu => new PReluLayer(inputSize, spec, offset, format),
            _ => throw new ArgumentOutOfRangeException(nameof(spec), g.Kind, "There is no such activation."),
        };
    }
}
