using System.Buffers.Binary;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>Bad input ends with exit code 1 and one line that says what and where.</summary>
public sealed class BadInputTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Theory]
    [InlineData("digts", "did you mean digits?")]
    [InlineData("Breast_Cancer", "did you mean breast-cancer?")]
    [InlineData("zzzzzzzz", "built in are digits, iris")]
    [InlineData("missing.csv", "there is no file or folder 'missing.csv'")]
    public void DataThatAreNotThere(string data, string message) => Command.Run("train", data).FailedWith(message);

    [Theory]
    [InlineData("text", "x,y\n1,2\n3,4\noops,5\n2,3.5\n4,5\n6,7.5\n8,9\n9,1\n1.5,2\n2.5,3\n3.5,4\n4.5,5\n", "oops", "line 4")]
    [InlineData("ragged", "x,y\n1,2\n3\n", "3")]
    [InlineData("nan", "x,y\n1,2\nNaN,4\n2,3.5\n4,5\n6,7.5\n8,9\n9,1\n1.5,2\n2.5,3\n3.5,4\n4.5,5\n", "a value is missing", "line 3")]
    [InlineData("infinity", "x,y\n1,2\n1e99,4\n2,3.5\n4,5\n6,7.5\n8,9\n9,1\n1.5,2\n2.5,3\n3.5,4\n4.5,5\n", "1e99", "line 3")]
    [InlineData("empty", "")]
    [InlineData("header-only", "x,y\n")]
    [InlineData("one-column", "x\n1\n2\n")]
    [InlineData("one-class", "x,y\n1,a\n2,a\n3,a\n4,a\n", "only the class a")]
    public void CsvThatCannotBeUsed(string name, string text, params string[] parts)
    {
        string csv = folder.Write(name + ".csv", text);

        Command.Run("train", csv, "--out", folder["never.safetensors"]).FailedWith([name, .. parts]);
        Assert.False(File.Exists(folder["never.safetensors"]));
    }

    [Fact]
    public void ATargetThatIsNotAColumn()
    {
        string csv = folder.WriteTwoClasses("target.csv");

        Command.Run("train", csv, "--target", "knd").FailedWith("knd", "kind");
        Command.Run("train", csv, "--target", "7").FailedWith("7");
    }

    [Fact]
    public void IdxFilesCutShortOrWithLabelsOutOfRange()
    {
        foreach (string file in new[] { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte" })
        {
            foreach (int kept in new[] { 0, 3, 9, 30 })
            {
                string idx = folder.WriteIdx($"cut-{kept}-{file}");
                byte[] bytes = File.ReadAllBytes(Path.Combine(idx, file));
                File.WriteAllBytes(Path.Combine(idx, file), bytes[..Math.Min(kept, bytes.Length - 1)]);
                Command.Run("train", idx, "--out", folder["never.safetensors"]).FailedWith(file);
            }
        }

        string labels = folder.WriteIdx("labels");
        byte[] bad = File.ReadAllBytes(Path.Combine(labels, "train-labels-idx1-ubyte"));
        bad[8 + 5] = 200;
        File.WriteAllBytes(Path.Combine(labels, "train-labels-idx1-ubyte"), bad);
        Command.Run("train", labels).FailedWith("200");

        Directory.CreateDirectory(folder["nothing"]);
        Command.Run("train", folder["nothing"]).FailedWith("no idx files", "train-images-idx3-ubyte");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("8,0")]
    [InlineData("-3")]
    public void ALayerWithoutUnits(string layers) => Command.Run("train", "iris", "--layers", layers).FailedWith("--layers", "at least 1");

    [Fact]
    public void ANetworkTooLargeForMemory() => Command.Run("train", "iris", "--layers", "2000000000,2000000000").FailedWith("2000000000", "memory");

    [Fact]
    public void AStepUnitInAHiddenLayer() => Command.Run("train", "iris", "--activation", "step", "--out", folder["never.safetensors"]).FailedWith("step activation");

    [Theory]
    [InlineData("sgd", "1e30")]
    [InlineData("adam", "1e38")]
    public void ALearningRateThatDiverges(string optimizer, string lr)
    {
        string model = folder["diverged.safetensors"];

        Command.Run("train", "diabetes", "--optimizer", optimizer, "--lr", lr, "--json", "--out", model).FailedWith("epoch", "--lr");
        Assert.False(File.Exists(model));
    }

    [Fact]
    public void AnOutThatCannotBeWrittenIsFoundBeforeTraining()
    {
        // So many epochs would outlast any test if training began.
        string[] train = ["train", "iris", "--epochs", "1000000000", "--out"];

        Command.Run([.. train, folder.Root]).FailedWith("--out", "is a folder");
        Command.Run([.. train, Path.Combine(folder["none"], "m.safetensors")]).FailedWith("--out", "does not exist");
        Command.Run([.. train, Path.Combine(folder.Write("file", "x"), "m.safetensors")]).FailedWith("--out");
        Assert.SkipUnless(Directory.Exists("/proc"), "This system has no folder that nobody can write to.");
        Command.Run([.. train, "/proc/m.safetensors"]).FailedWith("--out", "cannot be written");
    }

    [Fact]
    public void AModelCutAtEvery97thByte()
    {
        string model = folder["whole.safetensors"];
        Command.Run("train", "iris", "--layers", "8", "--epochs", "1", "--out", model).Done();
        byte[] bytes = File.ReadAllBytes(model);
        int cuts = 0;
        for (int length = 0; length < bytes.Length; length += 97)
        {
            string cut = folder.Write("cut.safetensors", bytes[..length]);
            Command.Run("inspect", cut).FailedWith("cut.safetensors");
            Command.Run("evaluate", cut, "iris").FailedWith("cut.safetensors");
            Command.Run("predict", cut, "iris").FailedWith("cut.safetensors");
            cuts++;
        }

        Assert.InRange(cuts, 10, 1000);
        Command.Run("inspect", folder.Write("cut.safetensors", bytes[..^1])).FailedWith("cut.safetensors");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue)]
    public void AModelWhoseHeaderLengthLies(ulong headerLength)
    {
        string model = folder["honest.safetensors"];
        Command.Run("train", "iris", "--layers", "4", "--epochs", "1", "--out", model).Done();
        byte[] bytes = File.ReadAllBytes(model);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, headerLength);

        Command.Run("inspect", folder.Write("lying.safetensors", bytes)).FailedWith("lying.safetensors");
    }

    [Fact]
    public void AModelWhoseProvenanceIsDamaged()
    {
        string model = folder["damaged.safetensors"];
        using (Network network = Network.Input(4).Dense(3, Activation.Softmax).Build(seed: 1))
        {
            network.Metadata["fastmlp.training"] = "{\"seed\":\"one\"}";
            network.Save(model);
        }

        Command.Run("inspect", model).FailedWith("damaged.safetensors", "fastmlp.training");
    }

    [Fact]
    public void AModelThatIsNotThere()
    {
        Command.Run("inspect", folder["no.safetensors"]).FailedWith("no.safetensors");
        Command.Run("inspect", folder.Root).FailedWith("is a folder");
        Command.Run("inspect", folder.Write("text.safetensors", "hello, this is text")).FailedWith("text.safetensors");
    }
}
