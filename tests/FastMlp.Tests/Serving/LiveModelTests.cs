using FastMlp.Tests.Support;

namespace FastMlp.Tests.Serving;

/// <summary>A model that changes while it is read: each answer is that of one version, a bad model never becomes current, and memory goes back without the collector.</summary>
[Collection(nameof(Alone))]
public class LiveModelTests
{
    private const int Readers = 8;

    [Fact]
    public void EveryAnswerIsThatOfExactlyOneVersion()
    {
        // All outputs of version v are v, and the version is told beside them.
        using LiveModel live = new(new LiveModelOptions { Keep = 0 });
        live.Publish(Constant(1));
        int latest = 1;
        using CancellationTokenSource done = new();
        string?[] wrong = new string?[Readers];
        long answers = 0;
        Thread[] threads = [.. Enumerable.Range(0, Readers).Select(t => new Thread(() =>
        {
            float[] x = new float[3 * 4], y = new float[3 * 5];
            int before = 0;
            while (!done.IsCancellationRequested)
            {
                int least = Volatile.Read(ref latest);
                int number = live.Predict(x, y);
                if (number < least || number < before || y.Any(value => value != number))
                {
                    wrong[t] = $"version {number} after {least} and {before}: {string.Join(' ', y)}";
                }

                before = number;
                Interlocked.Increment(ref answers);
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        for (int v = 2; v <= 400; v++)
        {
            live.Publish(Constant(v));
            Volatile.Write(ref latest, v);
            Thread.Yield();
        }

        // A slow machine may not have let every reader in yet.
        SpinWait.SpinUntil(() => Interlocked.Read(ref answers) > 1000, 10_000);
        done.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(wrong, Assert.Null);
        Assert.True(answers > 1000, $"{answers} answers");
        Assert.Equal((400, 400L, 1), (live.Version!.Number, live.Swaps, live.ModelsInMemory));
    }

    [Fact]
    public void MemoryGoesBackWithTheLastReaderAndWithoutACollection()
    {
        using LiveModel live = new(new LiveModelOptions { Keep = 0 });
        live.Publish(Constant(1));
        int collections = GC.CollectionCount(0);
        ModelLease first = live.Lease(), second = live.Lease();
        live.Publish(Constant(2));
        Assert.Equal(2, live.ModelsInMemory);
        float[] y = new float[5];
        first.Predict(new float[4], y);
        Assert.Equal((1, 1f), (first.Version.Number, y[0]));
        first.Dispose();
        first.Dispose();
        Assert.Equal(2, live.ModelsInMemory);
        second.Predict(new float[4], y);
        Assert.Equal(1f, y[0]);
        second.Dispose();
        Assert.Equal((1, collections), (live.ModelsInMemory, GC.CollectionCount(0)));
        Assert.Throws<ObjectDisposedException>(() => second.Predict(new float[4], y));
        Assert.Equal(2, live.Predict(new float[4], y));
    }

    [Fact]
    public void ALeaseThatNobodyDisposesDoesNotKeepItsModelForGood()
    {
        using LiveModel live = new(new LiveModelOptions { Keep = 0 });
        live.Publish(Constant(1));
        Forget(live);
        live.Publish(Constant(2));
        for (int i = 0; i < 20 && live.ModelsInMemory > 1; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(1, live.ModelsInMemory);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget(LiveModel live) => live.Lease();
    }

    [Fact]
    public void PublishingFreesWhatItReplaces()
    {
        // 8 MB each: without the counted release a hundred of them would be 800 MB.
        using LiveModel live = new(new LiveModelOptions { Keep = 1 });
        using Network network = Network.Input(1000).Dense(2000, Activation.Relu).Dense(1).Build(1);
        for (int i = 0; i < 20; i++)
        {
            live.Publish(network);
            Assert.InRange(live.ModelsInMemory, 1, 2);
        }
    }

    [Fact]
    public void ARollbackBringsTheFormerModelBack()
    {
        using LiveModel live = new(new LiveModelOptions { Keep = 2 });
        foreach (int v in new[] { 1, 2, 3, 4 })
        {
            live.Publish(Constant(v));
        }

        float[] y = new float[5];
        Assert.Equal(3, live.Rollback().Number);
        Assert.Equal((3, 3f), (live.Predict(new float[4], y), y[0]));
        Assert.Equal(2, live.Rollback().Number);
        Assert.Equal((2, 2f), (live.Predict(new float[4], y), y[4]));
        Assert.Contains("Keep is 2", Assert.Throws<InvalidOperationException>(live.Rollback).Message, StringComparison.Ordinal);
        Assert.Equal((2, 5), (live.Version!.Number, live.Publish(Constant(9)).Number));
        Assert.Equal(2, live.ModelsInMemory);
    }

    [Fact]
    public void ABadModelIsRefusedAndTheGoodOneStays()
    {
        using LiveModel live = new(new LiveModelOptions { Check = (network, before) => throw new InvalidDataException($"not after {before?.Number ?? 0}") });
        Assert.Contains("not after 0", Assert.Throws<ModelRefusedException>(() => live.Publish(Constant(1))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => live.Predict(new float[4], new float[5]));

        using LiveModel other = new();
        other.Publish(Constant(1));
        using Network huge = Network.Input(4).Dense(1).Dense(5).Build(1);
        huge.Tensors["layers.0.bias"].CopyFrom([3e38f]);
        huge.Tensors["layers.1.weight"].CopyFrom([1, 1, 2, 1, 1]);
        Assert.Contains("output 2 for a row of zeros is", Assert.Throws<ModelRefusedException>(() => other.Publish(huge)).Message, StringComparison.Ordinal);
        using Network wide = Network.Input(5).Dense(5).Build(1);
        Assert.Contains("5 inputs and 5 outputs, and the current one 4 and 5", Assert.Throws<ModelRefusedException>(() => other.Publish(wide)).Message, StringComparison.Ordinal);
        using Network tested = Constant(3);
        SelfTest.Attach(tested, [1, 2, 3, 4]);
        tested.Tensors["layers.0.bias"].CopyFrom([3, 3, 3.1f, 3, 3]);
        Assert.Contains("output 2 of row 0 is 3.1, and was 3", Assert.Throws<ModelRefusedException>(() => other.Publish(tested)).Message, StringComparison.Ordinal);
        Assert.Equal((1, 3L, 1, other.LastRefusal), (other.Predict(new float[4], new float[5]), other.Refusals, other.ModelsInMemory, other.LastRefusal!));
        tested.Tensors["layers.0.bias"].CopyFrom([3, 3, 3, 3, 3]);
        Assert.Equal(2, other.Publish(tested).Number);
        Assert.Null(other.LastRefusal);
    }

    [Fact]
    public void ASelfTestThatIsNoneIsNamed()
    {
        using Network network = Constant(1);
        network.Metadata[SelfTest.MetadataKey] = "{\"x\": [1, 2], \"y\": [1]}";
        Assert.Contains("no rows of a network", Assert.Throws<ModelFormatException>(() => SelfTest.Failure(network)).Message, StringComparison.Ordinal);
        network.Metadata[SelfTest.MetadataKey] = "[]";
        Assert.Throws<ModelFormatException>(() => SelfTest.Failure(network));
        Assert.Throws<ArgumentException>(() => SelfTest.Attach(network, []));
        Assert.Throws<ArgumentException>(() => SelfTest.Attach(network, [1, 2, 3, float.NaN]));
    }

    [Fact]
    public async Task AFileIsLoadedWithItsProvenance()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-live-").FullName;
        try
        {
            string path = Path.Combine(folder, "model.safetensors");
            using Network network = Constant(7);
            network.Metadata["trained by"] = "a test";
            SelfTest.Attach(network, [1, 2, 3, 4]);
            network.Save(path);
            using LiveModel live = new(new LiveModelOptions { Warmup = false, Context = loaded => loaded.Metadata.TryGetValue("trained by", out string? who) ? who : null });
            ModelVersion version = await live.LoadAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal((1, path, "a test", "a test"), (version.Number, version.Source, version.Metadata["trained by"], version.Context));
            Assert.Equal(live.Publish(network).Fingerprint, version.Fingerprint);
            Assert.NotEqual(live.Publish(Constant(8)).Fingerprint, version.Fingerprint);

            await File.WriteAllTextAsync(path, "no model", TestContext.Current.CancellationToken);
            ModelRefusedException refused = await Assert.ThrowsAsync<ModelRefusedException>(() => live.LoadAsync(path));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.Equal((3, 1L), (live.Version!.Number, live.Refusals));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task TheWatchWaitsForAWholeFile()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-live-").FullName;
        try
        {
            string path = Path.Combine(folder, "model.safetensors");
            Constant(1).Save(path);
            byte[] first = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            File.Delete(path);
            using LiveModel live = new(new LiveModelOptions { Warmup = false });
            await using ModelFileWatcher watcher = new(live, path, TimeSpan.FromMilliseconds(50));

            // Byte by byte in pieces, slower than the watch looks: it must not be tried before the end.
            await using (FileStream slow = new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
            {
                for (int at = 0; at < first.Length; at += (first.Length / 20) + 1)
                {
                    await slow.WriteAsync(first.AsMemory(at, Math.Min((first.Length / 20) + 1, first.Length - at)), TestContext.Current.CancellationToken);
                    await slow.FlushAsync(TestContext.Current.CancellationToken);
                    await Task.Delay(20, TestContext.Current.CancellationToken);
                }
            }

            await Until(() => live.Version?.Number == 1);

            // A file that is no model leaves the good one, and is not tried again and again.
            await File.WriteAllTextAsync(path, "no model", TestContext.Current.CancellationToken);
            await Until(() => live.LastRefusal is not null);
            long refusals = live.Refusals;
            await Task.Delay(400, TestContext.Current.CancellationToken);
            Assert.Equal((refusals, 1), (live.Refusals, live.Version!.Number));

            Constant(2).Save(path);
            await Until(() => live.Version!.Number == 2);
            float[] y = new float[5];
            live.Predict(new float[4], y);
            Assert.Equal(2f, y[0]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static async Task Until(Func<bool> condition)
        {
            for (int i = 0; i < 400 && !condition(); i++)
            {
                await Task.Delay(25, TestContext.Current.CancellationToken);
            }

            Assert.True(condition(), "it did not come about in 10 seconds");
        }
    }

    [Fact]
    public void AnEmptyAndADisposedOneSaySo()
    {
        LiveModel live = new();
        Assert.Throws<InvalidOperationException>(() => live.Predict(new float[4], new float[5]));
        Assert.Throws<InvalidOperationException>(live.Lease);
        live.Publish(Constant(1));
        using ModelLease lease = live.Lease();
        live.Dispose();
        live.Dispose();
        Assert.Throws<ObjectDisposedException>(() => live.Predict(new float[4], new float[5]));
        Assert.Throws<ObjectDisposedException>(live.Lease);
        Assert.Throws<ObjectDisposedException>(() => live.Publish(Constant(2)));
        lease.Predict(new float[4], new float[5]);
        Assert.Equal(1, live.ModelsInMemory);
        lease.Dispose();
        Assert.Equal(0, live.ModelsInMemory);
    }

    [Fact]
    public void AReaderAllocatesNothing()
    {
        using LiveModel live = new();
        live.Publish(Constant(1));
        float[] x = new float[4], y = new float[5];
        int[] classes = new int[1];
        Assert.Equal((0, 0), Allocated.By(() => live.Predict(x, y)));
        Assert.Equal((0, 0), Allocated.By(() => live.PredictClasses(x, classes)));
    }

    [Fact]
    public void CountsThatAreMovedLoseNoReader()
    {
        // The count of a word is halved at 64 instead of after years; there are far fewer readers than that.
        CurrentModel current = new(mostEntered: 64);
        int freed = 0, made = 0;
        using CancellationTokenSource done = new();
        current.Publish(Make());
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            float[] x = new float[4], y = new float[5];
            while (!done.IsCancellationRequested)
            {
                CurrentModel.Installation installation = current.Enter(out int stripe);
                installation.Model!.Predictor.Predict(x, y);
                installation.Leave(stripe);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 0; i < 200; i++)
        {
            Thread.Sleep(1);
            current.Publish(Make());
        }

        done.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        current.Publish(null);
        Assert.Equal((201, 201), (made, freed));

        CountedModel Make()
        {
            made++;
            using Network network = Constant(1);
            return new CountedModel(network.Freeze(), new ModelVersion { Number = 1, Published = default, Fingerprint = "", InputSize = 4, OutputSize = 5, ParameterCount = 25, Metadata = new Dictionary<string, string>() }, () => Interlocked.Increment(ref freed));
        }
    }

    /// <summary>A network whose outputs are all <paramref name="value"/> for a row of zeros, and for any other.</summary>
    private static Network Constant(float value)
    {
        Network network = Network.Input(4).Dense(5).Build(1);
        network.Tensors["layers.0.weight"].CopyFrom(new float[20]);
        network.Tensors["layers.0.bias"].CopyFrom([value, value, value, value, value]);
        return network;
    }
}
