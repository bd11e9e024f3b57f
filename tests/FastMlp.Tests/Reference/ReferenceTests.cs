using FastMlp.Tests.Support;

namespace FastMlp.Tests.Reference;

/// <summary>The oracle against its own central differences, and against numbers from elsewhere.</summary>
public class ReferenceTests
{
    [Theory]
    [MemberData(nameof(Catalogue.GradientCases), MemberType = typeof(Catalogue))]
    public void GradientsAreCentralDifferences(string activation, string loss, Bias bias)
    {
        AssertGradients(Sample.Create([6, 5, 4, 3], Catalogue.Trainable[activation], Catalogue.Losses[loss], bias, rows: 3), byLabels: false, byWeights: false);
    }

    [Theory]
    [MemberData(nameof(Catalogue.FurtherLossNames), MemberType = typeof(Catalogue))]
    public void SoAreThoseOfFurtherLosses(string loss)
    {
        foreach (Activation activation in new[] { Activation.Sigmoid, Activation.Softmax, Activation.Softplus })
        {
            Sample sample = Sample.Create([6, 5, 3], activation, Catalogue.FurtherLosses[loss], Bias.PerUnit, rows: 3);
            AssertGradients(sample, byLabels: false, byWeights: false);
            AssertGradients(sample, byLabels: false, byWeights: true);
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.ClassWeightedNames), MemberType = typeof(Catalogue))]
    public void SoAreThoseOfWeightedClasses(string loss)
    {
        Sample sample = Sample.Create([6, 5, 3], Activation.Softmax, Catalogue.ClassWeighted[loss], Bias.PerUnit, rows: 5);
        AssertGradients(sample, byLabels: true, byWeights: false);
        AssertGradients(sample, byLabels: true, byWeights: true);
    }

    private static void AssertGradients(Sample sample, bool byLabels, bool byWeights)
    {
        ReferenceNetwork network = sample.BuildReference();
        ReferenceLoss function = ReferenceBridge.From(sample.Loss);
        double[][] x = sample.XRows;
        double[][] y = byLabels ? sample.LabelRows : sample.TargetRows;
        double[]? weights = byWeights ? ReferenceBridge.ToDouble(sample.RowWeights) : null;
        network.ComputeGradients(x, y, function, weights);
        foreach (ReferenceLayer layer in network.Layers)
        {
            foreach ((double[] values, double[] gradient) in layer.Parameters())
            {
                for (int i = 0; i < values.Length; i++)
                {
                    // Truncation is 1e-10 / 6 of the third derivative, some 600 where a log of 0.15 is taken; rounding is 1e-16 / 1e-5.
                    double difference = CentralDifference(values, i, 1e-5, () => network.Loss(x, y, function, weights));
                    Near.Equal(difference, gradient[i], 1e-8 * Math.Max(1, Near.Largest(gradient)), $"gradient[{i}]");
                }
            }
        }
    }

    [Theory]
    [InlineData(0.1, 0.1124629160182849)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1.0, 0.8427007929497149)]
    [InlineData(2.0, 0.9953222650189527)]
    [InlineData(-3.0, -0.9999779095030014)]
    public void ErfIsThatOfTheTables(double x, double expected) =>
        Near.Equal(expected, ReferenceActivation.Erf(x), 4e-16, "erf");

    [Theory]
    [InlineData("Identity", -0.7, -0.7)]
    [InlineData("Step", 0.0, 0.0)]
    [InlineData("Step", 0.1, 1.0)]
    [InlineData("Sigmoid", -0.7, 0.3318122278318339)]
    [InlineData("Tanh", -0.7, -0.6043677771171636)]
    [InlineData("Relu", -0.7, 0.0)]
    [InlineData("Selu", -0.7, -0.8850530456)]
    [InlineData("Selu", 0.7, 0.7354906911)]
    [InlineData("Gelu", -0.7, -0.1693745566)]
    [InlineData("Silu", -0.7, -0.2322685595)]
    [InlineData("Softplus", -0.7, 0.4031860489)]
    [InlineData("LeakyRelu", -0.7, -0.07)]
    [InlineData("Elu", -0.7, -0.6544391051)]
    [InlineData("ScaledSigmoid", -0.7, 0.4362569517)]
    [InlineData("PRelu", -0.7, -0.175)]
    public void ValuesAreThoseOfTheFormulas(string activation, double z, double expected) =>
        // The activations' constants are floats, so 0.1 is 0.1 to within 2^-24 only.
        Near.Equal(expected, ReferenceBridge.From(Catalogue.All[activation]).Value([z])[0], Near.Epsilon, activation);

    [Fact]
    public void AStepWithL2OfThe321SigmoidNet()
    {
        ReferenceNetwork network = new(
            new ReferenceLayer(3, 2, 2, new(ReferenceFunction.Sigmoid)) { Weight = [0.1, 0.3, 0.5, 0.2, 0.1, 0], Bias = [0.1, 0.1] },
            new ReferenceLayer(2, 1, 1, new(ReferenceFunction.Sigmoid)) { Weight = [0.1, 0.2], Bias = [1] });
        double[][] x = [[0.6, 0.8, 0.7]];
        Near.Equal(0.765452, network.Predict(x)[0][0], 5e-7, "a before the step");

        network.ComputeGradients(x, [[0.0]], ReferenceLoss.BinaryCrossEntropy);
        new ReferenceSgd(0.1, weightDecay: 0.1).Step(network);

        AssertSevenDecimals([0.0979993, 0.2956657, 0.4938325, 0.1957546, 0.0960061, -0.0026197], network.Layers[0].Weight, "W1");
        AssertSevenDecimals([0.0983321, 0.0962576], network.Layers[0].Bias, "b1");
        AssertSevenDecimals([0.0470121, 0.1540292], network.Layers[1].Weight, "W2");
        AssertSevenDecimals([0.9234548], network.Layers[1].Bias, "b2");
        Near.Equal(0.739492, network.Predict(x)[0][0], 5e-7, "a after the step");
    }

    [Fact]
    public void ASgdStepOfThe231SigmoidNet()
    {
        ReferenceNetwork network = new(
            new ReferenceLayer(2, 3, 3, new(ReferenceFunction.Sigmoid))
            {
                Weight = [-0.2109, -0.4976, -0.1413, -0.3420, -0.2524, 0.6976],
                Bias = [-0.1085, -0.2979, 0.6892],
            },
            new ReferenceLayer(3, 1, 1, new(ReferenceFunction.Sigmoid)) { Weight = [-0.0508, -0.3941, -0.2843], Bias = [-0.0711] });
        double[][] x = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]];

        // dL/da = (a - y) / 3 = 1, the gradient of the sum of the outputs.
        double[][] y = Array.ConvertAll(network.Predict(x), row => new[] { row[0] - 3 });
        network.ComputeGradients(x, y, ReferenceLoss.Quadratic);
        new ReferenceSgd(0.1).Step(network);

        AssertSevenDecimals([-0.2106407, -0.4972533, -0.1393265, -0.3393623, -0.2511653, 0.6992530], network.Layers[0].Weight, "W0");
    }

    private static void AssertSevenDecimals(double[] expected, double[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            // One unit of the seventh decimal: two of the printed digits are rounded the wrong way.
            Near.Equal(expected[i], actual[i], 1e-7, $"{what}[{i}]");
        }
    }

    internal static double CentralDifference(double[] values, int index, double step, Func<double> loss)
    {
        double kept = values[index];
        values[index] = kept + step;
        double above = loss();
        values[index] = kept - step;
        double below = loss();
        values[index] = kept;
        return (above - below) / (2 * step);
    }
}
