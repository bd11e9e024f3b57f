using FastMlp.Data;

namespace FastMlp.Tests;

public class PreprocessingTests
{
    [Fact]
    public void FitTakesNamesTaskAndScaling()
    {
        Preprocessing iris = Preprocessing.Fit(BuiltInDatasets.Iris());
        Assert.Equal(DataTask.Classification, iris.Task);
        Assert.Equal(BuiltInDatasets.Iris().FeatureNames, iris.FeatureNames);
        Assert.Equal(["setosa", "versicolor", "virginica"], iris.ClassNames);
        Assert.Equal(["species"], iris.TargetNames);
        Assert.Null(iris.Targets);
        Assert.Equal(5.8433f, iris.Features.Offsets[0], 1e-4f);

        Assert.Equal(1f / 255, Preprocessing.Fit(BuiltInDatasets.Iris(), Scaling.Pixels).Features.Scales[3]);
        Assert.Equal(4.3f, Preprocessing.Fit(BuiltInDatasets.Iris(), Scaling.MinMax).Features.Offsets[0]);
        Assert.True(Preprocessing.Fit(BuiltInDatasets.Iris(), Scaling.None).Features.IsIdentity);
        Assert.Equal(["0", "1"], Preprocessing.Fit(new Dataset(new float[] { 1, 2 }, 1, new[] { 0, 1 }, 2)).ClassNames);
    }

    [Fact]
    public void RegressionIsScaledAndScaledBack()
    {
        Dataset data = BuiltInDatasets.Diabetes();
        Preprocessing p = Preprocessing.Fit(data);
        Assert.Equal(DataTask.Regression, p.Task);
        Assert.NotNull(p.Targets);
        Dataset scaled = p.Transform(data);
        Assert.Equal((151 - 152.1335) / 77.0057, scaled.Targets[0], 1e-4);
        float[] outputs = scaled.Targets.ToArray();
        p.InverseTargets(outputs);
        Assert.Equal(data.Targets.ToArray(), outputs, (a, b) => Math.Abs(a - b) < 1e-3f);

        Preprocessing raw = Preprocessing.Fit(data, Scaling.Standard, scaleTargets: false);
        Assert.Null(raw.Targets);
        Assert.Equal(data.Targets.ToArray(), raw.Transform(data).Targets.ToArray());
        float[] same = [1.5f];
        raw.InverseTargets(same);
        Assert.Equal([1.5f], same);
    }

    [Fact]
    public void JsonRoundTrips()
    {
        Dataset odd = new(new float[] { 1, 2, 5, 9 }, 2, new[] { 1, 0 }, 2)
        {
            FeatureNames = ["a \"b\"", "\u00e9\n"],
            ClassNames = ["", "\\"],
            TargetNames = ["\u4e2d"],
        };
        foreach (Preprocessing p in new[] { Preprocessing.Fit(odd), Preprocessing.Fit(BuiltInDatasets.Diabetes()), Preprocessing.Fit(BuiltInDatasets.Digits()) })
        {
            Preprocessing back = Preprocessing.FromJson(p.ToJson());
            Assert.Equal(p.Task, back.Task);
            Assert.Equal(p.FeatureNames, back.FeatureNames);
            Assert.Equal(p.ClassNames, back.ClassNames);
            Assert.Equal(p.TargetNames, back.TargetNames);
            Assert.Equal(p.Features.ToJson(), back.Features.ToJson());
            Assert.Equal(p.Targets?.ToJson(), back.Targets?.ToJson());
            Assert.Equal(p.ToJson(), back.ToJson());
        }
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":4", "fastmlp.preprocessing: version 4 is not supported; this release reads versions 1 to 3.")]
    [InlineData("\"version\":1", "\"version\":2", "fastmlp.preprocessing: the member \"columns\" is missing.")]
    [InlineData("\"version\":1", "\"version\":\"1\"", "fastmlp.preprocessing: the member \"version\" is String; Number was expected.")]
    [InlineData("classification", "guess", "fastmlp.preprocessing: the task \"guess\" is unknown; classification or regression was expected.")]
    [InlineData("\"a\"", "7", "fastmlp.preprocessing: \"featureNames\"[0] is 7; text was expected.")]
    [InlineData("[\"a\"]", "[\"a\",\"b\"]", "fastmlp.preprocessing: 2 feature names for 1 features.")]
    [InlineData("\"scale\":[1]", "\"scale\":[1e99]", "fastmlp.preprocessing.features: column 0")]
    [InlineData("\"features\"", "\"x\"", "fastmlp.preprocessing: the member \"features\" is missing.")]
    [InlineData("\"a\"", "\"\\ud800\"", "fastmlp.preprocessing: a JSON string is not valid text.")]
    public void MalformedJsonIsAModelError(string old, string changed, string message)
    {
        string json = new Preprocessing { Task = DataTask.Classification, Features = Scaler.Identity(1), FeatureNames = ["a"] }.ToJson();
        string broken = json.Replace(old, changed);
        Assert.NotEqual(json, broken);
        Assert.StartsWith(message, Assert.Throws<ModelFormatException>(() => Preprocessing.FromJson(broken)).Message);
    }

    [Fact]
    public void TravelsWithTheNetwork()
    {
        using Network network = Network.Input(4).Dense(3, Activation.Softmax).Build(seed: 1);
        Assert.Null(Preprocessing.From(network));
        Preprocessing iris = Preprocessing.Fit(BuiltInDatasets.Iris());
        iris.Attach(network);
        Assert.Equal(iris.ToJson(), network.Metadata["fastmlp.preprocessing"]);
        Assert.Equal(iris.ToJson(), Preprocessing.From(network)!.ToJson());

        Assert.Contains("scales 13 features, but the network takes 4", Assert.Throws<ArgumentException>(() => Preprocessing.Fit(BuiltInDatasets.Wine()).Attach(network)).Message);
        Assert.Contains("names 2 classes", Assert.Throws<ArgumentException>(() => (iris with { ClassNames = ["a", "b"] }).Attach(network)).Message);
        Assert.Contains("scales 1 targets", Assert.Throws<ArgumentException>(() => (iris with { Targets = Scaler.Identity(1) }).Attach(network)).Message);
        network.Metadata[Preprocessing.MetadataKey] = Preprocessing.Fit(BuiltInDatasets.Wine()).ToJson();
        Assert.Contains("scales 13 features", Assert.Throws<ModelFormatException>(() => Preprocessing.From(network)).Message);
        network.Metadata[Preprocessing.MetadataKey] = "{";
        Assert.Throws<ModelFormatException>(() => Preprocessing.From(network));
    }
}
