using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using FastMlp.Cli.Reporting;

namespace FastMlp.Cli;

/// <summary><c>fastmlp info</c>: what the engine found on this machine.</summary>
internal sealed class InfoCommand : CliCommand
{
    /// <summary>The version of this build, without the commit that the build may append.</summary>
    public static string Version { get; } = (typeof(InfoCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    public InfoCommand(CommandContext context)
        : base(context, "info", "Show the version, the instruction set in use, the vector width and the cores.")
    {
    }

    public override IReadOnlyList<string> Examples => ["fastmlp info --json"];

    protected override int Run(ParseResult parsed)
    {
        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("version", Version);
                json.WriteString("instructionSet", InstructionSet.Name);
                json.WriteNumber("vectorWidth", InstructionSet.VectorWidth);
                json.WriteNumber("cores", Environment.ProcessorCount);
                json.WriteString("dotnet", RuntimeInformation.FrameworkDescription);
                json.WriteString("os", RuntimeInformation.OSDescription);
                json.WriteString("architecture", Architecture);
            });
        }
        else
        {
            Facts facts = new();
            facts.Add("version", Version);
            facts.Add("instruction set", InstructionSet.Name);
            facts.Add("vector width", $"{InstructionSet.VectorWidth} floats ({InstructionSet.VectorWidth * 32} bits)");
            facts.Add("cores", Text.Count(Environment.ProcessorCount));
            facts.Add(".NET", RuntimeInformation.FrameworkDescription);
            facts.Add("system", $"{RuntimeInformation.OSDescription}, {Architecture}");
            facts.WriteTo(Console);
        }

        return ExitCode.Done;
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
