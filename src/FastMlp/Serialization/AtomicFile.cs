namespace FastMlp.Serialization;

/// <summary>Replaces a file as a whole: whoever looks, and whenever the process dies, there is the old file or the new one.</summary>
internal static class AtomicFile
{
    /// <summary>Writes to a temporary name in the same folder, flushes to the disk, renames, and flushes the folder.</summary>
    /// <param name="path">The file. A link is followed, so that its target is replaced.</param>
    /// <param name="write">Writes the content. When it throws, the old file stays and nothing else is left behind.</param>
    /// <exception cref="IOException">The folder is missing, the disk is full, or the like; the message has the path.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written; the message has the path.</exception>
    public static void Write(string path, Action<Stream> write) =>
        Write(path, write, name => new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.None), FolderFlush.Run);

    /// <summary>The same with a file and a flush of the folder that a test can watch: that both reach the disk shows only when the power fails.</summary>
    internal static void Write(string path, Action<Stream> write, Func<string, FileStream> create, Func<string, bool> flushFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new IOException($"Cannot write '{path}': it is a folder; give the name of a file.");

        string target = Path.GetFullPath(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path);
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"Cannot write '{path}': there is no folder '{folder}'.");

        // Short, so that it fits wherever the file's own name does.
        string temporary = Path.Combine(folder, $".{Path.GetRandomFileName()}.tmp");
        try
        {
            using (FileStream file = create(temporary))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
            flushFolder(folder);
        }
        catch (Exception e)
        {
            Delete(temporary);
            switch (e)
            {
                case IOException:
                    throw new IOException($"Cannot write '{path}': {e.Message}", e) { HResult = e.HResult };
                case UnauthorizedAccessException:
                    throw new UnauthorizedAccessException($"Cannot write '{path}': {e.Message}", e);
                default:
                    throw;
            }
        }
    }

    /// <summary>The first failure is the one to report, so a second one while cleaning up is not.</summary>
    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
