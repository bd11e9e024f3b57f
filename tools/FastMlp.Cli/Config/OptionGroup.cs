using System.CommandLine;

namespace FastMlp.Cli.Config;

/// <summary>Options under one heading in the help.</summary>
internal sealed record OptionGroup(string Title, params Option[] Options)
{
    /// <summary>Where descriptions begin, and where lines end.</summary>
    private const int Indent = 34;

    private const int Width = 118;

    public void WriteTo(TextWriter output)
    {
        output.WriteLine($"{Title}:");
        foreach (Option option in Options)
        {
            string name = $"  {option.Name}{(option.HelpName is null ? "" : $" <{option.HelpName}>")}";
            string[] words = (option.Description ?? "").Split(' ');
            if (name.Length >= Indent)
            {
                output.WriteLine(name);
                name = "";
            }

            string line = name.PadRight(Indent - 1);
            foreach (string word in words)
            {
                if (line.Length + 1 + word.Length > Width)
                {
                    output.WriteLine(line);
                    line = new string(' ', Indent - 1);
                }

                line += " " + word;
            }

            output.WriteLine(line);
        }

        output.WriteLine();
    }
}
