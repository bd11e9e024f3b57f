using FastMlp.Data;

namespace FastMlp.Tests;

public class ScalerTests
{
    // Columns: 1 2 3 4 (mean 2.5, population deviation sqrt(1.25)); constant 0.1; -2 0 0 2 (mean 0, deviation sqrt(2)).
    private static readonly float[] rows = [1, 0.1f, -2, 2, 0.1f, 0, 3, 0.1f, 0, 4, 0.1f, 2];

    [Fact]
    public void StandardHasHandNumbers()
    {
        Scaler scaler = Scaler.Standard(Data());
        Assert.Equal([2.5f, 0.1f, 0f], scaler.Offsets.ToArray());
        Assert.Equal([(float)(1 / Math.Sqrt(1.25)), 1f, (float)(1 / Math.Sqrt(2))], scaler.Scales.ToArray());
        Dataset scaled = scaler.Transform(Data());
        Assert.Equal(-1.341641f, scaled.Features[0], 1e-6f);
        Assert.Equal(0.4472136f, scaled.Features[6], 1e-6f);
        Assert.Equal(0f, scaled.Features[1]);
        Assert.Equal(1.4142135f, scaled.Features[11], 1e-6f);
    }

    [Fact]
    public void StandardGivesZeroMeanAndUnitVarianceOnRealData()
    {
        Dataset data = BuiltInDatasets.BreastCancer();
        Dataset scaled = Scaler.Standard(data).Transform(data);
        for (int c = 0; c < data.InputSize; c++)
        {
            double mean = 0;
            double square = 0;
            for (int r = 0; r < data.Rows; r++)
            {
                double x = scaled.Features[(r * data.InputSize) + c];
                mean += x / data.Rows;
                square += x * x / data.Rows;
            }

            Assert.Equal(0, mean, 1e-5);
            Assert.Equal(1, square, 1e-5);
        }

        Assert.Equal(data.Labels.ToArray(), scaled.Labels.ToArray());
        Assert.Same(data.FeatureNames, scaled.FeatureNames);
        Assert.Same(data.ClassNames, scaled.ClassNames);
        Assert.Same(data.TargetNames, scaled.TargetNames);
    }

    [Fact]
    public void MinMaxHasHandNumbers()
    {
        Assert.Equal([0f, 0f, 0f, 1 / 3f, 0f, 0.5f, 2 / 3f, 0f, 0.5f, 1f, 0f, 1f], Scaler.MinMax(Data()).Transform(Data()).Features.ToArray(), Near);
        Assert.Equal([-1f, -1f, -1f, -1 / 3f, -1f, 0f, 1 / 3f, -1f, 0f, 1f, -1f, 1f], Scaler.MinMax(Data(), -1, 1).Transform(Data()).Features.ToArray(), Near);
        Assert.Throws<ArgumentException>(() => Scaler.MinMax(Data(), 1, 1));
        Assert.Throws<ArgumentException>(() => Scaler.MinMax(Data(), 0, float.NaN));
    }

    [Fact]
    public void PixelsFixedAndIdentityHaveHandNumbers()
    {
        float[] values = [0, 255, 51];
        Scaler.Pixels(3).Transform(values);
        Assert.Equal([0f, 1f, 0.2f], values, Near);
        values = [1, 2, 3, 4];
        Scaler.Fixed([1, 2], [10, -0.5f]).Transform(values);
        Assert.Equal([0f, 0f, 20f, -1f], values);
        Scaler.Identity(2).Transform(values);
        Assert.Equal([0f, 0f, 20f, -1f], values);
        Assert.True(Scaler.Identity(2).IsIdentity);
        Assert.False(Scaler.Pixels(2).IsIdentity);
        Assert.False(Scaler.Fixed([0, 1], [1, 1]).IsIdentity);
    }

    [Fact]
    public void InverseUndoesTransform()
    {
        Scaler scaler = Scaler.Standard(Data());
        float[] values = [.. rows];
        scaler.Transform(values);
        Assert.NotEqual(rows, values);
        scaler.Inverse(values);
        Assert.Equal(rows, values, Near);
    }

    [Fact]
    public void TargetsAreScaledAlone()
    {
        Dataset data = new(rows, 3, new float[] { 10, 20, 30, 40 }, 1) { TargetNames = ["y"] };
        Scaler scaler = Scaler.StandardTargets(data);
        Assert.Equal([25f], scaler.Offsets.ToArray());
        Dataset scaled = scaler.TransformTargets(data);
        Assert.Equal([-1.341641f, -0.4472136f, 0.4472136f, 1.341641f], scaled.Targets.ToArray(), Near);
        Assert.Equal(rows, scaled.Features.ToArray());
        Assert.Equal(["y"], scaled.TargetNames);
        Assert.Throws<ArgumentException>(() => Scaler.StandardTargets(Data()));
    }

    [Fact]
    public void ExtremesStayFinite()
    {
        float[] wide = [-float.MaxValue, float.MaxValue];
        Scaler minMax = Scaler.MinMax(new Dataset(wide, 1, new int[2], 1));
        Assert.True(float.IsFinite(minMax.Offsets[0]) && minMax.Scales[0] > 0);
        float[] close = [1e-45f, 3e-45f];
        Scaler standard = Scaler.Standard(new Dataset(close, 1, new int[2], 1));
        Assert.Equal([1f], standard.Scales.ToArray());
    }

    [Fact]
    public void TransformAllocatesNothing()
    {
        Scaler scaler = Scaler.Standard(Data());
        float[] values = [.. rows];
        scaler.Transform(values);
        scaler.Inverse(values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        scaler.Transform(values);
        scaler.Inverse(values);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void WrongSizesSayWhatIsRight()
    {
        Scaler scaler = Scaler.Identity(3);
        Assert.Equal("4 values are not a whole number of rows of 3.", Assert.Throws<ArgumentException>(() => scaler.Transform(new float[4])).Message);
        Assert.Equal("The set has 4 features in a row; the scaler was made for 3.", Assert.Throws<ArgumentException>(() => scaler.Transform(BuiltInDatasets.Iris())).Message);
        Assert.Throws<ArgumentException>(() => Scaler.Fixed([1], [0]));
        Assert.Throws<ArgumentException>(() => Scaler.Fixed([float.NaN], [1]));
        Assert.Throws<ArgumentException>(() => Scaler.Fixed([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => Scaler.Fixed([], []));
        Assert.Throws<ArgumentException>(() => Scaler.Standard(Data().Slice(0, 0)));
        Assert.Throws<ArgumentException>(() => Scaler.MinMax(Data().Slice(0, 0)));
    }

    [Fact]
    public void JsonRoundTripsBitForBit()
    {
        Random random = new(3);
        float[] offsets = new float[2000];
        float[] scales = new float[2000];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = RandomFinite(random);
            scales[i] = RandomFinite(random);
        }

        offsets[0] = -0f;
        offsets[1] = float.Epsilon;
        offsets[2] = -float.MaxValue;
        Scaler scaler = Scaler.Fixed(offsets, scales);
        Scaler back = Scaler.FromJson(scaler.ToJson());
        Assert.Equal(Bits(offsets), Bits(back.Offsets.ToArray()));
        Assert.Equal(Bits(scales), Bits(back.Scales.ToArray()));
        Assert.Equal("{\"offset\":[0.1],\"scale\":[2]}", Scaler.Fixed([0.1f], [2]).ToJson());
    }

    [Theory]
    [InlineData("", "scaler: not valid JSON at line 1, byte 0.")]
    [InlineData("[]", "scaler: an object was expected, not Array.")]
    [InlineData("{}", "scaler: the member \"offset\" is missing.")]
    [InlineData("{\"offset\":1,\"scale\":[1]}", "scaler: the member \"offset\" is Number; Array was expected.")]
    [InlineData("{\"offset\":[1],\"scale\":[\"x\"]}", "scaler: \"scale\"[0] is \"x\"; a number was expected.")]
    [InlineData("{\"offset\":[1],\"scale\":[1,2]}", "scaler: a scaler has one offset and one scale for each column, not 1 and 2.")]
    [InlineData("{\"offset\":[1],\"scale\":[0]}", "scaler: column 0 has the offset 1 and the scale 0; both must be finite, and the scale not 0.")]
    [InlineData("{\"offset\":[1e99],\"scale\":[1]}", "scaler: column 0 has the offset Infinity and the scale 1; both must be finite, and the scale not 0.")]
    public void MalformedJsonIsAModelError(string json, string message) =>
        Assert.Equal(message, Assert.Throws<ModelFormatException>(() => Scaler.FromJson(json)).Message.Replace("∞", "Infinity"));

    [Fact]
    public void WeightsOfRowsAreKept()
    {
        Dataset labels = Data().WithWeights(new float[] { 1, 0, 2, 3 });
        Assert.Equal([1f, 0f, 2f, 3f], Scaler.Standard(labels).Transform(labels).Weights);
        Dataset values = new Dataset(rows, 3, new float[] { 1, 2, 3, 5 }, 1).WithWeights(new float[] { 1, 0, 2, 3 });
        Assert.Equal([1f, 0f, 2f, 3f], Scaler.StandardTargets(values).TransformTargets(values).Weights);
        Assert.True(Scaler.Standard(labels).Transform(Data()).Weights.IsEmpty);
    }

    private static Dataset Data() => new(rows, 3, new int[] { 0, 1, 0, 1 }, 2);

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-6f;

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);

    private static float RandomFinite(Random random)
    {
        while (true)
        {
            float value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (float.IsFinite(value) && value != 0)
            {
                return value;
            }
        }
    }
}
