namespace FastMlp.Tests.Reference;

/// <summary>The activation formulas that the oracle knows; the names are those of FastMlp, nothing else is shared.</summary>
internal enum ReferenceFunction
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
