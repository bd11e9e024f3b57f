namespace FastMlp.Cli.Arguments;

/// <summary>An activation with the spelling that the user chose.</summary>
internal sealed record NamedActivation(string Name, Activation Value);
