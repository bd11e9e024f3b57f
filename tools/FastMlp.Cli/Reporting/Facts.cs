namespace FastMlp.Cli.Reporting;

/// <summary>A list of named facts, printed as two columns of plain text.</summary>
internal sealed class Facts
{
    private const int LeastWidth = 20;

    private readonly List<(string Name, string Value)> lines = [];

    public IReadOnlyList<(string Name, string Value)> Lines => lines;

    public void Add(string name, string value) => lines.Add((name, value));

    /// <summary>Values that are wider than the screen go on under their beginning; off a terminal a fact is always one line.</summary>
    public void WriteTo(CommandConsole console)
    {
        int indent = lines.Max(line => line.Name.Length) + 2;
        int width = console.OutputIsTerminal ? Math.Max(console.Results.Profile.Width - indent, LeastWidth) : int.MaxValue;
        foreach ((string name, string value) in lines)
        {
            string margin = name.PadRight(indent);
            string rest = value;
            while (rest.Length > width)
            {
                int space = rest.LastIndexOf(' ', width);
                int cut = space > 0 ? space : width;
                console.Output.WriteLine(margin + rest[..cut]);
                rest = rest[cut..].TrimStart();
                margin = new string(' ', indent);
            }

            console.Output.WriteLine(margin + rest);
        }
    }
}
