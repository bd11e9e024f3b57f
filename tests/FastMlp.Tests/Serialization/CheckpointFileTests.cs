using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FastMlp.Serialization;
using FastMlp.Tests.Support;
using FastMlp.Training;
using FastMlp.Training.Batches;

namespace FastMlp.Tests.Serialization;

/// <summary>A checkpoint that is torn, cut short or made to harm ends in <see cref="ModelFormatException"/>, whatever its bytes.</summary>
public class CheckpointFileTests
{
    private const int Rows = 6;
    private const int Inputs = 2;

    private static readonly Lazy<byte[][]> files = new(() => [Write(new Adam()), Write(new Lbfgs(history: 2)), Write(new Sgd(0.1f, 0.9f))]);

    [Fact]
    public void CutShortAtEveryByteItIsRefused()
    {
        byte[] whole = files.Value[0];
        CheckpointFile.Read(new MemoryStream(whole));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<ModelFormatException>(() => CheckpointFile.Read(new MemoryStream(whole, 0, length)));
            Assert.Throws<ModelFormatException>(() => CheckpointFile.Read(new PipeStream(whole[..length], 37)));
        }
    }

    [Fact]
    public void AnyBitThatFlipsInItsContentIsSeen()
    {
        byte[] whole = files.Value[0];
        int unseen = 0;
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << (at % 8));
            try
            {
                CheckpointFile.Read(new MemoryStream(damaged));
                unseen++;
            }
            catch (ModelFormatException)
            {
            }
        }

        // What is left is the user's own entries of the metadata, and white space of the header.
        Assert.InRange(unseen, 0, 80);
    }

    [Fact]
    public void TornPagesAreSeen()
    {
        byte[] whole = files.Value[1];
        for (int start = 0; start < whole.Length; start += 64)
        {
            byte[] torn = [.. whole];
            torn.AsSpan(start).Clear();
            Assert.Throws<ModelFormatException>(() => CheckpointFile.Read(new MemoryStream(torn)));
        }
    }

    /// <summary>FASTMLP_FUZZ_CASES=200000 makes the run long. The checksum is left out, so that the damage gets past it, and what is accepted is trained on.</summary>
    [Fact]
    public void OnlyModelFormatExceptionEscapes()
    {
        int cases = int.Parse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES") ?? "3000", CultureInfo.InvariantCulture);
        using Network adam = Start();
        int accepted = 0;
        int resumed = 0;
        for (int seed = 0; seed < cases; seed++)
        {
            Random random = new(seed);
            int which = random.Next(files.Value.Length);
            byte[] file = Damage(random, files.Value[which]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using Stream stream = random.Next(4) == 0 ? new PipeStream(file, random.Next(1, 100)) : new MemoryStream(file);
                CheckpointContents contents = CheckpointFile.Read(stream, verifies: false);
                accepted++;
                using FitLoopOf loop = new(which);
                resumed += loop.Resumes(contents) ? 1 : 0;
            }
            catch (ModelFormatException e)
            {
                Assert.True(e.Message.Length is > 10 and < 4_000 && !e.Message.Any(char.IsControl), $"Case {seed}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"Case {seed}: {e}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20, $"Case {seed} allocated {GC.GetAllocatedBytesForCurrentThread() - before} bytes.");
        }

        Assert.InRange(accepted, cases / 200, cases - (cases / 4));
        Assert.InRange(resumed, 1, accepted);
    }

    private static Network Start() => Network.Input(Inputs).Dense(2, Activation.PRelu()).Dense(2, Activation.Softmax).Build(1);

    private static Dataset Data() => new(Numbers.Uniform(1, Rows * Inputs), Inputs, Numbers.Labels(2, Rows, 2), 2);

    private static FitOptions Options(Optimizer optimizer) => new()
    {
        Optimizer = optimizer,
        Epochs = 4,
        BatchSize = optimizer is Lbfgs ? FitOptions.FullBatch : 2,
        Schedule = Schedule.ReduceOnPlateau(),
        Validation = Data(),
        RestoreBest = true,
        Threads = 1,
    };

    private static byte[] Write(Optimizer optimizer)
    {
        using Scratch scratch = new();
        using Network network = Start();
        network.Metadata["note"] = "mine";
        network.Train(Data(), Options(optimizer) with { Epochs = 3, Checkpoint = new CheckpointOptions(scratch.Path) });
        return File.ReadAllBytes(Directory.GetFiles(scratch.Path).Max()!);
    }

    private static byte[] Damage(Random random, byte[] good)
    {
        List<byte> file = [.. good];
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        string[] fragments = ["0", "-1", "1e9", "2147483648", "null", "true", "\\\"NaN\\\"", "\\\"Infinity\\\"", "{}", "[]", "\"", "\\", "best.", "optimizer.0.", "Fit", "\\ud800", "9", ",", "Epoch"];
        for (int strokes = random.Next(1, 4); strokes > 0 && file.Count > 8; strokes--)
        {
            int at = 8 + random.Next(random.Next(6) == 0 ? file.Count - 8 : Math.Min(header, file.Count - 8));
            byte[] fragment = Encoding.UTF8.GetBytes(fragments[random.Next(fragments.Length)]);
            switch (random.Next(6))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file.RemoveRange(at, Math.Min(file.Count - at, random.Next(1, 12)));
                    break;
                case 2:
                    file.InsertRange(at, fragment);
                    break;
                case 3:
                    file.InsertRange(at, file.GetRange(at, Math.Min(file.Count - at, random.Next(1, 40))));
                    break;
                default:
                    int digit = file.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        file[digit] = (byte)('0' + random.Next(10));
                    }

                    break;
            }
        }

        if (file.Count >= 8 && random.Next(4) > 0)
        {
            byte[] length = BitConverter.GetBytes((long)(header + file.Count - good.Length));
            for (int i = 0; i < length.Length; i++)
            {
                file[i] = length[i];
            }
        }

        return [.. file];
    }

    /// <summary>Goes on from what was read, as far as it is of the same run.</summary>
    private sealed class FitLoopOf(int which) : IDisposable
    {
        private readonly Network network = Start();

        public bool Resumes(CheckpointContents contents)
        {
            FitOptions options = Options(which switch { 0 => new Adam(), 1 => new Lbfgs(history: 2), _ => new Sgd(0.1f, 0.9f) });
            using TrainingState state = FitRun.StateOf(network, options);
            using DatasetBatches source = new(Data(), Data(), options, threads: 1);
            using FitLoop loop = new(network, state, source, options.Validation, options, epochsBefore: 0);
            try
            {
                FitRun.Follow(state, source, options);
                loop.Resume(Checkpoints.Take(network, contents), new ResumePoint("here", 1, 0, []), RunFacts.Of(options, state.Loss, source));
                loop.Run(CancellationToken.None);
                return true;
            }
            catch (ArgumentException)
            {
                // Of another run, as far as this one can tell.
                return false;
            }
            catch (TrainingDivergedException)
            {
                return true;
            }
        }

        public void Dispose() => network.Dispose();
    }
}
