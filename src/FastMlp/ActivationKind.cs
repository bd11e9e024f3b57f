namespace FastMlp;

/// <summary>The names under which activations are stored in model files; never renamed or renumbered.</summary>
internal enum ActivationKind
{
    Identity,
    Step,
    Sigmoid,
    Tanh,
    Relu,
    Softmax,
    Selu,
    Gelu,
    Silu,
    Softplus,
    LeakyRelu,
    Elu,
    ScaledSigmoid,
    PRelu,
}
