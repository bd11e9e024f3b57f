using System.Runtime.InteropServices;

namespace FastMlp.Serialization;

/// <summary>fsync of a folder: without it a rename may be lost with the power, though never half done.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <summary>As far as the system lets: Windows has no such call and needs none, and some file systems refuse it. Whether it was done.</summary>
    public static bool Run(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return false;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            return false;
        bool done = Synchronize(descriptor) == 0;
        _ = Close(descriptor);
        return done;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
