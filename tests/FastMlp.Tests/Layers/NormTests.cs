using FastMlp.Serialization;
using FastMlp.Tests.Serialization;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>Batch and layer normalization by hand, their statistics, and what leaves them alone.</summary>
public class NormTests
{
    private static readonly Sgd still = new(1e-30f);

    [Fact]
    public void BatchNormByHand()
    {
        using Network network = OneColumn();
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = still });

        // Mean 2.5; squares from it 2.25 + 0.25 + 0.25 + 2.25 = 5, over 4 rows 1.25, over 3 it is 5/3.
        float loss = trainer.Step([1, 2, 3, 4], [0f, 0, 0, 0]);

        Near.Equal(0.5 * 1.25 / 1.25001, loss, 1e-6, "loss");
        float[] statistic = new float[1];
        network.Tensors["norms.0.running_mean"].CopyTo(statistic);
        Near.Equal(0.25, statistic[0], 1e-7, "running mean");
        network.Tensors["norms.0.running_var"].CopyTo(statistic);
        Near.Equal(0.9 + (0.1 * 5 / 3), statistic[0], 1e-6, "running variance");
        Near.Equal((1 - 0.25) / Math.Sqrt((0.9 + (0.1 * 5 / 3)) + 1e-5), network.Predict([1])[0], 1e-6, "prediction");
    }

    [Fact]
    public void LayerNormByHand()
    {
        using Network network = Network.Input(4).LayerNorm().Dense(4, initializer: Initializer.Zeros).Build();
        float[] identity = new float[16];
        for (int i = 0; i < 4; i++)
        {
            identity[5 * i] = 1;
        }

        network.Tensors["layers.0.weight"].CopyFrom(identity);
        double deviation = Math.Sqrt(1.25001);
        Near.Equal([-1.5 / deviation, -0.5 / deviation, 0.5 / deviation, 1.5 / deviation], network.Predict([1, 2, 3, 4]), 1e-6, "row");

        // Far from 0, as precisely: the differences are exact in float32.
        Near.Equal([-1.5 / deviation, -0.5 / deviation, 0.5 / deviation, 1.5 / deviation], network.Predict([100001, 100002, 100003, 100004]), 1e-6, "far row");
    }

    [Fact]
    public void StatisticsOfManyRowsFarFromZeroLoseNoDigits()
    {
        const int rows = 5000;
        float[] x = Array.ConvertAll(Numbers.Uniform(1, rows), value => 1000 + value);
        double mean = x.Average(value => (double)value);
        double variance = x.Sum(value => Math.Pow(value - mean, 2)) / (rows - 1);
        using Network network = Network.Input(1).BatchNorm(momentum: 1).Dense(1).Build();
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = still });
        trainer.Step(x, new float[rows]);
        float[] statistic = new float[1];
        network.Tensors["norms.0.running_mean"].CopyTo(statistic);
        Near.Equal(mean, statistic[0], 1e-4, "mean");
        network.Tensors["norms.0.running_var"].CopyTo(statistic);
        Near.Equal(variance, statistic[0], 1e-5 * variance, "variance");
    }

    [Fact]
    public void OnlyATrainingPassMovesStatisticsAndOneRowDoesNot()
    {
        using Network network = OneColumn();
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = still });
        float[] start = Parameters.StatisticsOf(network);
        network.Predict([1, 2, 3]);
        network.Evaluate(new Dataset(new float[] { 1, 2, 3 }, 1, new float[3], 1));

        // One row is its own mean: the output is beta, the loss half its square.
        network.Tensors["norms.0.bias"].CopyFrom([2]);
        Assert.Equal(2, trainer.Step([5], [0f]));
        Bits.Equal(start, Parameters.StatisticsOf(network), "statistics");

        trainer.ComputeGradients([1, 2, 3], [0f, 0, 0]);
        Assert.NotEqual(start, Parameters.StatisticsOf(network));
    }

    [Fact]
    public void DecayLeavesNormsAloneUnlessAsked()
    {
        foreach (bool decays in new[] { false, true })
        {
            using Network network = Mixtures.Build("residual with norms");
            Optimizer optimizer = new Sgd(0.1f, momentum: 0.5f, weightDecay: 0.5f) { DecayBiases = decays };
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = optimizer, MaxNorm = 0.1f });
            float[] before = new float[24], gradient = new float[24], after = new float[24];
            network.Tensors["norms.1.weight"].CopyTo(before);
            trainer.ComputeGradients(Numbers.Uniform(1, 20 * 9), Numbers.Labels(2, 20, 5));
            trainer.Gradients["norms.1.weight"].CopyTo(gradient);
            float[] statistics = Parameters.StatisticsOf(network);
            trainer.ApplyGradients();
            network.Tensors["norms.1.weight"].CopyTo(after);
            double[] expected = [.. before.Select((gamma, j) => gamma - (0.1 * (gradient[j] + (decays ? 0.5 * gamma : 0))))];
            Near.Equal(expected, after, 1e-6, "gamma");
            Bits.Equal(statistics, Parameters.StatisticsOf(network), "statistics");
        }
    }

    [Theory]
    [InlineData("batch norm first", 0)]
    [InlineData("batch norm behind a linear layer", 0)]
    [InlineData("batch norm behind an activation", 0)]
    [InlineData("batch norm between activations", 4)]
    [InlineData("residual of norms alone", 1)]
    [InlineData("residual with norms", 0)]
    public void FreezeFoldsWhatItCan(string name, int left)
    {
        using Network network = Mixtures.Build(name);
        FastMlp.Layers.Layer[] folded = Folded(network).Layers;
        Assert.Equal(left, folded.Count(layer => layer is FastMlp.Layers.BatchNormLayer or FastMlp.Layers.ActivationLayer));
        Assert.Equal(network.Layers.Count(layer => layer.Spec is LayerNormSpec), folded.Count(layer => layer is FastMlp.Layers.LayerNormLayer));
    }

    [Fact]
    public void WhatFloat32CannotHoldIsNotFolded()
    {
        // Weights of 1e30 times a scale of 1e20: applied one after the other to an input of 1e-30 the answer is finite.
        using Network network = Network.Input(1).Dense(1).BatchNorm().Dense(1).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1e30f]);
        network.Tensors["norms.0.weight"].CopyFrom([1e20f]);
        network.Tensors["layers.1.weight"].CopyFrom([1e30f]);
        using Predictor predictor = network.Freeze();
        float[] y = new float[1];
        predictor.Predict([1e-36f], y);
        Assert.Equal(network.Predict([1e-36f]), y);
        Assert.Single(Folded(network).Layers, layer => layer is FastMlp.Layers.BatchNormLayer);
    }

    [Fact]
    public void TheFileHasPyTorchsNames()
    {
        using Network network = Network.Input(2).BatchNorm().Dense(3).LayerNorm().Dense(1).Build();
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        SafetensorsHeader header = Safetensors.ReadHeader(file);
        Assert.Equal(
            ["layers.0.bias [3]", "layers.0.weight [3, 2]", "layers.1.bias [1]", "layers.1.weight [1, 3]", "norms.0.bias [2]", "norms.0.running_mean [2]", "norms.0.running_var [2]", "norms.0.weight [2]", "norms.1.bias [3]", "norms.1.weight [3]"],
            header.Tensors.Select(tensor => $"{tensor.Name} {tensor.ShapeText}").Order(StringComparer.Ordinal));
        Assert.Equal(
            """{"format":2,"inputSize":2,"seed":0,"layers":[{"kind":"BatchNorm","momentum":0.1,"epsilon":1E-05},{"units":3,"activation":"Identity","bias":"PerUnit","initializer":"GlorotUniform"},{"kind":"LayerNorm","epsilon":1E-05},{"units":1,"activation":"Identity","bias":"PerUnit","initializer":"LecunUniform"}]}""",
            header.Metadata["fastmlp"]);
    }

    [Theory]
    [InlineData("""{"kind":"Convolution"}""", "known are Dropout, BatchNorm, LayerNorm, Activation, Residual")]
    [InlineData("""{"kind":3}""", "'kind' of layer 0 of the specification is '3'")]
    [InlineData("""{"kind":"Dropout","rate":1}""", "a share from 0 to below 1")]
    [InlineData("""{"kind":"Dropout","rate":0.5,"seed":1}""", "unknown member 'seed'")]
    [InlineData("""{"kind":"BatchNorm","momentum":2,"epsilon":1e-5}""", "'momentum' of layer 0 of the specification is '2'")]
    [InlineData("""{"kind":"LayerNorm","epsilon":0}""", "a positive, finite number")]
    [InlineData("""{"kind":"Activation","activation":"Softmax"}""", "give it to a dense layer")]
    [InlineData("""{"kind":"Residual","layers":[]}""", "must be an array of at least one layer")]
    [InlineData("""{"kind":"Residual","layers":[{"kind":"Dropout","rate":-1}]}""", "'rate' of layer 0 of layer 0 of the specification")]
    public void RefusesSpecifications(string layer, string message)
    {
        byte[] file = TestFiles.WithSpecification($$"""{"format":2,"inputSize":2,"seed":0,"layers":[{{layer}},{"units":1,"activation":"Identity","bias":"PerUnit","initializer":"HeNormal"}]}""");
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => TestFiles.Read(file));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesWhatCannotBe()
    {
        NetworkBuilder builder = Network.Input(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.BatchNorm(momentum: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.BatchNorm(epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.LayerNorm(float.NaN));
        Assert.Throws<ArgumentException>(() => builder.Activate(Activation.Softmax));
        Assert.Throws<ArgumentException>(() => builder.Activate(Activation.PRelu()));
        Assert.Throws<ArgumentException>(() => builder.Residual(_ => { }));
        Assert.Throws<InvalidOperationException>(() => builder.Residual(b => b.Dense(2).Build()));
        using Network network = builder.BatchNorm().Dense(1).Activate(Activation.Step).Dense(1).Build();
        Assert.Throws<ArgumentException>(() => network.Tensors["norms.0.running_var"].CopyFrom([-1, 1]));
        Assert.Throws<KeyNotFoundException>(() => network.Tensors["norms.1.weight"].CopyTo(new float[2]));
        Assert.Throws<InvalidOperationException>(() => new Trainer(network, new TrainerOptions()));
    }

    [Fact]
    public void ABlockThatChangesTheSizeIsProjected()
    {
        using Network network = Network.Input(3).Residual(b => b.Dense(4, Activation.Relu).Dense(2)).Dense(1).Build();
        Assert.Equal(4, network.LayerCount);
        Assert.Equal((3, 2, 6), (network.Layers[2].InputSize, network.Layers[2].OutputSize, network.Layers[2].ParameterCount));
        Assert.Equal((Activation.Identity, Bias.None), (((DenseSpec)network.Layers[2].Spec).Activation, ((DenseSpec)network.Layers[2].Spec).Bias));
        Assert.Equal((16 + 10 + 6 + 3), network.ParameterCount);
        Assert.Equal(
            ["layers.0 of -1", "layers.1 of 0", "layers.2 of -1", "sums.0 of 1 2", "layers.3 of 3"],
            network.Layers.Select(layer => $"{layer.Name} of {string.Join(' ', layer.Sources)}"));
    }

    private static FastMlp.Layers.Graph Folded(Network network)
    {
        ModelContents contents = network.Contents();
        return new(network.InputSize, FastMlp.Layers.PredictionFolding.Fold(contents.Layers, network.InputSize, contents.Tensors).Specs);
    }

    private static Network OneColumn()
    {
        Network network = Network.Input(1).BatchNorm().Dense(1).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1]);
        return network;
    }
}
