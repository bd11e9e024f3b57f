using System.Runtime.InteropServices;

using FastMlp.Tests.Claims;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Serialization;

/// <summary>Files that version 0.1 (commit f1bd1c6) saved, and the bits that it computed with them on each instruction set.</summary>
public class SavedBeforeTests
{
    private static string Folder => Path.Combine(Repository.Root, "tests", "FastMlp.Tests", "Serialization", "SavedBefore");

    private static readonly Dictionary<string, TrainerOptions> Options = new()
    {
        ["dense"] = new() { Loss = Loss.CrossEntropy, Optimizer = new Adam(0.02f, weightDecay: 0.01f), Seed = 3, Threads = 1, MaxNorm = 1.5f },
        ["mixture"] = new() { Loss = Loss.CrossEntropy, Optimizer = new RmsProp(0.01f, momentum: 0.5f, centered: true, weightDecay: 0.01f), Seed = 3, Threads = 1, ClipNorm = 0.3f, L1 = 0.001f },
        ["activations"] = new() { Loss = Loss.CrossEntropy, Optimizer = new Lbfgs(), Seed = 3, Threads = 1 },
    };

    public static TheoryData<string> Names => [.. Options.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void AModelAndACheckpointGiveTheSameBits(string name)
    {
        float[] x = [.. Enumerable.Range(0, 6 * 7).Select(i => (((i * 37) + 11) % 101 - 50) / 50f)];
        int[] labels = [0, 1, 2, 1, 0, 2, 2];
        using Network network = Network.Load(Saved(name, "model"));
        List<float> bits = [.. network.Predict(x)];
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            using Predictor predictor = network.Freeze(format);
            float[] y = new float[7 * 3];
            predictor.Predict(x, y);
            bits.AddRange(y);
        }

        using Scratch folder = new();
        File.Copy(Saved(name, "checkpoint"), folder["checkpoint-00000004.safetensors"]);
        using Trainer trainer = new(network, Options[name]);
        trainer.Load(folder.Path);
        for (int i = 0; i < 3; i++)
        {
            bits.Add(trainer.Step(x, labels));
        }

        bits.AddRange(network.Predict(x));
        string expected = Saved(name, $"{InstructionSet.Name}.bits");
        Assert.SkipUnless(File.Exists(expected), $"There are no bits of {InstructionSet.Name}.");
        Bits.Equal(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(expected)), CollectionsMarshal.AsSpan(bits), name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AModelIsWrittenByteForByteAsItWas(string name)
    {
        using Network network = Network.Load(Saved(name, "model"));
        using MemoryStream again = new();
        network.Save(again);
        Assert.Equal(File.ReadAllBytes(Saved(name, "model")), again.ToArray());
    }

    private static string Saved(string name, string ending) => Path.Combine(Folder, $"{name}.{ending}");
}
