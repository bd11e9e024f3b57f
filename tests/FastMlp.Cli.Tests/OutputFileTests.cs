using FastMlp.Cli.Reporting;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>Files that a command writes replace no input, are whole or not there, and devices stay devices.</summary>
public sealed class OutputFileTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private string Model()
    {
        string model = folder["kinds.safetensors"];
        if (!File.Exists(model))
        {
            Command.Run("train", folder.WriteTwoClasses("kinds.csv"), "--epochs", "1", "--layers", "4", "--out", model).Done();
        }

        return model;
    }

    [Theory]
    [InlineData("--out")]
    [InlineData("--report")]
    [InlineData("--save-config")]
    public void NoOutputOfTrainingIsItsData(string option)
    {
        string data = folder.WriteTwoClasses($"data{option}.csv");
        string before = File.ReadAllText(data);

        Command.Run("train", data, "--epochs", "1", option, data).WasBadUsage(option, "DATA", "overwrite");
        Assert.Equal(before, File.ReadAllText(data));
    }

    [Fact]
    public void ALinkIsFollowedToTheInput()
    {
        string model = Model();
        byte[] before = File.ReadAllBytes(model);
        string link = folder["link.csv"];
        string linkedFolder = folder["linked"];
        try
        {
            File.CreateSymbolicLink(link, model);
            Directory.CreateSymbolicLink(linkedFolder, folder.Root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"No links can be made here: {exception.Message}");
        }

        Command.Run("predict", model, folder.WriteTwoClasses("link-data.csv"), "--out", link).WasBadUsage("--out", "MODEL");
        Command.Run("predict", model, folder["link-data.csv"], "--out", Path.Combine(linkedFolder, "kinds.safetensors")).WasBadUsage("--out", "MODEL");
        Command.Run("evaluate", model, folder["link-data.csv"], "--report", folder["link-data.csv"]).WasBadUsage("--report", "DATA");
        Command.Run("convert", model, model).WasBadUsage("OUT", "MODEL");
        Assert.Equal(before, File.ReadAllBytes(model));
    }

    [Fact]
    public void TwoOutputsAreTwoFiles() =>
        Command.Run("train", folder.WriteTwoClasses("two.csv"), "--out", folder["same"], "--report", folder["same"]).WasBadUsage("--report", "--out");

    [Fact]
    public void AFailureLeavesTheOldFile()
    {
        string model = Model();
        string output = folder.Write("answers.csv", "old");
        string data = folder.Write("broken.csv", "x,y\n1,2\n3,not a number\n");

        Assert.Equal(1, Command.Run("predict", model, data, "--out", output).ExitCode);
        Assert.Equal("old", File.ReadAllText(output));
        Assert.Empty(Directory.GetFiles(folder.Root, ".*.tmp"));
    }

    [Fact]
    public void ADeviceIsWrittenToAndStaysOne()
    {
        Assert.SkipUnless(File.Exists("/dev/null"), "There is no /dev/null here.");
        string model = Model();

        Command.Run("predict", model, folder.WriteTwoClasses("device.csv"), "--out", "/dev/null").Done();
        Command.Run("evaluate", model, folder["device.csv"], "--report", "/dev/null").Done();
        Command.Run("train", folder["device.csv"], "--epochs", "1", "--layers", "4", "--out", "/dev/null").Done();
        Assert.Equal("", File.ReadAllText("/dev/null"));
    }

    [Fact]
    public void AFailureOfStandardOutputIsNotOneOfTheModel()
    {
        string model = Model();
        using StringWriter error = new() { NewLine = "\n" };

        Assert.Equal(1, Cli.Run(["inspect", model], new StandardOutput(new Broken(new IOException("No space left on device"))), error));
        Assert.Equal("fastmlp: standard output cannot be written: No space left on device. Files that were to be written are whole.\n", error.ToString());
        error.GetStringBuilder().Clear();
        Assert.Equal(1, Cli.Run(["inspect", model, "--json"], new StandardOutput(new Broken(new UnauthorizedAccessException("Access to the path is denied."))), error));
        Assert.StartsWith("fastmlp: standard output is closed.", error.ToString(), StringComparison.Ordinal);
    }

    private sealed class Broken(Exception exception) : TextWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void Write(char value) => throw exception;

        public override void Write(string? value) => throw exception;

        public override void Write(char[] buffer, int index, int count) => throw exception;
    }
}
