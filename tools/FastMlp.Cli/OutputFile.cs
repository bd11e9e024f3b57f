using FastMlp.Serialization;

namespace FastMlp.Cli;

/// <summary>
/// The files that a command writes. Each is written under a temporary name and renamed when it is whole, so a failure leaves the old file as it
/// was. Devices and pipes are written to, never replaced.
/// </summary>
internal static class OutputFile
{
    private static readonly StringComparer names = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Refuses an output that is an input of the same call, or that two options name, links followed. Reads nothing.</summary>
    /// <param name="inputs">What the call reads: the argument or option that names it, and the path, which may be missing, a folder or no path at all.</param>
    /// <param name="outputs">What it writes; a null path is not written.</param>
    public static void CheckApart(IEnumerable<(string Name, string? Path)> inputs, IEnumerable<(string Name, string? Path)> outputs)
    {
        List<(string Name, string Given, string Real)> taken = [];
        foreach ((string name, string? path) in inputs)
        {
            if (path is not null && Directory.Exists(path))
            {
                taken.AddRange(Directory.EnumerateFiles(path).Select(file => (name, file, AtomicFile.RealPath(file))));
            }
            else if (path is not null && File.Exists(path))
            {
                taken.Add((name, path, AtomicFile.RealPath(path)));
            }
        }

        foreach ((string name, string? path) in outputs)
        {
            if (path is null || AtomicFile.IsDevice(path))
            {
                continue;
            }

            string real = AtomicFile.RealPath(path);
            if (taken.FirstOrDefault(one => names.Equals(one.Real, real)) is { Name: { } other, Given: { } given })
            {
                string how = given == path ? $"{name} '{path}'" : $"{name} '{path}' is the file '{given}' and";
                throw new UsageException($"{how} would overwrite what {other} names; give another file.");
            }

            taken.Add((name, path, real));
        }
    }

    /// <summary>Finds out whether a file can be written before hours go into what it shall hold.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it, for messages.</param>
    public static void CheckWritable(string path, string option = "--out")
    {
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            throw new CommandFailedException($"{option} '{path}' is a folder; give the name of a file in it.");
        }

        string real = AtomicFile.RealPath(path);
        string folder = Path.GetDirectoryName(real) ?? real;
        if (!Directory.Exists(folder))
        {
            throw new CommandFailedException($"{option} '{path}' lies in a folder that does not exist; make it first.");
        }

        try
        {
            if (AtomicFile.IsDevice(path))
            {
                return;
            }

            if (File.Exists(real))
            {
                using FileStream existing = new(real, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            }

            // The file is written under a temporary name, so the folder must take a new file.
            string probe = Path.Combine(folder, $".fastmlp-{Path.GetRandomFileName()}");
            using FileStream created = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{option} '{path}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>Writes the whole file, or nothing.</summary>
    /// <param name="path">The file; a link is followed.</param>
    /// <param name="write">Writes its content.</param>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(path, write);
}
