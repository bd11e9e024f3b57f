namespace FastMlp.Cli.Arguments;

/// <summary>The update rules that <c>--optimizer</c> names.</summary>
internal enum OptimizerKind
{
    Sgd,
    Momentum,
    Nesterov,
    Adam,
    AdamW,
    AmsGrad,
    AdaGrad,
    RmsProp,
    IRprop,
    Lbfgs,
}
