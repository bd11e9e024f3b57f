namespace FastMlp;

/// <summary>What the builder and the model file know of a dense layer.</summary>
internal sealed record DenseSpec(int Units, Activation Activation, Bias Bias, Initializer Initializer) : LayerSpec
{
    public override int OutputSize(int inputSize) => Units;

    public static Initializer DefaultInitializer(Activation activation) => activation.Kind switch
    {
        ActivationKind.Relu or ActivationKind.LeakyRelu or ActivationKind.PRelu or ActivationKind.Elu
            or ActivationKind.Gelu or ActivationKind.Silu or ActivationKind.Softplus => Initializer.HeNormal,
        ActivationKind.Selu => Initializer.LecunNormal,
        _ => Initializer.GlorotUniform,
    };
}
