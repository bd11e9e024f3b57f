using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class DatasetTests
{
    [Fact]
    public void ASliceSharesItsMemory()
    {
        float[] x = Numbers.Uniform(1, 30);
        int[] labels = Numbers.Labels(2, 10, 4);
        Dataset slice = new Dataset(x, 3, labels, 4) { ClassNames = ["a", "b", "c", "d"], FeatureNames = ["u", "v", "w"] }.Slice(2, 5);

        Assert.Equal((5, 3, 4, true), (slice.Rows, slice.InputSize, slice.TargetSize, slice.IsClassification));
        Assert.True(x.AsSpan(6, 15) == slice.Features);
        Assert.True(labels.AsSpan(2, 5) == slice.Labels);
        Assert.True(slice.Targets.IsEmpty);
        Assert.Equal(["a", "b", "c", "d"], slice.ClassNames);
        Assert.Equal(["u", "v", "w"], slice.FeatureNames);
        Assert.Equal(0, slice.Slice(5, 0).Rows);

        float[] targets = Numbers.Uniform(3, 20);
        Dataset values = new Dataset(x, 3, targets, 2).Slice(1, 9).Slice(1, 3);
        Assert.False(values.IsClassification);
        Assert.True(targets.AsSpan(4, 6) == values.Targets);
        Assert.True(values.Labels.IsEmpty);
    }

    [Fact]
    public void SelectCopiesRowsInTheirOrder()
    {
        Dataset data = new(new float[] { 0, 1, 10, 11, 20, 21 }, 2, new float[] { 5, 6, 7 }, 1);
        Dataset selected = data.Select([2, 0, 2]);

        Assert.Equal([20, 21, 0, 1, 20, 21], selected.Features.ToArray());
        Assert.Equal([7, 5, 7], selected.Targets.ToArray());
    }

    [Theory]
    [InlineData(0.25, false)]
    [InlineData(0.25, true)]
    [InlineData(0.1, true)]
    public void ASplitHoldsOutItsShareAndLosesNoRow(double fraction, bool stratified)
    {
        const int rows = 400;
        int[] counts = [200, 120, 80];
        int[] labels = [.. Enumerable.Range(0, rows).Select(i => i < 200 ? 0 : i < 320 ? 1 : 2)];
        Dataset data = new(Enumerable.Range(0, rows).Select(i => (float)i).ToArray(), 1, labels, 3);

        (Dataset train, Dataset heldOut) = data.Split(fraction, seed: 7, stratified);

        Assert.Equal((int)(rows * fraction), heldOut.Rows);
        int[] all = [.. train.Features.ToArray().Concat(heldOut.Features.ToArray()).Select(v => (int)v)];
        Assert.Equal(Enumerable.Range(0, rows), all.Order());
        int[] both = [.. train.Labels, .. heldOut.Labels];
        Assert.Equal(all.Select(i => labels[i]), both);
        Assert.False(all.SequenceEqual(Enumerable.Range(0, rows)));
        if (stratified)
        {
            Assert.Equal(counts.Select(c => (int)(c * fraction)), Enumerable.Range(0, 3).Select(c => heldOut.Labels.Count(c)));
        }

        Assert.Equal(heldOut.Features.ToArray(), data.Split(fraction, seed: 7, stratified).HeldOut.Features.ToArray());
        Assert.NotEqual(heldOut.Features.ToArray(), data.Split(fraction, seed: 8, stratified).HeldOut.Features.ToArray());
    }

    [Fact]
    public void DataThatCannotBeAreNamed()
    {
        Refusal.Names(() => _ = new Dataset(new float[7], 3, new float[2], 1), "7", "3");
        Refusal.Names(() => _ = new Dataset(new float[6], 3, new float[3], 1), "2", "3");
        Refusal.Names(() => _ = new Dataset(new float[6], 3, new int[3], 2), "2", "3");
        Refusal.Names(() => _ = new Dataset(new float[6], 3, new[] { 0, 2 }, 2), "label", "row 1", "2");
        Refusal.Names(() => _ = new Dataset(new float[6], 3, new[] { -1, 0 }, 2), "label", "row 0", "-1");
        Refusal.Names(() => _ = new Dataset(new float[] { 0, 0, 0, 0, float.NaN, 0 }, 3, new int[2], 2), "row 1", "column 1", "NaN");
        Refusal.Names(() => _ = new Dataset(new float[6], 3, new float[] { 0, 0, 0, float.NegativeInfinity }, 2), "row 1", "column 1");
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dataset(new float[6], 0, new float[3], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dataset(new float[6], 3, ReadOnlyMemory<float>.Empty, 0));

        Dataset data = new(new float[6], 3, new float[2], 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(0, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(double.NaN));
        Refusal.Names(() => data.Split(0.5, stratified: true), "label");
    }
}
