using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Parquet;
using Parquet.Schema;

namespace FastMlp.Data.Formats.Tests;

/// <summary>A row of the tests: a number with gaps, a whole number, a text, a date, and the class.</summary>
internal sealed record Sample(double? Size, int Count, string Town, DateTime Day, string Class)
{
    public static Sample[] Make(int rows) => [.. Enumerable.Range(0, rows).Select(i => new Sample(
        i % 13 == 5 ? null : (i * 37 % 101) + 0.125, i * 7 % 50, ((string[])["Ulm", "Bonn", "Celle"])[i % 3], new DateTime(2024, 1, 1).AddDays(i * 3), i * 37 % 101 > 50 ? "large" : "small"))];
}

/// <summary>The samples in each format, written by the format's own library.</summary>
internal static class Files
{
    public static string Json(Sample s) => JsonSerializer.Serialize(new { size = s.Size, count = s.Count, town = s.Town, day = s.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), @class = s.Class });

    public static void WriteParquet(string path, Sample[] samples, int rowsOfGroup, bool datesAsText)
    {
        using FileStream stream = File.Create(path);
        WriteParquetAsync(stream, samples, rowsOfGroup, datesAsText).GetAwaiter().GetResult();
    }

    public static async Task WriteParquetAsync(Stream stream, Sample[] samples, int rowsOfGroup, bool datesAsText)
    {
        DataField<double?> size = new("size");
        DataField<int> count = new("count");
        DataField<string> town = new("town");
        DataField day = datesAsText ? new DataField<string>("day") : new DataField<DateTime>("day");
        DataField<string> name = new("class");
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(size, count, town, day, name), stream);
        foreach (Sample[] chunk in samples.Chunk(rowsOfGroup))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<double>(size, chunk.Select(s => s.Size).ToArray().AsMemory());
            await group.WriteAsync<int>(count, chunk.Select(s => s.Count).ToArray().AsMemory());
            await group.WriteAsync(town, chunk.Select(s => s.Town).ToArray());
            if (datesAsText)
            {
                await group.WriteAsync(day, chunk.Select(s => s.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToArray());
            }
            else
            {
                await group.WriteAsync<DateTime>(day, chunk.Select(s => s.Day).ToArray().AsMemory());
            }

            await group.WriteAsync(name, chunk.Select(s => s.Class).ToArray());
            group.CompleteValidate();
        }
    }

    public static SqliteConnection Database(Sample[] samples)
    {
        SqliteConnection connection = new("Data Source=:memory:");
        connection.Open();
        using SqliteCommand create = new("CREATE TABLE samples (id INTEGER PRIMARY KEY, size REAL, count INTEGER, town TEXT, day TEXT, class TEXT)", connection);
        create.ExecuteNonQuery();
        foreach (Sample s in samples)
        {
            using SqliteCommand insert = new("INSERT INTO samples (size, count, town, day, class) VALUES ($s, $c, $t, $d, $k)", connection);
            insert.Parameters.AddWithValue("$s", (object?)s.Size ?? DBNull.Value);
            insert.Parameters.AddWithValue("$c", s.Count);
            insert.Parameters.AddWithValue("$t", s.Town);
            insert.Parameters.AddWithValue("$d", s.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            insert.Parameters.AddWithValue("$k", s.Class);
            insert.ExecuteNonQuery();
        }

        return connection;
    }
}
