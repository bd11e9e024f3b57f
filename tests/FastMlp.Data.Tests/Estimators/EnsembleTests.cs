namespace FastMlp.Data.Tests.Estimators;

/// <summary>Several networks in one: its answers, its members, their spread.</summary>
public sealed class EnsembleTests
{
    private static readonly float[] Rows = [.. Enumerable.Range(0, 7 * 5).Select(i => MathF.Sin(i * 1.7f))];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void ValuesAreTheMeanOfTheMembers(int count)
    {
        Network[] members = Make(count, Activation.Identity);
        using Network joined = Ensemble.Join(members);
        float[] given = joined.Predict(Rows);
        float[][] each = [.. members.Select(member => member.Predict(Rows))];
        for (int i = 0; i < given.Length; i++)
        {
            Assert.Equal(each.Average(one => (double)one[i]), given[i], 1e-5);
        }

        Assert.Equal((count, "a note"), (Ensemble.Count(joined), joined.Metadata["about"]));
        Free(members);
    }

    /// <summary>Proportional to the geometric mean of the members' probabilities.</summary>
    [Fact]
    public void ProbabilitiesAreTheLogarithmicPool()
    {
        Network[] members = Make(4, Activation.Softmax);
        using Network joined = Ensemble.Join(members);
        float[] given = joined.Predict(Rows);
        float[][] each = [.. members.Select(member => member.Predict(Rows))];
        for (int row = 0; row < 7; row++)
        {
            double[] pool = [.. Enumerable.Range(row * 2, 2).Select(i => Math.Exp(each.Average(one => Math.Log(one[i]))))];
            Assert.Equal(pool[0] / pool.Sum(), given[row * 2], 1e-5);
        }

        Free(members);
    }

    [Fact]
    public void MembersComeBackFromTheFile()
    {
        Network[] members = Make(5, Activation.Identity);
        using MemoryStream file = new();
        using (Network joined = Ensemble.Join(members))
        {
            joined.Save(file);
        }

        file.Position = 0;
        using Network read = Network.Load(file);
        Network[] back = Ensemble.Members(read);
        Assert.Equal(5, back.Length);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(members[i].Specification, back[i].Specification);
            float[] was = members[i].Predict(Rows);
            float[] now = back[i].Predict(Rows);
            Assert.All(was.Zip(now), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }

        float[] spread = Ensemble.Spread(back, Rows);
        for (int i = 0; i < spread.Length; i++)
        {
            double[] values = [.. members.Select(member => (double)member.Predict(Rows)[i])];
            double mean = values.Average();
            Assert.Equal(Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / 4), spread[i], 1e-4);
            Assert.True(spread[i] > 1e-3);
        }

        Free([.. members, .. back]);
    }

    [Fact]
    public void WhatHasAnotherShapeIsNotJoined()
    {
        using Network plain = Network.Input(5).Dense(6, Activation.Tanh).Dense(2).Build(1);
        using Network wider = Network.Input(5).Dense(7, Activation.Tanh).Dense(2).Build(1);
        using Network normed = Network.Input(5).Dense(6).BatchNorm().Activate(Activation.Relu).Dense(2).Build(1);
        using Network shared = Network.Input(5).Dense(6, Activation.Tanh, Bias.Shared).Dense(2).Build(1);
        using Network learnt = Network.Input(5).Dense(6, Activation.PRelu()).Dense(2).Build(1);
        using Network linear = Network.Input(5).Dense(2).Build(1);
        Assert.Contains("Network 1", Assert.Throws<ArgumentException>(() => Ensemble.Join([plain, wider])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ensemble.Join([]));
        Assert.Throws<ArgumentException>(() => Ensemble.Join([linear, linear]));
        Assert.All(new[] { normed, shared, learnt }, network => Assert.Throws<ArgumentException>(() => Ensemble.Join([network, network])));
        Assert.Throws<ArgumentException>(() => Ensemble.Spread([plain], Rows));
        Assert.Throws<ArgumentException>(() => Ensemble.Spread([plain, Network.Input(4).Dense(2).Build()], Rows));
        plain.Metadata[Ensemble.MetadataKey] = "[[1],[2]]";
        Assert.Throws<ModelFormatException>(() => Ensemble.Count(plain));
        plain.Metadata[Ensemble.MetadataKey] = "[[1,1],[2,2],[3,3],[4,4]]";
        Assert.Throws<ModelFormatException>(() => Ensemble.Members(plain));
    }

    [Fact]
    public void AnEstimatorOfSeveralMembersIsOneFileAndBetterThanItsWorst()
    {
        Dataset data = BuiltInDatasets.Diabetes();
        (Dataset train, Dataset test) = data.Split(0.3, 1);
        using MlpRegressor several = new() { Members = 4, RandomState = 5, MaxIter = 400, Threads = 1 };
        several.Fit(train);
        double[] alone = [.. Enumerable.Range(5, 4).Select(seed =>
        {
            using MlpRegressor one = new() { RandomState = seed, MaxIter = 400, Threads = 1 };
            one.Fit(train);
            return one.Score(test);
        })];
        Assert.True(several.Score(test) > alone.Average(), $"{several.Score(test)} against {string.Join(", ", alone)}");

        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
        try
        {
            several.Save(path);
            using MlpRegressor read = MlpRegressor.Load(path);
            Assert.Equal((4, 100), (read.Members, read.HiddenLayerSizes[0]));
            Assert.Equal(several.Predict(test.Features), read.Predict(test.Features));
            Assert.Throws<InvalidOperationException>(() => read.PartialFit(train));
            read.WarmStart = true;
            Assert.Throws<InvalidOperationException>(() => read.Fit(train));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new MlpRegressor { Members = 0 }.Fit(train));
    }

    [Fact]
    public void AClassifierOfSeveralMembersStopsEarlyInEach()
    {
        (Dataset train, Dataset test) = BuiltInDatasets.Wine().Split(0.3, 1, stratified: true);
        using MlpClassifier several = new() { Members = 3, RandomState = 1, EarlyStopping = true, LearningRateInit = 0.01f };
        several.Fit(train);
        Assert.Equal(3, Ensemble.Count(several.Network));
        Assert.InRange(several.Score(test), 0.9, 1);
    }

    private static Network[] Make(int count, Activation last)
    {
        Network[] members = [.. Enumerable.Range(1, count).Select(seed => Network.Input(5).Dense(6, Activation.Tanh).Dense(4, Activation.Relu).Dense(2, last).Build(seed))];
        foreach (Network member in members)
        {
            member.Tensors["layers.2.bias"].CopyFrom([member.Seed * 0.3f, -0.1f]);
            member.Tensors["layers.0.bias"].CopyFrom([0.1f * member.Seed, 0, 0.2f, 0, 0, -0.4f]);
        }

        members[0].Metadata["about"] = "a note";
        return members;
    }

    private static void Free(Network[] networks)
    {
        foreach (Network network in networks)
        {
            network.Dispose();
        }
    }
}
