namespace FastMlp.Cli.Training;

/// <summary>Finds out whether a model can be written before hours go into training it.</summary>
internal static class OutputFile
{
    /// <summary>A new file in the folder of <paramref name="path"/> can be made, and what stands there now, if anything, is a file that may be replaced.</summary>
    public static void CheckWritable(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full) || Path.EndsInDirectorySeparator(path))
        {
            throw new CommandFailedException($"--out '{path}' is a folder; give the name of a file in it.");
        }

        if (!Directory.Exists(folder))
        {
            throw new CommandFailedException($"--out '{path}' lies in a folder that does not exist; make it first.");
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
            throw new CommandFailedException($"--out '{path}' cannot be written: {exception.Message}");
        }
    }
}
