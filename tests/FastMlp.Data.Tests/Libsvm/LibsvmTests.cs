using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

public class LibsvmTests
{
    [Fact]
    public void SparseTextBecomesDenseRows()
    {
        Dataset data = Load("# a comment\n+1 1:0.5 3:-2\r\n\n-1\t2:1e2  # rest\n+1\n");
        Assert.Equal(3, data.InputSize);
        Assert.Equal([0.5f, 0, -2, 0, 100, 0, 0, 0, 0], data.Features.ToArray());
        Assert.Equal(["-1", "1"], data.ClassNames);
        Assert.Equal([1, 0, 1], data.Labels.ToArray());
        Assert.Equal([1f, -1, 1], Load("+1 1:0.5 3:-2\n-1 2:1\n1", new LibsvmOptions { Task = DataTask.Regression }).Targets.ToArray());
        Assert.Equal([0.5f, 0, 0, 1], Load("0.25 0:0.5\n0.5 1:1", new LibsvmOptions { ZeroBased = true }).Features.ToArray());
        Assert.Equal(5, Load("0.25 1:0.5\n", new LibsvmOptions { FeatureCount = 5 }).InputSize);
    }

    [Fact]
    public void LongLinesCrossTheBuffer()
    {
        StringBuilder text = new();
        for (int row = 0; row < 4; row++)
        {
            text.Append(row);
            for (int i = 1; i <= 20_000; i++)
            {
                text.Append(' ').Append(i).Append(':').Append(i % 7 * (row + 1));
            }

            text.Append('\n');
        }

        Dataset data = Load(text.ToString());
        Assert.Equal((4, 20_000), (data.Rows, data.InputSize));
        Assert.Equal(19_999 % 7 * 4, data.Features[^2]);
    }

    [Theory]
    [InlineData("x 1:2\n", "l.svm, line 1: the target 'x' is not a finite number.")]
    [InlineData("1 1:2\n1 0:2\n", "l.svm, line 2: '0:2' is not index:value with an index of at least 1.")]
    [InlineData("1 2:2 2:3\n", "l.svm, line 1: the index of '2:3' is not above the one before it.")]
    [InlineData("1 1:\n", "l.svm, line 1: the value of '1:' is not a finite float32.")]
    [InlineData("1 1:1e39\n", "l.svm, line 1: the value of '1:1e39' is not a finite float32.")]
    [InlineData("1 qid:3\n", "l.svm, line 1: 'qid:3' is not index:value with an index of at least 1.")]
    [InlineData("1 99999999999:3\n", "l.svm, line 1: '99999999999:3' is not index:value with an index of at least 1.")]
    [InlineData("1 2000000000:1\n", "l.svm: 1 rows of 2000000000 features are too sparse for a dense network: 2000000000 values from 15 bytes of text.")]
    [InlineData("", "l.svm: there are no rows of features; lines such as '1 3:0.5 7:2' were expected.")]
    [InlineData("1\n2\n", "l.svm: there are no rows of features; lines such as '1 3:0.5 7:2' were expected.")]
    public void SaysWhatIsWrongAndWhere(string text, string message) => Assert.Equal(message, Assert.Throws<DataFormatException>(() => Load(text)).Message);

    [Fact]
    public void AModelFixesTheNumberOfFeatures()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "1 1:1 2:2\n0 1:3\n");
            Preprocessing p = Preprocessing.Fit(LibsvmDataset.Load(path));
            File.WriteAllText(path, "0 1:4\n");
            Assert.Equal([0], LibsvmDataset.Load(path, p).Labels.ToArray());
            Assert.Equal([4f, 0], LibsvmDataset.LoadFeatures(path, p).Features.ToArray());
            File.WriteAllText(path, "2 3:4\n");
            Assert.Contains("line 1: the index of '3:4' is above 2", Assert.Throws<DataFormatException>(() => LibsvmDataset.Load(path, p)).Message);
            File.WriteAllText(path, "2 2:4\n");
            Assert.Contains("line 1: the target 2 is no class of the model; its classes are 0, 1.", Assert.Throws<DataFormatException>(() => LibsvmDataset.Load(path, p)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Dataset Load(string text, LibsvmOptions? options = null) => LibsvmDataset.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), options, "l.svm");
}
