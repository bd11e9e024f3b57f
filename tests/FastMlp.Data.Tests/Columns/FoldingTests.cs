using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>A scaling folded into the weights gives what scaling first gives, up to rounding.</summary>
public class FoldingTests
{
    [Theory]
    [InlineData(Bias.PerUnit)]
    [InlineData(Bias.Shared)]
    [InlineData(Bias.None)]
    public void RawRowsGiveWhatScaledRowsGave(Bias bias)
    {
        Dataset wine = BuiltInDatasets.Wine();
        Scaler scaler = Scaler.Standard(wine);
        using Network network = Network.Input(13).Dense(9, Activation.PRelu(0.1f), bias).Dense(5, Activation.Tanh, bias).Dense(3, Activation.Softmax, bias).Build(seed: 4);
        if (network.Tensors.Find("layers.0.bias") is { } first)
        {
            first.CopyFrom([.. Enumerable.Range(0, first.Length).Select(i => 0.1f * (i + 1))]);
        }

        network.Tensors["layers.0.activation.slope"].CopyFrom([0.3f]);
        network.Metadata["note"] = "kept";
        float[] expected = network.Predict(scaler.Transform(wine).Features);
        using Network folded = scaler.Fold(network);
        using Predictor predictor = folded.Freeze();
        float[] actual = new float[expected.Length];
        predictor.Predict(wine.Features, actual);
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < 2e-5f);
        Assert.Equal(expected, network.Predict(scaler.Transform(wine).Features));
        Assert.Equal("kept", folded.Metadata["note"]);
        Assert.Equal(bias, ((DenseSpec)folded.Specification[1]).Bias);
        Assert.Throws<ArgumentException>(() => Scaler.Identity(12).Fold(network));
    }

    /// <summary>Layers between the dense ones are kept, whatever becomes of the biases.</summary>
    [Theory]
    [InlineData(Bias.PerUnit)]
    [InlineData(Bias.None)]
    public void SoItIsWithOtherLayers(Bias bias)
    {
        Dataset wine = BuiltInDatasets.Wine();
        Scaler scaler = Scaler.Standard(wine);
        using Network network = Network.Input(13).Dropout(0.2f).Dense(9, bias: bias).BatchNorm().Activate(Activation.Relu).Dropout(0.5f).Residual(b => b.Dense(9, Activation.Tanh)).Dense(5, Activation.Tanh).LayerNorm().Dense(3, Activation.Softmax).Build(seed: 4);
        network.Fit(scaler.Transform(wine), new FitOptions { Epochs = 2 });
        float[] expected = network.Predict(scaler.Transform(wine).Features);
        using Network folded = scaler.Fold(network);
        Assert.Equal(expected, folded.Predict(wine.Features), (a, b) => Math.Abs(a - b) < 2e-5f);
        Assert.Equal(network.Specification.Select(layer => layer.Kind), folded.Specification.Select(layer => layer.Kind));
    }

    [Fact]
    public void WhatAScalingCannotGoIntoIsRefused()
    {
        Scaler scaler = Scaler.Standard(BuiltInDatasets.Iris());
        using Network normalized = Network.Input(4).BatchNorm().Dense(3).Build();
        using Network around = Network.Input(4).Residual(b => b.Dense(4)).Dense(3).Build();
        Assert.Contains("alone takes", Assert.Throws<ArgumentException>(() => scaler.Fold(normalized)).Message);
        Assert.Contains("alone takes", Assert.Throws<ArgumentException>(() => scaler.Fold(around)).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARegressionAnswersInTheUnitOfTheData(bool deep)
    {
        Dataset data = BuiltInDatasets.Diabetes();
        Preprocessing p = Preprocessing.Fit(data);
        NetworkBuilder builder = Network.Input(10);
        using Network network = (deep ? builder.Dense(7, Activation.Relu) : builder).Dense(1, bias: Bias.None).Build(seed: 2);
        float[] expected = network.Predict(p.Transform(data).Features);
        p.InverseTargets(expected);
        using Network folded = p.Fold(network);
        Assert.Equal(expected, folded.Predict(data.Features), (a, b) => Math.Abs(a - b) < 1e-4f * Math.Abs(a));

        // What is stored with it does no scaling again.
        Preprocessing left = Preprocessing.From(folded)!;
        Assert.True(left.Features.IsIdentity);
        Assert.Null(left.Targets);
        Assert.Equal(p.FeatureNames, left.FeatureNames);
    }

    [Fact]
    public void TargetsStayScaledBehindAnotherActivation()
    {
        Dataset data = BuiltInDatasets.Diabetes();
        Preprocessing p = Preprocessing.Fit(data);
        using Network network = Network.Input(10).Dense(1, Activation.Tanh).Build(seed: 2);
        float[] expected = network.Predict(p.Transform(data).Features);
        using Network folded = p.Fold(network);
        Preprocessing left = Preprocessing.From(folded)!;
        Assert.NotNull(left.Targets);
        Assert.Equal(expected, folded.Predict(data.Features), (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public void WhatCannotBeHeldIsRefused()
    {
        using Network network = Network.Input(1).Dense(1).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom([1e30f]);
        Dataset tiny = new(new[] { 0, 1e-20f }, 1, new[] { 0f, 1 }, 1);
        Assert.Contains("beyond the range", Assert.Throws<ArgumentException>(() => Scaler.Standard(tiny).Fold(network)).Message);
    }

    [Fact]
    public void EncodedRowsNeedNoScalingEither()
    {
        RawTable table = CsvDataset.LoadTable(new StringReader("c,n,t\na,1,0.5\nb,2,1\nc,300,2\na,,7\n"), new CsvOptions { Missing = Missing.Mean });
        Preprocessing p = Preprocessing.Fit(table);
        using Network network = Network.Input(p.Features.Size).Dense(4, Activation.Tanh).Dense(1).Build(seed: 3);
        using Network folded = p.Fold(network);
        float[] features = new float[p.Columns!.FeatureCount];
        Preprocessing.From(folded)!.Columns!.Encode(["b", null], features);
        float[] expected = network.Predict(p.Transform(table.Select([1])).Features);
        Assert.Equal(p.FeatureNames, p.Columns.FeatureNames);
        p.Columns.Encode(["b", "2"], features);
        p.InverseTargets(expected);
        Assert.Equal(expected[0], folded.Predict(features)[0], 1e-5f);
    }
}
