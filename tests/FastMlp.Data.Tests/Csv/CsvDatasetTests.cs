using System.IO.Compression;
using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

public class CsvDatasetTests
{
    [Theory]
    [InlineData(",")]
    [InlineData(";")]
    [InlineData("\t")]
    public void ReadsANamedFileWithAnyDelimiter(string delimiter)
    {
        Dataset data = Load("a,b,kind\n1,-2.5,red\n3e2,.5,blue\n0,+7,red\n".Replace(",", delimiter));
        Assert.Equal(["a", "b"], data.FeatureNames);
        Assert.Equal(["kind"], data.TargetNames);
        Assert.Equal(["blue", "red"], data.ClassNames);
        Assert.Equal([1f, -2.5f, 300f, 0.5f, 0f, 7f], data.Features.ToArray());
        Assert.Equal([1, 0, 1], data.Labels.ToArray());
        Assert.Equal(2, data.TargetSize);
    }

    [Fact]
    public void HoldsToTheDelimiterGiven()
    {
        Dataset data = Load("a b\t1;x\n1\t2\n3\t4\n", new CsvOptions { Delimiter = '\t', Task = DataTask.Regression });
        Assert.Equal(["a b"], data.FeatureNames);
        Assert.Equal(["1;x"], data.TargetNames);
        Assert.Throws<ArgumentException>(() => Load("a,b\n1,2\n", new CsvOptions { Delimiter = '1' }));
    }

    [Fact]
    public void UnquotesFieldsAndSkipsEmptyLines()
    {
        Dataset data = Load("\"x, \"\"y\"\"\",\"two\nlines\",class\r\n\"1\", 2 ,\"b,c\"\r\n\r\n3,4,a\r\n\r\n");
        Assert.Equal(["x, \"y\"", "two\nlines"], data.FeatureNames);
        Assert.Equal([1f, 2f, 3f, 4f], data.Features.ToArray());
        Assert.Equal(["a", "b,c"], data.ClassNames);
        Assert.Equal([1, 0], data.Labels.ToArray());
    }

    [Fact]
    public void ReadsAFileWithAByteOrderMarkOrGzip()
    {
        byte[] text = [0xef, 0xbb, 0xbf, .. "a,b\n1,2.5\n3,4\n"u8];
        foreach (byte[] content in new[] { text, Gzip(text) })
        {
            string path = Path.GetTempFileName();
            try
            {
                File.WriteAllBytes(path, content);
                Dataset data = CsvDataset.Load(path);
                Assert.Equal(["a"], data.FeatureNames);
                Assert.Equal([1f, 3f], data.Features.ToArray());
                Assert.Equal([2.5f, 4f], data.Targets.ToArray());
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    [Theory]
    [InlineData("b", new[] { "a", "c" }, new[] { 1f, 3f }, 2f)]
    [InlineData("0", new[] { "b", "c" }, new[] { 2f, 3f }, 1f)]
    [InlineData("1", new[] { "a", "c" }, new[] { 1f, 3f }, 2f)]
    [InlineData(null, new[] { "a", "b" }, new[] { 1f, 2f }, 3f)]
    public void TakesTheTargetByNameOrIndexOrLast(string? target, string[] names, float[] row, float value)
    {
        Dataset data = Load("a,b,c\n1,2,3\n", new CsvOptions { Target = target, Task = DataTask.Regression });
        Assert.Equal(names, data.FeatureNames);
        Assert.Equal(row, data.Features.ToArray());
        Assert.Equal([value], data.Targets.ToArray());
    }

    [Fact]
    public void ANameWinsOverAnIndex()
    {
        Dataset data = Load("1,0\n5,6\n", new CsvOptions { Target = "0", Header = CsvHeader.Present, Task = DataTask.Regression });
        Assert.Equal([6f], data.Targets.ToArray());
    }

    [Theory]
    [InlineData("1,2,3\n4,5,6\n", 2)]
    [InlineData("1,2,x\n4,5,y\n", 2)]
    [InlineData("1,2,x\n", 1)]
    [InlineData("a,b,x\n4,5,y\n", 1)]
    [InlineData("a,b,c\n4,5,6\n", 1)]
    public void DetectsTheHeader(string text, int rows)
    {
        Dataset data = Load(text);
        Assert.Equal(rows, data.Rows);
        Assert.Equal(rows == 1 && text[0] == 'a' ? ["a", "b"] : ["column0", "column1"], data.FeatureNames);
    }

    [Theory]
    [InlineData("1,2,target\n4,5,6\n7,8,9\n", new[] { "1", "2", "target" })]
    [InlineData("0,1,2\n4,5,6\n7,8,9\n", new[] { "0", "1", "2" })]
    [InlineData("land,2001,2002,end\nnl,0.5,7,a\nbe,1.5,8,b\nnl,2.5,9,a\nbe,3,7,a\nnl,1,8,b\n", new[] { "land", "2001", "2002", "end" })]
    [InlineData("2001,2002,2003\n0.5,7,1.5\n1.5,8,2\n2.5,9,3\n3,7,4\n1,8,5\n", new[] { "2001", "2002", "2003" })]
    [InlineData("2001,2002,2003\n2002,2004,2001\n2004,2001,2000\n1999,2003,2004\n2000,2000,2001\n2001,2002,2001\n", null)]
    [InlineData("p,x,s\ne,x,s\ne,b,s\np,b,f\ne,x,f\np,x,s\n", null)]
    public void NamesThatAreNumbersAndRowsThatAreTexts(string text, string[]? names)
    {
        RawTable table = CsvDataset.LoadTable(new StringReader(text), null, "t.csv");
        Assert.Equal(names ?? ["column0", "column1", "column2"], table.Columns.Select(column => column.Name).Concat(table.TargetNames));
        int lines = text.Count(c => c == '\n');
        Assert.Equal(names is null ? lines : lines - 1, table.Rows);
        Assert.Equal(lines, CsvDataset.LoadTable(new StringReader(text), new CsvOptions { Header = CsvHeader.Absent, Task = DataTask.Classification }, "t.csv").Rows);
        Assert.Equal(lines - 1, CsvDataset.LoadTable(new StringReader(text), new CsvOptions { Header = CsvHeader.Present }, "t.csv").Rows);
    }

    [Fact]
    public void ColumnsOfOneNameAreNumbered()
    {
        RawTable table = CsvDataset.LoadTable(new StringReader("a,a,a.1,a,,t\n1,2,3,4,5,0\n"));
        Assert.Equal(["a", "a.2", "a.1", "a.3", "column4"], table.Columns.Select(column => column.Name));
        Assert.Contains("'a' is named 'a.2'", table.Notes[0]);
        Assert.Equal([1f, 2f, 3f, 4f, 5f], Load("a,a,a.1,a,,t\n1,2,3,4,5,0\n").Features.ToArray());
    }

    [Fact]
    public void DetectsTheTask()
    {
        Assert.Equal(["-1", "2", "10"], Load(Column("10", "2", "-1", "2.0")).ClassNames);
        Assert.Equal([2, 1, 0, 1], Load(Column("10", "2", "-1", "2.0")).Labels.ToArray());
        Assert.False(Load(Column("1", "2", "2.5")).IsClassification);
        string[] upTo20 = [.. Enumerable.Range(0, 20).Select(i => $"{i}")];
        Assert.Equal(20, Load(Column([.. upTo20, "0"])).TargetSize);
        Dataset regression = Load(Column([.. upTo20, "20"]));
        Assert.False(regression.IsClassification);
        Assert.Equal(Enumerable.Range(0, 21).Select(i => (float)i), regression.Targets.ToArray());
    }

    [Fact]
    public void FollowsTheTaskGiven()
    {
        Dataset classes = Load(Column("1.50", "1.5", "-0", "0", "1e1"), new CsvOptions { Task = DataTask.Classification });
        Assert.Equal(["0", "1.5", "10"], classes.ClassNames);
        Assert.Equal([1, 1, 0, 0, 2], classes.Labels.ToArray());
        Dataset mixed = Load(Column("10", "9", "x"), new CsvOptions { Task = DataTask.Classification });
        Assert.Equal(["10", "9", "x"], mixed.ClassNames);
        Assert.False(Load(Column("0", "1"), new CsvOptions { Task = DataTask.Regression }).IsClassification);
    }

    [Theory]
    [InlineData("a,b,t\n1,2,0\n3,hot,1\n", "t.csv, line 3, column 'b': 'hot' is not a number; a finite number was expected.")]
    [InlineData("a,b,t\n1,,0\n", "t.csv, line 2, column 'b': a value is missing; a finite number was expected.")]
    [InlineData("a,b,t\nNaN,2,0\n", "t.csv, line 2, column 'a': 'NaN' is not finite; a finite number was expected.")]
    [InlineData("a,b,t\n1,-Infinity,0\n", "t.csv, line 2, column 'b': '-Infinity' is not finite; a finite number was expected.")]
    [InlineData("a,b,t\n1,1e39,0\n", "t.csv, line 2, column 'b': '1e39' is beyond the range of float32; a finite number was expected.")]
    [InlineData("a,b,t\n1,\"1,5x\",0\n", "t.csv, line 2, column 'b': '1,5x' is not a number; a finite number was expected.")]
    [InlineData("a,b,t\n1,0x10,0\n", "t.csv, line 2, column 'b': '0x10' is not a number; a finite number was expected.")]
    [InlineData("a,b,t\n1,1e,0\n", "t.csv, line 2, column 'b': '1e' is not a number; a finite number was expected.")]
    [InlineData("a,b,t\n1,5\" pipe,0\n3,4,\"x\"\n", "t.csv, line 2: the quotes of field 2, 5\" pipe,0 3,4,\"x\", do not pair up; a field with a quote is written \"a \"\"b\"\" c\".")]
    [InlineData("a,b,t\n1,\"x\"y,0\n", "t.csv, line 2: the quotes of field 2, \"x\"y, do not pair up; a field with a quote is written \"a \"\"b\"\" c\".")]
    [InlineData("1.5,2,target\n4,5,6\n7,8,9\n", "t.csv, line 1: the row holds numbers, but 'target' stands over numbers; either it is a header or the value is wrong: say which (Header, --header yes or no).")]
    [InlineData("a,b,t\n1,2,0\n\n1,2\n", "t.csv, line 4: 2 fields, but line 1 has 3; every row needs the same number.")]
    [InlineData("a,b,t\n1,2,0,4\n", "t.csv, line 2: 4 fields, but line 1 has 3; every row needs the same number.")]
    [InlineData("a,b,t\n\"1\n2\",2,0\n", "t.csv, line 2, column 'a': '1 2' is not a number; a finite number was expected.")]
    [InlineData("a,b,t\n1,2,0\n3,4,\n", "t.csv, line 3, column 't': the field is empty; a finite number was expected.")]
    [InlineData("a,b,t\n1,2,x\n3,4,\n", "t.csv, line 3, column 't': the field is empty; a class or a number was expected.")]
    [InlineData("a,b,t\n1,2,nan\n", "t.csv, line 2, column 't': 'nan' is not finite; a class or a number was expected.")]
    [InlineData("a,b,t\n1,2,1\n1,2,NA\n", "t.csv, line 3, column 't': 'NA' is text, but numbers stood there before; for classes named by both, ask for classification.")]
    [InlineData("a,b,t\n1,2,x\n1,2,1\n", "t.csv, line 3, column 't': '1' is a number, but text stood there before; for classes named by both, ask for classification.")]
    [InlineData("a,b,t\n", "t.csv: there are no rows of data after the header.")]
    [InlineData("", "t.csv: the file is empty; rows of numbers, with or without a header, were expected.")]
    [InlineData("\n\n", "t.csv: the file is empty; rows of numbers, with or without a header, were expected.")]
    [InlineData("a\n1\n", "t.csv: there is one column; at least one feature and a target were expected, separated by comma, semicolon, tab or bar.")]
    [InlineData("a,b\n1,\"2\n3,4\n", "t.csv, line 2: the quotes of field 2, \"2 3,4, do not pair up; a field with a quote is written \"a \"\"b\"\" c\".")]
    public void SaysWhatIsWrongAndWhere(string text, string message) => Assert.Equal(message, Message(text));

    [Fact]
    public void NamesTheColumnsWhereTheTargetIsMissing()
    {
        Assert.Equal("t.csv: there is no column 'price'; the columns are a, b, c.", Message("a,b,c\n1,2,3\n", new CsvOptions { Target = "price" }));
        Assert.Equal("t.csv: there is no column '3'; the columns are a, b, c.", Message("a,b,c\n1,2,3\n", new CsvOptions { Target = "3" }));
        string wide = string.Join(',', Enumerable.Range(0, 30).Select(i => $"n{i}"));
        Assert.EndsWith("n18, n19 and 10 more.", Message(wide + "\n" + wide.Replace("n", "") + "\n", new CsvOptions { Target = "y" }));
        Assert.Equal(
            "t.csv, line 2, column 't': 'x' is not a number; a finite number was expected.",
            Message("a,t\n1,x\n", new CsvOptions { Task = DataTask.Regression }));
    }

    [Fact]
    public void AMissingFileIsAnIOExceptionThatNamesIt()
    {
        Assert.Contains("nowhere.csv", Assert.Throws<FileNotFoundException>(() => CsvDataset.Load("nowhere.csv")).Message);
    }

    [Fact]
    public void DamagedGzipIsADataError()
    {
        byte[] whole = Gzip("a,b\n1,2.5\n3,4\n"u8.ToArray());
        whole[12] ^= 0xff;
        Assert.Throws<DataFormatException>(() => CsvDataset.Load(new MemoryStream(whole)));
    }

    [Fact]
    public void EveryTruncationOfGzipIsADataError()
    {
        // Cut within the text, its checksum or its length: never fewer rows in silence.
        Random random = new(1);
        string text = "a,b\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"{random.Next(1000)},{i % 7}\n"));
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(text));
        Assert.Equal(300, CsvDataset.Load(new MemoryStream(whole)).Rows);
        Assert.Equal(300, CsvDataset.Load(new MemoryStream([.. whole, 0, 0, 0])).Rows);
        Assert.Equal(301, CsvDataset.Load(new MemoryStream([.. whole, .. Gzip("1,2\n"u8.ToArray())])).Rows);
        for (int length = 2; length < whole.Length; length++)
        {
            Assert.Throws<DataFormatException>(() => CsvDataset.Load(new MemoryStream(whole[..length])));
        }
    }

    [Fact]
    public void PredictionFindsItsColumnsByName()
    {
        Preprocessing model = Model();
        foreach (string text in new[] { "a,b\n1,2\n3,4\n", "b,a,kind\n2,1,red\n4,3,blue\n", "note,b,a\nhello,2,1\n,4,3\n" })
        {
            FeatureTable table = CsvDataset.LoadFeatures(new StringReader(text), model);
            Assert.Equal(2, table.Rows);
            Assert.Equal([1f, 2f, 3f, 4f], table.Features.ToArray());
            Assert.Equal(["a", "b"], table.FeatureNames);
        }

        DataFormatException e = Assert.Throws<DataFormatException>(() => CsvDataset.LoadFeatures(new StringReader("a,c,kind\n1,2,red\n"), model, null, "p.csv"));
        Assert.Equal("p.csv: the column 'b', which the model needs, is missing; the columns are a, c, kind.", e.Message);
    }

    [Fact]
    public void PredictionWithoutNamesTakesColumnsInOrder()
    {
        Preprocessing model = Model();
        Assert.Equal([1f, 2f, 3f, 4f], Features("1,2\n3,4\n", model));
        Assert.Equal([1f, 2f, 3f, 4f], Features("1,2,red\n3,4,blue\n", model));
        Assert.Equal([1f, 2f], Features("red,1,2\n", model, new CsvOptions { Target = "0", Header = CsvHeader.Absent }));
        Assert.Equal(
            "CSV: there are 4 columns and no names to choose by; the model takes 2 features, with or without a target column beside them.",
            Assert.Throws<DataFormatException>(() => Features("1,2,3,4\n", model)).Message);

        Preprocessing nameless = Preprocessing.Fit(Load("red,1,2\nblue,3,4\n", new CsvOptions { Target = "0", Header = CsvHeader.Absent }));
        Assert.Equal(["column1", "column2"], nameless.FeatureNames);
        Assert.Equal([5f, 6f], Features("red,5,6\n", nameless, new CsvOptions { Header = CsvHeader.Absent }));
        Assert.Equal([5f, 6f], Features("x,y\n5,6\n", nameless));
    }

    [Fact]
    public void EvaluationUsesTheModelsClasses()
    {
        Preprocessing model = Model();
        Dataset data = CsvDataset.Load(new StringReader("kind,b,a\nred,2,1\n"), model);
        Assert.Equal([1], data.Labels.ToArray());
        Assert.Equal(2, data.TargetSize);
        Assert.Equal([1f, 2f], data.Features.ToArray());
        Assert.Equal(
            "e.csv, line 2, column 'kind': 'green' is no class of the model; its classes are blue, red.",
            Assert.Throws<DataFormatException>(() => CsvDataset.Load(new StringReader("a,b,kind\n1,2,green\n"), model, null, "e.csv")).Message);
        Assert.Equal(
            "e.csv: the target column 'kind' is missing; the columns are a, b.",
            Assert.Throws<DataFormatException>(() => CsvDataset.Load(new StringReader("a,b\n1,2\n"), model, null, "e.csv")).Message);

        Preprocessing numbers = Preprocessing.Fit(Load("a,t\n1,0\n2,1\n"));
        Assert.Equal([1, 0], CsvDataset.Load(new StringReader("a,t\n1,1.0\n1,0\n"), numbers).Labels.ToArray());
        Preprocessing values = Preprocessing.Fit(Load("a,t\n1,0.5\n2,1\n"));
        Assert.Equal([7f], CsvDataset.Load(new StringReader("t,a\n7,3\n"), values).Targets.ToArray());
    }

    [Fact]
    public void ManyRowsGrowWithoutLoss()
    {
        StringBuilder text = new("a,b,c,t\n");
        for (int i = 0; i < 5000; i++)
        {
            text.Append(i).Append(',').Append(-i).Append(',').Append(0.5 * i).Append(',').Append((char)('a' + (i % 3))).Append('\n');
        }

        Dataset data = Load(text.ToString());
        Assert.Equal(5000, data.Rows);
        for (int i = 0; i < data.Rows; i++)
        {
            Assert.Equal([i, -i, 0.5f * i], data.Features.Slice(3 * i, 3).ToArray());
            Assert.Equal(i % 3, data.Labels[i]);
        }
    }

    private static Preprocessing Model() => Preprocessing.Fit(Load("a,b,kind\n1,2,red\n3,5,blue\n"));

    private static float[] Features(string text, Preprocessing model, CsvOptions? options = null) =>
        CsvDataset.LoadFeatures(new StringReader(text), model, options).Features.ToArray();

    private static string Column(params string[] targets) => "a,t\n" + string.Concat(targets.Select(t => $"1,{t}\n"));

    private static Dataset Load(string text, CsvOptions? options = null) => CsvDataset.Load(new StringReader(text), options, "t.csv");

    private static string Message(string text, CsvOptions? options = null)
    {
        string message = Assert.Throws<DataFormatException>(() => Load(text, options)).Message;
        Assert.DoesNotContain('\n', message);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(message, Assert.Throws<DataFormatException>(() => CsvDataset.Load(new MemoryStream(bytes), options, "t.csv")).Message);
        return message;
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(1000)]
    public void BatchesAreTheWholeInParts(int batchRows)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, ["size,colour,price", .. Enumerable.Range(0, 10).Select(i => FormattableString.Invariant($"{i},{(i % 2 == 0 ? "red" : "blue")},{i * 1.5}"))]);
            Preprocessing preprocessing = Preprocessing.Fit(CsvDataset.LoadTable(path, new CsvOptions { Task = DataTask.Regression }));
            Dataset whole = CsvDataset.Load(path, preprocessing);

            Dataset[] parts = [.. CsvDataset.LoadBatches(path, preprocessing, batchRows)];
            Assert.All(parts[..^1], part => Assert.Equal(batchRows, part.Rows));
            Assert.Equal(whole.Features.ToArray(), parts.SelectMany(part => part.Features.ToArray()));
            Assert.Equal(whole.Targets.ToArray(), parts.SelectMany(part => part.Targets.ToArray()));
            Assert.Equal(whole.Features.ToArray(), CsvDataset.LoadFeatureBatches(path, preprocessing, batchRows).SelectMany(part => part.Features.ToArray()));
            using StringReader text = new(File.ReadAllText(path));
            Assert.Equal(whole.Features.ToArray(), CsvDataset.LoadFeatureBatches(text, preprocessing, batchRows).SelectMany(part => part.Features.ToArray()));
            Assert.Throws<ArgumentOutOfRangeException>(() => CsvDataset.LoadBatches(path, preprocessing, 0));

            // Enumerating again reads again; stopping early lets the file go.
            Assert.Equal(Math.Min(batchRows, 10), CsvDataset.LoadBatches(path, preprocessing, batchRows).First().Rows);
            File.AppendAllText(path, "1,green,x\n");
            Assert.Throws<DataFormatException>(() => CsvDataset.LoadBatches(path, preprocessing, batchRows).Count());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
