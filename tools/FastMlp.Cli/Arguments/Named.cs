namespace FastMlp.Cli.Arguments;

/// <summary>A value with the spelling that the user chose.</summary>
internal sealed record Named<T>(string Name, T Value);
