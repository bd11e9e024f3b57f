using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary><c>train --checkpoint --checkpoint-every --resume</c>: the folder after a kill is that of a whole run without its newest files.</summary>
public sealed class CheckpointCommandTests : IDisposable
{
    private const string Folder = "run";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AResumedRunWritesTheSameModel(int lost)
    {
        string data = folder.WriteTwoClasses("data.csv");
        byte[] straight = Train(data);
        Assert.Equal(straight, Train(data, "--checkpoint", folder[Folder], "--checkpoint-every", "2"));
        string[] checkpoints = Checkpoints();
        Assert.Equal(3, checkpoints.Length);
        foreach (string path in checkpoints[^lost..])
        {
            File.Delete(path);
        }

        Assert.Equal(straight, Train(data, "--checkpoint", folder[Folder], "--checkpoint-every", "2", "--resume", folder[Folder]));
        Assert.Equal(checkpoints, Checkpoints());
    }

    [Fact]
    public void TheIntervalIsThatOfTheOption()
    {
        string data = folder.WriteTwoClasses("data.csv");
        Train(data, "--checkpoint", folder[Folder], "--checkpoint-every", "4");

        // After epochs 4 and 6, the last: 4 : 6 in updates.
        int[] updates = [.. Checkpoints().Select(path => int.Parse(Path.GetFileNameWithoutExtension(path)["checkpoint-".Length..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(2, updates.Length);
        Assert.Equal(6 * updates[0], 4 * updates[1]);
        Command.Run("train", data, "--checkpoint-every", "4").WasBadUsage("--checkpoint");
    }

    [Fact]
    public void ResumeWithNothingThereYetStartsFromTheBeginning()
    {
        string data = folder.WriteTwoClasses("data.csv");
        Assert.Equal(Train(data), Train(data, "--checkpoint", folder[Folder], "--resume", folder[Folder]));
        Run(data, "--resume", folder["nowhere"]).FailedWith("nowhere");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADamagedNewestCheckpointIsPassedOver(bool isCut)
    {
        string data = folder.WriteTwoClasses("data.csv");
        byte[] straight = Train(data, "--checkpoint", folder[Folder], "--checkpoint-every", "1");
        string newest = Checkpoints()[^1];
        Damage(newest, isCut);

        CommandResult result = Run(data, "--checkpoint", folder[Folder], "--resume", folder[Folder]).Done();
        Assert.Contains(result.ErrorLines, line => line.StartsWith("passed over ", StringComparison.Ordinal) && line.Contains(Path.GetFileName(newest), StringComparison.Ordinal));
        Assert.Equal(straight, File.ReadAllBytes(folder["model.safetensors"]));

        // The damaged file has been written anew.
        Assert.DoesNotContain("passed over", Run(data, "--checkpoint", folder[Folder], "--resume", folder[Folder]).Done().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyDamagedCheckpointsAreAnErrorInOneLine()
    {
        string data = folder.WriteTwoClasses("data.csv");
        Train(data, "--checkpoint", folder[Folder]);
        foreach (string path in Checkpoints())
        {
            Damage(path, isCut: true);
        }

        Run(data, "--resume", folder[Folder]).FailedWith("No checkpoint can be read", Path.GetFileName(Checkpoints()[^1]));
    }

    [Fact]
    public void AnotherRunsFolderIsRefused()
    {
        string data = folder.WriteTwoClasses("data.csv");
        byte[] model = Train(data, "--checkpoint", folder[Folder]);
        byte[][] before = Array.ConvertAll(Checkpoints(), File.ReadAllBytes);

        // As many rows and columns, but one value is another; other columns; other options; not asked to go on.
        string other = folder.Write("other.csv", File.ReadAllText(data).Replace("0.0000,", "0.0001,", StringComparison.Ordinal));
        Assert.NotEqual(File.ReadAllText(data), File.ReadAllText(other));
        Run(other, "--resume", folder[Folder]).FailedWith("checkpoint", "data");
        Run("iris", "--resume", folder[Folder]).FailedWith("checkpoint");
        Run(data, "--resume", folder[Folder], "--lr", "0.5").FailedWith("checkpoint", "0.5");
        Run(data, "--checkpoint", folder[Folder]).FailedWith("earlier run");

        Assert.Equal(model, File.ReadAllBytes(folder["model.safetensors"]));
        Assert.Equal(before, Array.ConvertAll(Checkpoints(), File.ReadAllBytes));
    }

    private static void Damage(string path, bool isCut)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (isCut)
        {
            File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        }
        else
        {
            bytes[^1] ^= 0x40;
            File.WriteAllBytes(path, bytes);
        }
    }

    private byte[] Train(string data, params string[] options)
    {
        Run(data, options).Done();
        return File.ReadAllBytes(folder["model.safetensors"]);
    }

    private CommandResult Run(string data, params string[] options) =>
        Command.Run(["train", data, "--layers", "6", "--epochs", "6", "--out", folder["model.safetensors"], .. options]);

    private string[] Checkpoints() => [.. Directory.GetFiles(folder[Folder], "checkpoint-*").Order(StringComparer.Ordinal)];
}
