namespace FastMlp.Cli.Arguments;

/// <summary>What <c>--norm</c> names.</summary>
internal enum Normalization
{
    None,
    Batch,
    Layer,
}
