using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fastmlp-").FullName;

    private string Target => Path.Combine(folder, "model.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void WritesReplacesAndReadsBack()
    {
        File.WriteAllText(Target, "an older file, longer than the new one" + new string('.', 10_000));
        ModelFile.Write(Target, TestFiles.Small());

        TestFiles.AssertSame(TestFiles.Small(), ModelFile.Read(Target));
        Assert.Equal(TestFiles.Write(TestFiles.Small()), File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void AFailureAtAnyPointLeavesTheOldFileAlone()
    {
        byte[] old = [1, 2, 3];
        File.WriteAllBytes(Target, old);

        IOException full = Assert.Throws<IOException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        Assert.Equal($"Cannot write '{Target}': No space left on device", full.Message);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, _ => throw new InvalidOperationException()));
        Assert.Contains(Target, Assert.Throws<UnauthorizedAccessException>(() => AtomicFile.Write(Target, _ => throw new UnauthorizedAccessException("no"))).Message, StringComparison.Ordinal);
        ModelContents diverged = TestFiles.Small();
        diverged.Tensors["layers.0.bias"][1] = float.NaN;
        Assert.Throws<ArgumentException>(() => ModelFile.Write(Target, diverged));

        Assert.Equal(old, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void TheOldFileStandsUntilTheNewOneIsWhole()
    {
        File.WriteAllText(Target, "old");
        AtomicFile.Write(Target, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(Target));
        });
        Assert.Equal("new", File.ReadAllText(Target));
    }

    [Fact]
    public void TheFileIsOnTheDiskBeforeItIsRenamedAndTheFolderAfterwards()
    {
        File.WriteAllText(Target, "old");
        List<string> steps = [];
        AtomicFile.Write(
            Target,
            stream => stream.Write("new"u8),
            name => new WatchedFile(name, () => steps.Add($"flush of {File.ReadAllText(name)} beside {File.ReadAllText(Target)}")),
            flushed =>
            {
                steps.Add($"flush of {Path.GetFileName(flushed)} with {File.ReadAllText(Target)}");
                return true;
            });

        Assert.Equal(["flush of new beside old", $"flush of {Path.GetFileName(folder)} with new"], steps);
    }

    [Fact]
    public void AFolderIsFlushedWhereTheSystemCan()
    {
        Assert.Equal(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), FolderFlush.Run(folder));
        Assert.False(FolderFlush.Run(Path.Combine(folder, "none")));
    }

    [Fact]
    public void ALinkStaysALink()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a symbolic link needs a privilege on Windows.");
        string link = Path.Combine(folder, "link");
        File.WriteAllText(Target, "old");
        File.CreateSymbolicLink(link, "model.safetensors");

        AtomicFile.Write(link, stream => stream.Write("new"u8));

        Assert.Equal("model.safetensors", new FileInfo(link).LinkTarget);
        Assert.Equal("new", File.ReadAllText(Target));
    }

    [Fact]
    public void WrongPathsAreNamed()
    {
        string missing = Path.Combine(folder, "none", "model.safetensors");
        Assert.Contains(missing, Assert.Throws<DirectoryNotFoundException>(() => ModelFile.Write(missing, TestFiles.Small())).Message, StringComparison.Ordinal);
        Assert.Contains($"'{folder}': it is a folder", Assert.Throws<IOException>(() => ModelFile.Write(folder, TestFiles.Small())).Message, StringComparison.Ordinal);
        Assert.Contains($"'{folder}': it is a folder", Assert.Throws<IOException>(() => ModelFile.Read(folder)).Message, StringComparison.Ordinal);
        Assert.Contains(Target, Assert.Throws<FileNotFoundException>(() => ModelFile.Read(Target)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelFile.Read(""));

        File.WriteAllText(Target, "not a model");
        Assert.StartsWith($"{Target}: ", Assert.Throws<ModelFormatException>(() => ModelFile.Read(Target)).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{Target}: ", Assert.Throws<ModelFormatException>(() => ModelFile.Read(Target, [Activation.Relu], [])).Message, StringComparison.Ordinal);
    }

    /// <summary>A file that tells when it was flushed to the disk, not only to the system.</summary>
    private sealed class WatchedFile(string name, Action flushed) : FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.Read)
    {
        public override void Flush(bool flushToDisk)
        {
            base.Flush(flushToDisk);
            if (flushToDisk)
            {
                flushed();
            }
        }
    }
}
