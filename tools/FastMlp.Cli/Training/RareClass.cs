namespace FastMlp.Cli.Training;

/// <summary>A class of few rows.</summary>
/// <param name="Name">The class.</param>
/// <param name="Share">Its share of the rows, which is also the average precision of chance.</param>
/// <param name="AveragePrecision">The area under its curve of precision by recall; null where too many outputs would have to be kept.</param>
internal sealed record RareClass(string Name, double Share, double? AveragePrecision);
