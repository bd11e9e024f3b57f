namespace FastMlp.Cli.Reporting;

/// <summary>What becomes of an answer that is not a number or infinite.</summary>
internal enum NonFinite
{
    /// <summary>It is an error that names the row.</summary>
    Error,

    /// <summary>It is left empty.</summary>
    Empty,
}
