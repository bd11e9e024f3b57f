using FastMlp.Tests.Kernels;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>A predictor with bfloat16 weights has the bits of a network whose weights were rounded and whose other parameters were not.</summary>
public class WeightFormatTests
{
    /// <summary>Inputs and layers: panels of two vectors, even and odd in number, of one vector, one unit, more inputs than one block of k.</summary>
    public static TheoryData<int, string> Architectures =>
        new()
        {
            { 40, "64 Relu, 48 Tanh, 10 Softmax" },
            { 17, "40 PRelu, 17 Gelu, 3 Identity" },
            { 200, "32 Relu, 1 Sigmoid" },
            { 5, "1 Tanh, 33 Elu, 1 Identity" },
            { 1030, "200 Relu, 100 Silu, 20 Softmax" },
            { 2100, "16 Identity, 96 LeakyRelu, 160 ScaledSigmoidLearnt" },
        };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void BitsAreThoseOfRoundedWeights(int inputs, string layers)
    {
        using Network network = Catalogue.Build(inputs, layers);
        using Network rounded = Rounded(network);
        using Predictor predictor = network.Freeze(WeightFormat.BFloat16);
        Assert.Equal(WeightFormat.BFloat16, predictor.Weights);
        foreach (bool isSparse in new[] { false, true })
        {
            foreach (int rows in new[] { 1, 2, 3, 5, 40, 300 })
            {
                float[] x = isSparse ? Numbers.Sparse(rows, rows * inputs, 0.7f) : Numbers.Uniform(rows, rows * inputs);
                float[] y = new float[rows * network.OutputSize];
                Array.Fill(y, float.NaN);
                predictor.Predict(x, y);
                Bits.Equal(rounded.Predict(x), y, $"{rows} rows, sparse: {isSparse}");
                Assert.False(Bits.AreEqual(network.Predict(x), y));
            }
        }
    }

    /// <summary>
    /// Rows of which much is 0 read another copy of the weights when the network is frozen: in one piece and several, an odd number of vectors, more
    /// inputs than one block of k, layers behind what is never 0 and behind rectifiers; and each again as a row of a batch.
    /// </summary>
    [Theory]
    [InlineData(40, "64 Relu, 10 Softmax")]
    [InlineData(100, "1152 Relu, 97 Relu, 3 Identity")]
    [InlineData(300, "73 Tanh, 150 Step, 120 Relu, 200 LeakyRelu, 60 Identity")]
    [InlineData(2100, "96 Relu, 200 Sigmoid, 2 Softmax")]
    public void AsTrainedTheBitsAreTheNetworks(int inputs, string layers)
    {
        using Network network = Catalogue.Build(inputs, layers);
        using Predictor predictor = network.Freeze();
        Assert.Equal(WeightFormat.Float32, predictor.Weights);
        using Predictor half = network.Freeze(WeightFormat.BFloat16);
        foreach (float zeros in new[] { 0, 0.2f, 0.5f, 0.9f, 0.995f, 1 })
        {
            const int Rows = 5;
            float[] x = Numbers.Sparse(1, Rows * inputs, zeros);
            float[] expected = network.Predict(x);
            Assert.Equal(expected.Length, Rows * network.OutputSize);
            float[] y = new float[expected.Length];
            predictor.Predict(x, y);
            Bits.Equal(expected, y, $"rows together, {zeros} of them 0");
            half.Predict(x, y);
            for (int row = 0; row < Rows; row++)
            {
                int n = network.OutputSize;
                float[] one = new float[n];
                predictor.Predict(x.AsSpan(row * inputs, inputs), one);
                Bits.Equal(expected.AsSpan(row * n, n).ToArray(), one, $"row {row}, {zeros} of it 0");
                half.Predict(x.AsSpan(row * inputs, inputs), one);
                Bits.Equal(y.AsSpan(row * n, n).ToArray(), one, $"bfloat16, row {row}, {zeros} of it 0");
            }
        }
    }

    /// <summary>No bit tells whether a frozen layer has its weights by inputs too: large ones behind what may be 0 often, and none that is trained.</summary>
    [Fact]
    public void LayersBehindZerosKeepTheirWeightsByInputsToo()
    {
        using Network network = Network.Input(128)
            .Dropout(0.1f).Dense(64, Activation.Relu)
            .Dropout(0.1f).Dense(128, Activation.Step)
            .Dense(64, Activation.Tanh)
            .Dense(128)
            .LayerNorm().Activate(Activation.Relu).Dense(64, Activation.Relu)
            .Dense(127, Activation.Relu)
            .Dense(1, Activation.Identity)
            .Build(1);
        Assert.Equal([true, true, true, false, true, false, false], network.Stack.Frozen(WeightFormat.Float32).Dense.Select(layer => layer.HasRows));
        Assert.Equal([true, true, true, false, true, false, false], network.Stack.Frozen(WeightFormat.BFloat16).Dense.Select(layer => layer.HasRows));
        Assert.DoesNotContain(network.Stack.Dense, layer => layer.HasRows);
    }

    [Fact]
    public void ScoresAreThoseOfRoundedWeights()
    {
        const int rows = 130;
        using Network network = Catalogue.Build(40, "64 Relu, 5 Softmax");
        using Network rounded = Rounded(network);
        using Predictor predictor = network.Freeze(WeightFormat.BFloat16);
        Dataset data = new(Numbers.Uniform(1, rows * 40), 40, Numbers.Labels(2, rows, 5), 5);
        Evaluation expected = rounded.Evaluate(data);
        Evaluation actual = predictor.Evaluate(data);
        Assert.Equal(expected.Rows, actual.Rows);
        Bits.Equal([expected.Loss, expected.Accuracy, expected.Rmse, expected.R2], [actual.Loss, actual.Accuracy, actual.Rmse, actual.R2], "scores");
        Assert.Equal(expected.Confusion, actual.Confusion);
        Assert.NotEqual(network.Evaluate(data).Loss, actual.Loss);
    }

    [Fact]
    public void ExtremeWeightsStayFinite()
    {
        using Network network = Network.Input(2).Dense(32).Build(1);
        float[] weight = new float[64];
        for (int i = 0; i < weight.Length; i += 2)
        {
            weight[i] = i % 4 == 0 ? float.MaxValue : -float.MaxValue;
            weight[i + 1] = 1e-40f * i;
        }

        network.Tensors["layers.0.weight"].CopyFrom(weight);
        using Network rounded = Rounded(network);
        using Predictor predictor = network.Freeze(WeightFormat.BFloat16);
        foreach (int rows in new[] { 1, 7 })
        {
            float[] x = Numbers.Uniform(rows, 2 * rows);
            float[] y = new float[32 * rows];
            predictor.Predict(x, y);
            Bits.Equal(rounded.Predict(x), y, $"{rows} rows");
            Assert.DoesNotContain(y, a => !float.IsFinite(a));
        }
    }

    /// <summary>A copy with every weight at its nearest bfloat16.</summary>
    private static Network Rounded(Network network)
    {
        Network rounded = network.Clone();
        foreach (Tensor weight in rounded.Tensors.Where(tensor => tensor.Role == TensorRole.Weight))
        {
            weight.CopyFrom(Array.ConvertAll(weight.ToArray(), RoundedExactly.ToBFloat16));
        }

        return rounded;
    }
}
