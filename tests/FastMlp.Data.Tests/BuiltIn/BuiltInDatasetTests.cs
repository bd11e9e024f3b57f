using FastMlp.Data;

namespace FastMlp.Tests;

public class BuiltInDatasetTests
{
    [Theory]
    [InlineData("digits", 1797, 64, 10)]
    [InlineData("iris", 150, 4, 3)]
    [InlineData("wine", 178, 13, 3)]
    [InlineData("breast-cancer", 569, 30, 2)]
    [InlineData("diabetes", 442, 10, 1)]
    public void HasItsPublishedShape(string name, int rows, int inputSize, int targetSize)
    {
        Assert.True(BuiltInDatasets.TryLoad(name, out Dataset? dataset));
        Assert.Equal(rows, dataset.Rows);
        Assert.Equal(inputSize, dataset.InputSize);
        Assert.Equal(targetSize, dataset.TargetSize);
        Assert.Equal(name != "diabetes", dataset.IsClassification);
        Assert.Equal(inputSize, dataset.FeatureNames.Distinct().Count());
        Assert.Equal(dataset.IsClassification ? targetSize : 0, dataset.ClassNames.Distinct().Count());
        Assert.Single(dataset.TargetNames);
    }

    [Fact]
    public void NamesAreAllThereAndLoadInAnyCase()
    {
        Assert.Equal(["digits", "iris", "wine", "breast-cancer", "diabetes"], BuiltInDatasets.Names);
        Assert.True(BuiltInDatasets.TryLoad("Iris", out Dataset? iris));
        Assert.Same(BuiltInDatasets.Iris(), iris);
        Assert.False(BuiltInDatasets.TryLoad("boston", out Dataset? none));
        Assert.Null(none);
        Assert.All(BuiltInDatasets.All, d => Assert.All(new[] { d.Description, d.Source, d.Licence }, t => Assert.False(string.IsNullOrWhiteSpace(t))));
        Assert.All(BuiltInDatasets.All, d => Assert.Equal(d.Task == DataTask.Classification, d.Load().IsClassification));
    }

    [Fact]
    public void DigitsHasItsPublishedCounts()
    {
        Dataset digits = BuiltInDatasets.Digits();
        Assert.Equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180], ClassCounts(digits));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], digits.ClassNames);
        Assert.Equal(0f, Min(digits.Features));
        Assert.Equal(16f, Max(digits.Features));
        // The sum of all pixels: mean 4.884165 over 1,797 x 64.
        Assert.Equal(561718.0, Sum(digits.Features));
        Assert.Equal([0, 0, 5, 13, 9, 1, 0, 0], digits.Features[..8].ToArray());
        Assert.Equal(0, digits.Labels[0]);
        Assert.Equal(8, digits.Labels[^1]);
    }

    [Fact]
    public void IrisHasItsPublishedMeans()
    {
        Dataset iris = BuiltInDatasets.Iris();
        Assert.Equal([50, 50, 50], ClassCounts(iris));
        Assert.Equal(["setosa", "versicolor", "virginica"], iris.ClassNames);
        double[] means = ColumnMeans(iris);
        Assert.Equal(5.8433, means[0], 1e-4);
        Assert.Equal(3.0573, means[1], 1e-4);
        Assert.Equal(3.7580, means[2], 1e-4);
        Assert.Equal(1.1993, means[3], 1e-4);
        // Rows 35 and 38 as in Fisher's paper; UCI's copy has 4.9,3.1,1.5,0.1 in both.
        Assert.Equal([4.9f, 3.1f, 1.5f, 0.2f], iris.Features.Slice(34 * 4, 4).ToArray());
        Assert.Equal([4.9f, 3.6f, 1.4f, 0.1f], iris.Features.Slice(37 * 4, 4).ToArray());
    }

    [Fact]
    public void WineHasItsPublishedCountsAndMeans()
    {
        Dataset wine = BuiltInDatasets.Wine();
        Assert.Equal([59, 71, 48], ClassCounts(wine));
        double[] means = ColumnMeans(wine);
        Assert.Equal(13.0006, means[0], 1e-4);
        Assert.Equal(746.8933, means[12], 1e-4);
        Assert.Equal("proline", wine.FeatureNames[12]);
    }

    [Fact]
    public void BreastCancerHasItsPublishedCountsAndMeans()
    {
        Dataset cancer = BuiltInDatasets.BreastCancer();
        Assert.Equal(["benign", "malignant"], cancer.ClassNames);
        Assert.Equal([357, 212], ClassCounts(cancer));
        double[] means = ColumnMeans(cancer);
        Assert.Equal(14.1273, means[0], 1e-4);
        Assert.Equal(654.8891, means[3], 1e-4);
        Assert.Equal("worst fractal dimension", cancer.FeatureNames[29]);
    }

    [Fact]
    public void DiabetesIsRaw()
    {
        Dataset diabetes = BuiltInDatasets.Diabetes();
        double[] means = ColumnMeans(diabetes);
        Assert.Equal(48.5181, means[0], 1e-4);
        Assert.Equal(26.3758, means[2], 1e-4);
        Assert.Equal(152.1335, Sum(diabetes.Targets) / 442, 1e-4);
        Assert.Equal(25f, Min(diabetes.Targets));
        Assert.Equal(346f, Max(diabetes.Targets));
        Assert.Equal([59f, 2f, 32.1f, 101f, 157f, 93.2f, 38f, 4f, 4.8598f, 87f], diabetes.Features[..10].ToArray());
        Assert.Equal(["progression"], diabetes.TargetNames);
    }

    private static int[] ClassCounts(Dataset dataset)
    {
        int[] counts = new int[dataset.TargetSize];
        foreach (int label in dataset.Labels)
        {
            counts[label]++;
        }

        return counts;
    }

    private static double[] ColumnMeans(Dataset dataset)
    {
        double[] means = new double[dataset.InputSize];
        for (int i = 0; i < dataset.Features.Length; i++)
        {
            means[i % means.Length] += dataset.Features[i] / (double)dataset.Rows;
        }

        return means;
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static float Min(ReadOnlySpan<float> values) => values.ToArray().Min();

    private static float Max(ReadOnlySpan<float> values) => values.ToArray().Max();
}
