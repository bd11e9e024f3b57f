namespace FastMlp.Data;

/// <summary>A real data set that travels inside this library.</summary>
public sealed class BuiltInDataset
{
    private readonly Lazy<Dataset> dataset;

    internal BuiltInDataset(string name, DataTask task, string description, string source, string licence)
    {
        Name = name;
        Task = task;
        Description = description;
        Source = source;
        Licence = licence;
        dataset = new Lazy<Dataset>(Read);
    }

    /// <summary>The name by which it is asked for, such as breast-cancer.</summary>
    public string Name { get; }

    /// <summary>What is learnt from it.</summary>
    public DataTask Task { get; }

    /// <summary>What a row is and what is to be told from it.</summary>
    public string Description { get; }

    /// <summary>Who made it and where it comes from.</summary>
    public string Source { get; }

    /// <summary>The terms under which it is passed on.</summary>
    public string Licence { get; }

    /// <summary>The rows, unscaled, in the order of the source; read once and then shared.</summary>
    public Dataset Load() => dataset.Value;

    private Dataset Read()
    {
        string resource = $"{Name}.csv.gz";
        Stream stream = typeof(BuiltInDataset).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The resource {resource} is missing from the assembly.");
        using (stream)
        {
            return CsvDataset.Load(stream, new CsvOptions { Delimiter = ',', Header = CsvHeader.Present, Task = Task }, resource);
        }
    }
}
