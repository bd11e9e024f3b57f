namespace FastMlp.Serialization;

/// <summary>
/// Replaces a file as a whole: whoever looks, and whenever the process dies, there is the old file or the new one. Devices and pipes are written
/// to, never replaced. Other projects compile this file too.
/// </summary>
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

        if (IsDevice(path))
        {
            WriteDevice(path, write);
            return;
        }

        string target = RealPath(path);
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
            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            File.Move(temporary, target, overwrite: true);
            flushFolder(folder);
        }
        catch (Exception e)
        {
            Delete(temporary);
            if (Named(path, e) is { } named)
                throw named;
            throw;
        }
    }

    /// <summary>Whether the path is no regular file: a name of Windows such as NUL, anything under /dev but its shared memory, a pipe.</summary>
    public static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
            return full.StartsWith(@"\\.\", StringComparison.Ordinal);
        }

        if (!File.Exists(full))
        {
            return false;
        }

        if (IsDeviceName(full) || IsDeviceName(RealPath(full)))
        {
            return true;
        }

        try
        {
            // Opened for both, a pipe does not wait for its other end.
            using FileStream existing = new(full, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return !existing.CanSeek;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // the message of the writing says more
        }

        static bool IsDeviceName(string name) => (name.StartsWith("/dev/", StringComparison.Ordinal) && !name.StartsWith("/dev/shm/", StringComparison.Ordinal))
            || name.StartsWith("/proc/", StringComparison.Ordinal);
    }

    /// <summary>The path with every link on it followed; of what does not exist yet, as far as it does.</summary>
    public static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        string here = Path.Combine(RealPath(parent), Path.GetFileName(full));
        try
        {
            FileSystemInfo? target = Directory.Exists(here) ? Directory.ResolveLinkTarget(here, returnFinalTarget: false) : new FileInfo(here).ResolveLinkTarget(returnFinalTarget: false);
            return target is null ? here : RealPath(target.FullName);
        }
        catch (IOException)
        {
            return here; // there is nothing at the end, or the links go in a circle
        }
    }

    /// <summary>A device may have no end to flush to, so what it took is all that is known.</summary>
    private static void WriteDevice(string path, Action<Stream> write)
    {
        try
        {
            using FileStream device = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(device);
        }
        catch (Exception e) when (Named(path, e) is { } named)
        {
            throw named;
        }
    }

    /// <summary>The failure of a file with the file's name; null for any other.</summary>
    private static Exception? Named(string path, Exception failure) => failure switch
    {
        IOException => new IOException($"Cannot write '{path}': {failure.Message}", failure) { HResult = failure.HResult },
        UnauthorizedAccessException => new UnauthorizedAccessException($"Cannot write '{path}': {failure.Message}", failure),
        _ => null,
    };

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
