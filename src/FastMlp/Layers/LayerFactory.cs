using FastMlp.Kernels.Activations;

namespace FastMlp.Layers;

/// <summary>From a specification to a layer: the only switch over activations.</summary>
internal static class LayerFactory
{
    public static DenseLayer Create(int inputSize, DenseSpec spec, nint offset, WeightStorage storage) => spec.Activation switch
    {
        { Kind: ActivationKind.Softmax } => new SoftmaxLayer(inputSize, spec, offset, storage),
        { Kind: ActivationKind.ScaledSigmoid, IsLearnable: true } => new LearnableSigmoidLayer(inputSize, spec, offset, storage),
        { Kind: ActivationKind.PRelu } => new PReluLayer(inputSize, spec, offset, storage),
        _ => Choose<DenseLayer, DenseMaker>(spec.Activation, new DenseMaker(inputSize, spec, offset, storage)),
    };

    public static ActivationLayer Create(int inputSize, ActivationSpec spec, nint offset) =>
        Choose<ActivationLayer, ActivationMaker>(spec.Activation, new ActivationMaker(inputSize, spec, offset));

    /// <summary>Whether an activation is elementwise with constants that stay: what can stand on its own.</summary>
    public static bool StandsAlone(Activation g) => g.Kind != ActivationKind.Softmax && !g.IsLearnable;

    private static TLayer Choose<TLayer, TMaker>(Activation g, TMaker maker)
        where TMaker : struct, IMaker<TLayer> => g.Kind switch
        {
            ActivationKind.Identity => maker.Make(default(IdentityActivation)),
            ActivationKind.Step => maker.Make(default(StepActivation)),
            ActivationKind.Sigmoid => maker.Make(default(SigmoidActivation)),
            ActivationKind.Tanh => maker.Make(default(TanhActivation)),
            ActivationKind.Relu => maker.Make(default(ReluActivation)),
            ActivationKind.Selu => maker.Make(default(SeluActivation)),
            ActivationKind.Gelu => maker.Make(default(GeluActivation)),
            ActivationKind.Silu => maker.Make(default(SiluActivation)),
            ActivationKind.Softplus => maker.Make(default(SoftplusActivation)),
            ActivationKind.LeakyRelu => maker.Make(new LeakyReluActivation(g.First)),
            ActivationKind.Elu => maker.Make(new EluActivation(g.First)),
            ActivationKind.ScaledSigmoid => maker.Make(new ScaledSigmoidActivation(g.First, g.Second)),
            _ => throw new ArgumentOutOfRangeException(nameof(g), g.Kind, "There is no such activation."),
        };

    /// <summary>Makes a layer of an activation as a type.</summary>
    private interface IMaker<TLayer>
    {
        TLayer Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation;
    }

    private readonly struct DenseMaker(int inputSize, DenseSpec spec, nint offset, WeightStorage storage) : IMaker<DenseLayer>
    {
        public DenseLayer Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation => new DenseLayer<TActivation>(g, inputSize, spec, offset, storage);
    }

    private readonly struct ActivationMaker(int size, ActivationSpec spec, nint offset) : IMaker<ActivationLayer>
    {
        public ActivationLayer Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation => new ActivationLayer<TActivation>(g, size, spec, offset);
    }
}
