using Microsoft.Data.Sqlite;
using Parquet;
using Parquet.Schema;

namespace FastMlp.Data.Formats.Tests;

/// <summary>What cannot be used is refused with the place and what would be right, and by <see cref="DataFormatException"/> only.</summary>
public class RefusalTests
{
    [Theory]
    [InlineData("{\"a\": 1, \"b\": \"x\"}\n{\"a\": \"one\", \"b\": \"y\"}", "row 1, column 'a': a text stands in a column of numbers")]
    [InlineData("{\"a\": [1], \"b\": 2}", "line 1: the property 'a' is an array")]
    [InlineData("{\"a\": {\"c\": 1}, \"b\": 2}", "line 1: the property 'a' is an object")]
    [InlineData("{\"a\": 1, \"b\": 2}\n\n[3]", "line 3: a JSON object was expected")]
    [InlineData("{\"a\": 1, \"b\": 2}\n{\"a\": 1,", "line 2: this is not JSON")]
    [InlineData("{\"a\": 1, \"a\": 2}", "line 1: the name 'a' stands twice")]
    [InlineData("{\"a\": 1e39, \"b\": 2}", "row 0, column 'a': 1E+39 is not a finite number in the range of float32")]
    [InlineData("{\"a\": \"\\ud800\", \"b\": 2}", "line 1: a text holds half of a surrogate pair")]
    [InlineData("", "there are no rows")]
    [InlineData("{}", "there are no rows")]
    public void JsonLines(string text, string message) =>
        Assert.Contains(message, Assert.Throws<DataFormatException>(() => JsonLinesTable.Load(new StringReader(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void AnAbsentPropertyIsAMissingValueWhereverItsNameFirstAppears()
    {
        RawTable table = JsonLinesTable.Load(new StringReader("{\"y\": 1.5}\n{\"y\": 2.5, \"x\": 4}\n{\"x\": 6, \"y\": 3.5}"), new TableOptions { Target = "y", Missing = Missing.Mean });
        Dataset rows = Preprocessing.Fit(table, Scaling.None).Transform(table);
        Assert.Equal([5f, 4f, 6f], rows.Features.ToArray());
        Assert.Equal([1.5f, 2.5f, 3.5f], table.Targets.ToArray());
    }

    [Theory]
    [InlineData("SELECT x'00ff' AS a, 1.5 AS b", "row 0, column 'a': a value of Byte[] cannot be learnt from")]
    [InlineData("SELECT 1.5 AS a, 1 AS b UNION ALL SELECT 'x', 2", "row 1, column 'a': a text stands in a column of numbers")]
    [InlineData("SELECT 1 AS a, 2 AS b WHERE 1 = 0", "there are no rows")]
    [InlineData("SELECT 9e999 AS a, 2 AS b", "row 0, column 'a'")]
    public void Queries(string sql, string message)
    {
        using SqliteConnection connection = Files.Database([]);
        using SqliteCommand query = new(sql, connection);
        using SqliteDataReader reader = query.ExecuteReader();
        Assert.Contains(message, Assert.Throws<DataFormatException>(() => DatabaseTable.Read(reader)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANestedColumnOfParquetIsRefusedByNameAndCanBeIgnored()
    {
        DataField<int> inner = new("x");
        DataField<int> flat = new("flat");
        DataField<float> target = new("y");
        using MemoryStream stream = new();
        await using (ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(new StructField("point", inner), flat, target), stream, cancellationToken: TestContext.Current.CancellationToken))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAllPartsAsync<int>(inner, new[] { 1, 2 }, new[] { 1, 1 }, null, TestContext.Current.CancellationToken);
            await group.WriteAsync<int>(flat, new[] { 3, 4 }.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<float>(target, new[] { 0.5f, 1.5f }.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        }

        stream.Position = 0;
        Assert.Contains("the column 'point' is nested", Assert.Throws<DataFormatException>(() => ParquetTable.Load(stream)).Message, StringComparison.Ordinal);
        stream.Position = 0;
        RawTable table = ParquetTable.Load(stream, new TableOptions { Ignore = ["point"] });
        Assert.Equal(["flat"], table.Columns.Select(column => column.Name));
        Assert.Equal([0.5f, 1.5f], table.Targets.ToArray());
    }

    [Fact]
    public async Task AParquetFileCutAtAnyByteIsRefused()
    {
        using MemoryStream whole = new();
        await Files.WriteParquetAsync(whole, Sample.Make(20), rowsOfGroup: 8, datesAsText: false);
        byte[] bytes = whole.ToArray();
        using (MemoryStream same = new(bytes))
        {
            Assert.Equal(20, ParquetTable.Load(same).Rows);
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            using MemoryStream cut = new(bytes, 0, length);
            Assert.Throws<DataFormatException>(() => ParquetTable.Load(cut));
        }
    }
}
