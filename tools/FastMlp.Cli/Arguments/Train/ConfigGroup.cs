using System.CommandLine;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>Files of options. They cannot name each other, so these options are never in such a file.</summary>
internal sealed class ConfigGroup() : OptionGroup("Configuration")
{
    public Option<string?> Config { get; } = new("--config")
    {
        HelpName = "FILE.json",
        Description = "Take options from a file, by their names without dashes; an option on the command line overrides the file",
    };

    public Option<string?> Save { get; } = new("--save-config")
    {
        HelpName = "FILE.json",
        Description = "Write the options of this run to a file, defaults filled in, for --config",
    };

    public Option<bool> Schema { get; } = new("--config-schema") { Description = "Print the JSON schema of such files and do nothing else" };

    public override IReadOnlyList<Option> Options => [Config, Save, Schema];
}
