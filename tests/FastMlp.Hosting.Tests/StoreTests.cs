using System.Diagnostics.Metrics;
using FastMlp.Hosting.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FastMlp.Hosting.Tests;

/// <summary>Many models of a folder: lazy, loaded once each, within a budget; metrics; and what a request allocates.</summary>
public class StoreTests
{
    [Fact]
    public async Task ModelsOfAFolderAreLoadedOnceAndLetGoOfByUse()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-store-").FullName;
        try
        {
            // About 80 kB each by the rule of thumb; the budget holds three.
            for (int i = 0; i < 6; i++)
            {
                using Network network = Network.Input(100).Dense(100).Build(seed: i + 1);
                network.Save(Path.Combine(folder, $"m{i}.safetensors"));
            }

            await using ModelStore store = new(Options.Create(new FastMlpOptions { Folder = folder, MemoryBudget = 260_000, WatchInterval = null }));
            Assert.Equal(6, store.Names.Count);
            Assert.Empty(store.Loaded);
            ServedModel?[] same = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => store.GetAsync("m0").AsTask())));
            Assert.Single(same.Distinct());
            Assert.Equal(1, same[0]!.Live.Swaps);
            foreach (string name in new[] { "m1", "m2", "m3", "m4" })
            {
                await Task.Delay(30, TestContext.Current.CancellationToken);
                await store.GetAsync(name, TestContext.Current.CancellationToken);
                await Task.Delay(30, TestContext.Current.CancellationToken);
                await store.GetAsync("m0", TestContext.Current.CancellationToken);
            }

            Assert.Equal(["m0", "m3", "m4"], store.Loaded.Select(model => model.Name));
            Assert.Equal(2, store.Evictions);
            Assert.Null(await store.GetAsync("none", TestContext.Current.CancellationToken));
            Assert.Null(await store.GetAsync("../" + Path.GetFileName(folder) + "/m1", TestContext.Current.CancellationToken));
            await File.WriteAllTextAsync(Path.Combine(folder, "bad.safetensors"), "x", TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<ModelRefusedException>(() => store.GetAsync("bad").AsTask());
            TestServer.Numbers(1).Save(Path.Combine(folder, "bad.safetensors"));
            Assert.NotNull(await store.GetAsync("bad", TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task RequestsAreMeasured()
    {
        await using TestServer server = await TestServer.StartAsync();
        Dictionary<string, double> seen = [];
        using MeterListener listener = new();
        IMeterFactory factory = server.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ServingMetrics.Name && instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.Start();
        await server.Rest.Infer("numbers", """{"inputs":[{"name":"input","shape":[3,2],"datatype":"FP32","data":[1,2,3,4,5,6]}]}""");
        await server.Rest.Infer("numbers", "{");
        for (int i = 0; i < 100 && seen.GetValueOrDefault("fastmlp.requests numbers rest 400") < 1; i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        listener.RecordObservableInstruments();
        lock (seen)
        {
            Assert.Equal((3, 1, 1, 1), (seen["fastmlp.predict.rows numbers"], seen["fastmlp.requests numbers rest 200"], seen["fastmlp.requests numbers rest 400"], seen["fastmlp.model.swaps numbers"]));
            Assert.InRange(seen["fastmlp.predict.duration numbers"], 1e-8, 1);
            Assert.Equal(0, seen["fastmlp.requests.under_way"]);
        }

        void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string key = string.Join(' ', new object?[] { name }.Concat(tags.ToArray().Select(tag => tag.Value)));
            lock (seen)
            {
                seen[key] = seen.GetValueOrDefault(key) + value;
            }
        }
    }

    [Fact]
    public async Task OurPartOfARequestAllocatesNothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        InferenceServer inference = server.Services.GetRequiredService<InferenceServer>();
        byte[] body = System.Text.Encoding.UTF8.GetBytes("""{"id":"42","inputs":[{"name":"input","shape":[2,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2,6.7,3.0,5.2,2.3]}]}""");
        long fewest = long.MaxValue;
        for (int round = 0; round < 200; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            InferCall call = inference.Begin();
            ServedModel model = await inference.FindAsync("iris", null, default);
            call.Append(body);
            ModelContract contract = InferenceServer.ContractOf(model);
            call.Parse(contract, -1);
            inference.Run(call, model, contract);
            call.WriteAnswer(model);
            inference.End(call, "iris", "rest", "200");
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, fewest);
    }
}
