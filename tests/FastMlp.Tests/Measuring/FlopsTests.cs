using FastMlp.Measuring;

namespace FastMlp.Tests.Measuring;

public class FlopsTests
{
    [Fact]
    public void ForwardIsTwoForEachWeightAndRow() => Assert.Equal(2.0 * 32 * ((784 * 128) + (128 * 10)), Flops.Forward([784, 128, 10], 32));

    [Fact]
    public void AStepHasNoDeltaForItsInput()
    {
        // Forward and dW of both layers, dX of the second.
        double first = 2.0 * 32 * 784 * 128, second = 2.0 * 32 * 128 * 10;
        Assert.Equal((2 * (first + second)) + second, Flops.TrainingStep([784, 128, 10], 32));
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 784 })]
    public void NoLayerIsNoWork(int[] sizes)
    {
        Assert.Equal(0, Flops.Forward(sizes, 32));
        Assert.Equal(0, Flops.TrainingStep(sizes, 32));
    }

    [Fact]
    public void LargeNetworksDoNotOverflow() => Assert.Equal(2e15, Flops.Forward([100_000, 100_000], 100_000));
}
