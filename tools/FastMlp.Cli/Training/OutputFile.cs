namespace FastMlp.Cli.Training;

/// <summary>Finds out whether a file can be written before hours go into what it shall hold.</summary>
internal static class OutputFile
{
    /// <summary>A new file in the folder of <paramref name="path"/> can be made, and what stands there now, if anything, is a file that may be replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it, for messages.</param>
    public static void CheckWritable(string path, string option = "--out")
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full) || Path.EndsInDirectorySeparator(path))
        {
            throw new CommandFailedException($"{option} '{path}' is a folder; give the name of a file in it.");
        }

        if (!Directory.Exists(folder))
        {
            throw new CommandFailedException($"{option} '{path}' lies in a folder that does not exist; make it first.");
        }

        try
        {
            if (File.Exists(full))
            {
                using FileStream existing = new(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            }

            // The model is written under a temporary name and then renamed, so the folder must take a new file.
            string probe = Path.Combine(folder, $".fastmlp-{Path.GetRandomFileName()}");
            using FileStream created = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{option} '{path}' cannot be written: {exception.Message}");
        }
    }
}
