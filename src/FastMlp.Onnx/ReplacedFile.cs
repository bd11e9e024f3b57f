namespace FastMlp.Onnx;

/// <summary>Replaces a file as a whole, so that whoever looks finds the old one or the new one.</summary>
internal static class ReplacedFile
{
    public static void Write(string path, byte[] content)
    {
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(target) ?? target, $".{Path.GetRandomFileName()}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception)
        {
            File.Delete(temporary);
            throw;
        }
    }
}
