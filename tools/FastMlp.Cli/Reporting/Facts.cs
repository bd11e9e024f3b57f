namespace FastMlp.Cli.Reporting;

/// <summary>A list of named facts, printed as two columns of plain text.</summary>
internal sealed class Facts
{
    private readonly List<(string Name, string Value)> lines = [];

    public void Add(string name, string value) => lines.Add((name, value));

    public void WriteTo(TextWriter writer)
    {
        int width = lines.Max(line => line.Name.Length) + 2;
        foreach ((string name, string value) in lines)
        {
            writer.Write(name.PadRight(width));
            writer.WriteLine(value);
        }
    }
}
