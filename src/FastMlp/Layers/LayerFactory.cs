using FastMlp.Kernels.Activations;

namespace FastMlp.Layers;

/// <summary>From a specification to a layer with its activation as a type.</summary>
internal static class LayerFactory
{
    public static DenseLayer Create(int inputSize, DenseSpec spec, nint offset, WeightStorage storage) => spec.Activation switch
    {
        { Kind: ActivationKind.Softmax } => new SoftmaxLayer(inputSize, spec, offset, storage),
        { Kind: ActivationKind.ScaledSigmoid, IsLearnable: true } => new LearnableSigmoidLayer(inputSize, spec, offset, storage),
        { Kind: ActivationKind.PRelu } => new PReluLayer(inputSize, spec, offset, storage),
        _ => spec.Activation.Make<DenseLayer, DenseMaker>(new DenseMaker(inputSize, spec, offset, storage)),
    };

    public static ActivationLayer Create(int inputSize, ActivationSpec spec, nint offset) =>
        spec.Activation.Make<ActivationLayer, ActivationMaker>(new ActivationMaker(inputSize, spec, offset));

    /// <summary>Whether an activation is elementwise with constants that stay: what can stand on its own.</summary>
    public static bool StandsAlone(Activation g) => g.Kind != ActivationKind.Softmax && !g.IsLearnable;

    private readonly struct DenseMaker(int inputSize, DenseSpec spec, nint offset, WeightStorage storage) : IActivationMaker<DenseLayer>
    {
        public DenseLayer Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation => new DenseLayer<TActivation>(g, inputSize, spec, offset, storage);
    }

    private readonly struct ActivationMaker(int size, ActivationSpec spec, nint offset) : IActivationMaker<ActivationLayer>
    {
        public ActivationLayer Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation => new ActivationLayer<TActivation>(g, size, spec, offset);
    }
}
