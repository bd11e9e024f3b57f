using System.Globalization;
using CommunityToolkit.HighPerformance;
using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;
using FastMlp.Simd;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>The same row alone and among others, of a network and of its predictor, where layers of every kernel meet: narrow, wide, one unit, zeros left out.</summary>
public class RowInvarianceTests
{
    private static readonly int[] Sizes = [2, 3, 7, 33, 300];

    public static TheoryData<string> ActivationNames => Catalogue.AllNames;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(200)]
    public void LayersOfEveryWidth(int units)
    {
        // The second follows rectifiers, whose zeros are left out.
        Check(90, $"{units} Relu, {units} Identity, 3 Tanh");
        Check(520, $"{units} Identity");
        Check(1040, $"{units} Relu, 130 Relu, {units} Softmax");
    }

    [Fact]
    public void WidthsInARow() => Check(50, "1 Tanh, 3 Relu, 10 Relu, 16 Relu, 17 Silu, 40 Relu, 100 Relu, 200 Relu, 1 Tanh, 200 Relu, 16 Identity");

    [Fact]
    public void SoftmaxOfEveryWidth()
    {
        for (int outputs = 2; outputs <= 20; outputs++)
        {
            Check(12, $"9 Tanh, {outputs.ToString(CultureInfo.InvariantCulture)} Softmax");
        }
    }

    /// <summary>Rows of 1 to 9 values in and out, shorter than a vector and one longer; batches of any length, so also the short last one.</summary>
    [Fact]
    public void ShortRows()
    {
        int[] sizes = [.. Enumerable.Range(2, 17)];
        for (int values = 1; values <= 9; values++)
        {
            string units = values.ToString(CultureInfo.InvariantCulture);
            Check(values, $"{units} Tanh, {units} Softmax", sizes);
            Check(values, $"33 Sigmoid, {units} Gelu", sizes);
        }
    }

    [Theory]
    [MemberData(nameof(ActivationNames))]
    public void OneUnitOfEveryActivation(string activation)
    {
        Check(37, $"1 {activation}");
        Check(20, $"24 Relu, 1 {activation}, 5 Tanh, 1 {activation}");
    }

    [Theory]
    [InlineData(4, "16 Tanh, 3 Tanh")]
    [InlineData(4, "16 Relu, 3 Identity")]
    [InlineData(1, "2 Sigmoid, 2 Tanh")]
    [InlineData(2, "64 Relu, 2 Identity")]
    [InlineData(10, "20 Relu, 20 Silu, 5 Step")]
    [InlineData(31, "48 Gelu, 33 Tanh, 7 Softplus")]
    public void OnTheirSide(int inputs, string layers)
    {
        using (Network network = Catalogue.Build(inputs, layers))
        {
            // Or this test is about another way. Without vectors there is no padding to save.
            Assert.True(network.Stack.GoesSideways(Isa.Width + 1) || Isa.Width == 1);
            Assert.False(network.Stack.GoesSideways(Isa.Width));
        }

        Check(inputs, layers, [.. Enumerable.Range(1, 70), Routes.SidewaysRows, Routes.SidewaysRows + 1, 2 * Routes.SidewaysRows, 300]);
    }

    [Theory]
    [MemberData(nameof(ActivationNames))]
    public void OnTheirSideWithEveryActivation(string activation) => Check(3, $"9 {activation}, 5 Tanh, 3 {activation}");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public unsafe void OnTheirSideOnThreads(int threads)
    {
        const int rows = 1000;
        using Network network = Catalogue.Build(5, "12 Silu, 3 Tanh");
        float[] x = Numbers.Uniform(1, rows * 5);
        float[] y = network.Predict(x);
        Assert.True(network.Stack.GoesSideways(rows) || Isa.Width == 1);
        using AlignedBuffer workspace = new(threads * network.Stack.WorkspaceLength(rows));
        PoisonedBuffer input = new(x);
        PoisonedBuffer output = new(rows * 3);
        foreach (bool linear in new[] { false, true })
        {
            network.Stack.Forward(
                network.Parameters.Pointer, MatrixView.Dense(input.Pointer, rows, 5), MatrixView.Dense(output.Pointer, rows, 3), workspace.Pointer, threads, linear);
            if (linear)
            {
                Elementwise.Apply(default(TanhActivation), output.Pointer, output.Pointer, rows * 3);
            }

            output.Check($"{threads} threads");
            Bits.Equal(y, output.Values, $"{threads} threads, linear: {linear}");
        }
    }

    private static void Check(int inputs, string layers) => Check(inputs, layers, Sizes);

    private static void Check(int inputs, string layers, int[] sizes)
    {
        int most = sizes[^1];
        using Network network = Catalogue.Build(inputs, layers);
        using Predictor predictor = network.Freeze();
        int outputs = network.OutputSize;
        foreach (float share in new[] { 0, 0.4f, 0.95f })
        {
            float[] x = Numbers.Sparse(inputs, most * inputs, share);
            float[] alone = new float[most * outputs];
            float[] one = new float[outputs];
            for (int row = 0; row < most; row++)
            {
                ReadOnlySpan<float> features = x.AsSpan(row * inputs, inputs);
                network.Predict(features, alone.AsSpan(row * outputs, outputs));
                predictor.Predict(features, one);
                Bits.Equal(alone.AsSpan(row * outputs, outputs), one, $"{layers}, {share} zeros: row {row} of the predictor");
            }

            foreach (int rows in sizes)
            {
                // At the beginning and at the end of all rows, so that a row also stands at another place.
                foreach (int start in new[] { 0, most - rows })
                {
                    string what = $"{layers}, {share} zeros: {rows} rows from {start}";
                    ReadOnlySpan<float> batch = x.AsSpan(start * inputs, rows * inputs);
                    ReadOnlySpan<float> expected = alone.AsSpan(start * outputs, rows * outputs);
                    Bits.Equal(expected, network.Predict(batch), what);
                    float[] y = new float[rows * outputs];
                    Array.Fill(y, float.NaN);
                    predictor.Predict(batch, y);
                    Bits.Equal(expected, y, what);

                    // Into a window of a wider array, whose other columns stay.
                    float[] wide = new float[rows * (outputs + 3)];
                    Array.Fill(wide, float.NaN);
                    predictor.Predict(
                        new ReadOnlySpan2D<float>(x, start * inputs, rows, inputs, 0), new Span2D<float>(wide, 1, rows, outputs, 3));
                    for (int row = 0; row < rows; row++)
                    {
                        Span<float> line = wide.AsSpan(row * (outputs + 3), outputs + 3);
                        Bits.Equal(expected.Slice(row * outputs, outputs), line.Slice(1, outputs), what + ", a window");
                        Assert.True(float.IsNaN(line[0]) && float.IsNaN(line[^1]) && float.IsNaN(line[^2]), what);
                    }
                }
            }
        }
    }
}
