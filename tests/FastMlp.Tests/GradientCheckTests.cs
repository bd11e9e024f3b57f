using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class GradientCheckTests
{
    private const int Inputs = 4;
    private const int Outputs = 3;

    [Theory]
    [MemberData(nameof(Catalogue.GradientCases), MemberType = typeof(Catalogue))]
    public void ItFindsTheEngineRight(string activation, string loss, Bias bias)
    {
        // Outputs between 0 and 1 suit every loss.
        using Network network = Network.Input(Inputs).Dense(7, Catalogue.Trainable[activation], bias).Dense(5, Activation.Tanh, bias).Dense(Outputs, loss == "CrossEntropy" ? Activation.Softmax : Activation.Sigmoid).Build(1).Fill(3);
        GradientCheckReport report = GradientCheck.Run(network, Catalogue.Losses[loss], Numbers.Uniform(1, 6 * Inputs), Numbers.Distributions(2, 6, Outputs));
        Assert.True(report.IsRight, report.ToString());
        Assert.InRange(report.Checked, 70, network.ParameterCount);
        Assert.Equal(network.ParameterCount, report.Checked + report.Skipped);
    }

    [Theory]
    [MemberData(nameof(Catalogue.FurtherLossNames), MemberType = typeof(Catalogue))]
    public void SoWithEveryLoss(string loss)
    {
        using Network network = Network.Input(Inputs).Dense(6, Activation.Gelu).Dense(Outputs, Activation.Sigmoid).Build(1).Fill(3);
        int size = loss == "Quantile" ? 1 : Outputs;
        GradientCheckReport report = GradientCheck.Run(network, Catalogue.FurtherLosses[loss], Numbers.Uniform(1, 6 * Inputs), Numbers.Uniform(2, 6 * size, 0, 1));
        Assert.True(report.IsRight, report.ToString());
    }

    [Theory]
    [MemberData(nameof(Catalogue.ClassWeightedNames), MemberType = typeof(Catalogue))]
    public void SoWithLabelsAndWeightsOfClasses(string loss)
    {
        using Network network = Network.Input(Inputs).Dense(6, Activation.Relu).Dense(Outputs, loss.StartsWith("Cross", StringComparison.Ordinal) ? Activation.Softmax : Activation.Sigmoid).Build(1).Fill(3);
        GradientCheckReport report = GradientCheck.Run(network, Catalogue.ClassWeighted[loss], Numbers.Uniform(1, 9 * Inputs), Numbers.Labels(2, 9, Outputs));
        Assert.True(report.IsRight, report.ToString());
    }

    [Fact]
    public void DropoutIsChecked()
    {
        using Network network = Network.Input(Inputs).Dense(12, Activation.Tanh).Dropout(0.4f).Dense(Outputs, Activation.Softmax).Build(1).Fill(3);
        GradientCheckReport report = GradientCheck.Run(network, Loss.CrossEntropy, Numbers.Uniform(1, 6 * Inputs), Numbers.Labels(2, 6, Outputs));
        Assert.True(report.IsRight, report.ToString());
        Assert.InRange(report.Checked, network.ParameterCount / 2, network.ParameterCount);
    }

    [Fact]
    public void GammaAndBetaOfBothNormsAreChecked()
    {
        using Network network = WithBothNorms();
        GradientCheckReport report = GradientCheck.Run(network, Loss.CrossEntropy, Numbers.Uniform(1, 12 * Inputs), Numbers.Labels(2, 12, Outputs));
        Assert.True(report.IsRight, report.ToString());
        Assert.Equal(network.ParameterCount, report.Checked + report.Skipped);
        Assert.InRange(report.Skipped, 0, network.ParameterCount / 10);
    }

    [Theory]
    [InlineData("layers.2.weight")]
    [InlineData("layers.1.bias")]
    [InlineData("norms.0.weight")]
    [InlineData("norms.1.weight")]
    [InlineData("norms.0.bias")]
    [InlineData("norms.1.bias")]
    public void AWrongGradientIsNamedByItsTensorAndPlace(string name)
    {
        using Network network = WithBothNorms();
        float[] before = Parameters.Of(network);
        GradientCheckReport report = GradientCheck.Run(network, Loss.CrossEntropy, Numbers.Uniform(1, 12 * Inputs), [], Numbers.Labels(2, 12, Outputs), 200, (tensor, gradient) =>
        {
            if (tensor == name)
            {
                int largest = Enumerable.Range(0, gradient.Length).MaxBy(i => Math.Abs(gradient[i]));
                gradient[largest] *= 1.5f;
            }
        });
        Assert.Equal((name, false), (report.Tensor, report.IsRight));
        Assert.Equal(1.0 / 3, report.LargestError, 0.03);
        Bits.Equal(before, Parameters.Of(network), "parameters");
    }

    [Fact]
    public void AKinkIsSkippedAndNotTakenForAnError()
    {
        // z is exactly 0 for the first row: no difference over that point means anything.
        using Network network = Network.Input(1).Dense(1, Activation.Relu, Bias.None).Dense(1).Build(1);
        network.Tensors["layers.0.weight"].CopyFrom([0]);
        network.Tensors["layers.1.weight"].CopyFrom([1]);
        GradientCheckReport report = GradientCheck.Run(network, Loss.Quadratic, [1], new float[] { 1 });
        Assert.Equal(1, report.Skipped);
        Assert.True(report.IsRight, report.ToString());
    }

    [Fact]
    public void FewOfManyParametersAreSpreadOverTheTensor()
    {
        using Network network = Network.Input(50).Dense(40, Activation.Tanh).Dense(Outputs, Activation.Softmax).Build(1);
        float[] before = Parameters.Of(network);
        GradientCheckReport report = GradientCheck.Run(network, Loss.CrossEntropy, Numbers.Uniform(1, 3 * 50), Numbers.Labels(2, 3, Outputs), perTensor: 10);
        Assert.Equal(33, report.Checked);
        Assert.True(report.IsRight, report.ToString());
        Bits.Equal(before, Parameters.Of(network), "parameters");
        Refusal.Names(() => GradientCheck.Run(network, Loss.CrossEntropy, new float[7], new int[1]), "whole number of rows");
    }

    [Fact]
    public void TheReportNamesThePlaceAndBothValues()
    {
        // L = (w - 1)^2, dL/dw = 2 at w = 2.
        using Network network = Network.Input(1).Dense(1, bias: Bias.None).Build(1);
        network.Tensors["layers.0.weight"].CopyFrom([2]);
        GradientCheckReport right = GradientCheck.Run(network, Loss.MeanSquaredError, [1], new float[] { 1 });
        Assert.Equal(("layers.0.weight", 0, 1, true), (right.Tensor, right.Index, right.Checked, right.IsRight));
        Assert.Equal(2, right.Expected, 1e-2);
        Assert.Equal(2, right.Computed, 1e-6);
        Assert.False((right with { LargestError = 0.06 }).IsRight);
        Assert.False((right with { LargestError = double.NaN }).IsRight);
        Assert.False((right with { Checked = 0 }).IsRight);
    }

    [Fact]
    public void AWrongGradientIsFoundWhereItIs()
    {
        GradientCheckReport start = new(0, 5e-2, "", 0, 0, 0, Checked: 6, Skipped: 0);
        List<(int, double)> differences = [(0, 1), (3, -2), (4, 1e-4)];
        GradientCheckReport right = GradientCheck.Worst(start, "a", [1, 9, 9, -2, 1e-4f], differences, 0.02);
        Assert.True(right.IsRight && right.Tensor == "a");

        // A factor of 2, and a sign; the entry far below the floor counts little.
        GradientCheckReport doubled = GradientCheck.Worst(right, "b", [1, 9, 9, -4, 2e-4f], differences, 0.02);
        Assert.Equal((0.5, "b", 3, -4, -2, false), (doubled.LargestError, doubled.Tensor, doubled.Index, doubled.Computed, doubled.Expected, doubled.IsRight));
        GradientCheckReport turned = GradientCheck.Worst(doubled, "c", [-1, 9, 9, -2, 1e-4f], differences, 0.02);
        Assert.Equal((2, "c", 0), (turned.LargestError, turned.Tensor, turned.Index));
        Assert.True(double.IsNaN(GradientCheck.Worst(turned, "d", [float.NaN, 9, 9, -2, 1e-4f], differences, 0.02).LargestError));
    }

    private static Network WithBothNorms() => Network.Input(Inputs).Dense(8, Activation.Tanh).BatchNorm()
        .Residual(body => body.Dense(8, Activation.Gelu).LayerNorm())
        .Dense(Outputs, Activation.Softmax).Build(1).Fill(3);
}
