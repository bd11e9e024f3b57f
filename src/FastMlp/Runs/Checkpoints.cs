using System.Globalization;
using FastMlp.Serialization;

namespace FastMlp;

/// <summary>The checkpoints of one run in their folder: <c>checkpoint-000000001234.safetensors</c>, the number being the updates done.</summary>
internal sealed class Checkpoints(string folder)
{
    private const string Prefix = "checkpoint-";
    private const string Suffix = ".safetensors";

    /// <summary>What <see cref="AtomicFile"/> leaves behind when the process is killed while it writes.</summary>
    private const string Torn = ".*.tmp";

    private readonly HashSet<string> damaged = [];

    /// <summary>The folder with its full path.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>Makes the folder, or takes the torn files of a killed run out of it.</summary>
    /// <param name="resumes">Whether the run goes on from it; otherwise it must hold no checkpoint.</param>
    /// <exception cref="ArgumentException">It holds the checkpoints of another run.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Prepare(bool resumes)
    {
        Directory.CreateDirectory(Folder);
        if (!resumes && Find() is [var newest, ..])
        {
            throw new ArgumentException($"The folder '{folder}' holds the checkpoints of an earlier run, {Path.GetFileName(newest.Path)} the newest: set Resume to go on with it, or give another folder.", nameof(resumes));
        }

        foreach (string torn in Directory.EnumerateFiles(Folder, Torn))
        {
            File.Delete(torn);
        }
    }

    /// <summary>Writes a checkpoint and deletes what is older than the last <paramref name="keep"/>; returns its path.</summary>
    /// <exception cref="IOException">It cannot be written, or the folder has checkpoints that another run wrote meanwhile.</exception>
    public string Save(int keep, Network network, Snapshot snapshot)
    {
        string path = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{snapshot.Run.Steps:D12}{Suffix}"));
        CheckpointContents contents = new(
            snapshot.Run,
            network.Contents(snapshot.Parameters),
            snapshot.Best is null ? null : network.Contents(snapshot.Best),
            Array.ConvertAll(snapshot.States, block => network.Contents(block)));
        foreach ((string other, long steps) in Find())
        {
            if (steps > snapshot.Run.Steps && !damaged.Contains(other))
            {
                throw new IOException($"Cannot write '{path}': {Path.GetFileName(other)} beside it is of another run that has done more updates. Give each run a folder of its own.");
            }
        }

        AtomicFile.Write(path, stream => CheckpointFile.Write(stream, contents));
        int kept = 0;
        foreach ((string other, _) in Find())
        {
            // Those that were found damaged count for nothing, now that there is a newer one than the run went on from.
            if ((other != path && damaged.Contains(other)) || ++kept > keep)
            {
                File.Delete(other);
            }
        }

        return path;
    }

    /// <summary>The newest whole checkpoint, and why newer ones are of no use; null where there is none at all.</summary>
    /// <exception cref="ModelFormatException">There are checkpoints, but none can be read.</exception>
    /// <exception cref="IOException">The folder is missing or cannot be read.</exception>
    public (string Path, CheckpointContents Contents, IReadOnlyList<string> Skipped)? Load()
    {
        if (!Directory.Exists(Folder))
        {
            throw new DirectoryNotFoundException($"There is no folder '{folder}' to resume from.");
        }

        List<string> skipped = [];
        foreach ((string path, _) in Find())
        {
            try
            {
                using FileStream file = ModelFile.Open(path);
                return (path, CheckpointFile.Read(file), skipped);
            }
            catch (ModelFormatException e)
            {
                skipped.Add($"{path}: {e.Message}");
                damaged.Add(path);
            }
        }

        return skipped.Count == 0 ? null : throw new ModelFormatException($"No checkpoint can be read. {string.Join(" ", skipped)}");
    }

    /// <summary>The blocks of a checkpoint in the layout of a network.</summary>
    /// <exception cref="ArgumentException">The network is another one.</exception>
    public static Snapshot Take(Network network, CheckpointContents contents)
    {
        ModelContents own = network.Contents();
        string here = new Specification(own.InputSize, 0, own.Layers).ToJson();
        string there = new Specification(contents.Model.InputSize, 0, contents.Model.Layers).ToJson();
        if (here != there)
        {
            throw new ArgumentException($"The checkpoint is of another network: {there}, not {here}.", nameof(contents));
        }

        return new Snapshot(contents.Run, Block(contents.Model), contents.Best is null ? null : Block(contents.Best), Array.ConvertAll(contents.States, Block));

        float[] Block(ModelContents model)
        {
            float[] block = new float[network.Parameters.Length];
            network.Restore(model, block);
            return block;
        }
    }

    /// <summary>Whether two sets of options are the same, but for those named.</summary>
    /// <exception cref="ArgumentException">One differs; the message has both values.</exception>
    public static void CheckSame(IReadOnlyDictionary<string, string> recorded, IReadOnlyDictionary<string, string> present, ReadOnlySpan<string> exempt)
    {
        foreach (string name in recorded.Keys.Union(present.Keys).Order(StringComparer.Ordinal))
        {
            string was = recorded.GetValueOrDefault(name, "not set");
            string now = present.GetValueOrDefault(name, "not set");
            if (was != now && !exempt.Contains(name))
            {
                throw new ArgumentException($"The checkpoint cannot be resumed with another {name}: it was {MessageText.Quote(was)} and is {MessageText.Quote(now)}.", nameof(present));
            }
        }
    }

    /// <summary>All, the newest first.</summary>
    private List<(string Path, long Steps)> Find()
    {
        List<(string Path, long Steps)> found = [];
        foreach (string path in Directory.EnumerateFiles(Folder, $"{Prefix}*{Suffix}"))
        {
            ReadOnlySpan<char> number = Path.GetFileName(path.AsSpan())[Prefix.Length..^Suffix.Length];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long steps))
            {
                found.Add((path, steps));
            }
        }

        found.Sort((left, right) => right.Steps.CompareTo(left.Steps));
        return found;
    }
}
