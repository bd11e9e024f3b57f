using System.Globalization;
using Microsoft.Data.Sqlite;

namespace FastMlp.Data.Formats.Tests;

/// <summary>The same rows give the same model, bit for bit, whatever they are read from.</summary>
public sealed class SameModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fastmlp-formats-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void CsvParquetJsonLinesAndSqliteGiveTheSameBytes()
    {
        Sample[] samples = Sample.Make(150);
        string csv = Path.Combine(folder, "rows.csv");
        File.WriteAllLines(csv, ["size,count,town,day,class", .. samples.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Size:R},{s.Count},{s.Town},{s.Day:yyyy-MM-dd},{s.Class}"))]);
        byte[] expected = Train(CsvDataset.LoadTable(csv, new CsvOptions { Missing = Missing.Mean }));
        TableOptions options = new() { Missing = Missing.Mean };

        string parquet = Path.Combine(folder, "rows.parquet");
        Files.WriteParquet(parquet, samples, rowsOfGroup: 64, datesAsText: true);
        Assert.Equal(expected, Train(ParquetTable.Load(parquet, options)));

        string jsonl = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(jsonl, samples.Select(Files.Json));
        Assert.Equal(expected, Train(JsonLinesTable.Load(jsonl, options)));

        using SqliteConnection connection = Files.Database(samples);
        using SqliteCommand query = new("SELECT size, count, town, day, class FROM samples ORDER BY id", connection);
        using SqliteDataReader reader = query.ExecuteReader();
        Assert.Equal(expected, Train(DatabaseTable.Read(reader, options)));
    }

    // The file says how dates were spelled, which typed dates were not; so the weights are compared, and not the files.
    [Fact]
    public void TypedDatesGiveTheSameWeightsAsDatesInTexts()
    {
        Sample[] samples = Sample.Make(150);
        TableOptions options = new() { Missing = Missing.Mean };
        string parquet = Path.Combine(folder, "rows.parquet");
        Files.WriteParquet(parquet, samples, rowsOfGroup: 64, datesAsText: false);
        using TabularModel typed = Fit(ParquetTable.Load(parquet, options));
        using TabularModel spelled = Fit(JsonLinesTable.Load(new StringReader(string.Join('\n', samples.Select(Files.Json))), options));
        Assert.Equal(Bits(spelled), Bits(typed));
    }

    [Fact]
    public void OtherRowsGiveAnotherModel()
    {
        Sample[] samples = Sample.Make(150);
        TableOptions options = new() { Missing = Missing.Mean };
        byte[] expected = Train(JsonLinesTable.Load(new StringReader(string.Join('\n', samples.Select(Files.Json))), options));
        samples[7] = samples[7] with { Size = samples[7].Size + 1 };
        Assert.NotEqual(expected, Train(JsonLinesTable.Load(new StringReader(string.Join('\n', samples.Select(Files.Json))), options)));
    }

    private static TabularModel Fit(RawTable rows) => TabularModel.Fit(rows,
        (features, classes) => Network.Input(features).Dense(8, Activation.Tanh).Dense(classes, Activation.Softmax).Build(seed: 3),
        new FitOptions { Epochs = 3, BatchSize = 32 });

    private static int[] Bits(TabularModel model) => [.. model.Network.Tensors.SelectMany(tensor => tensor.ToArray()).Select(BitConverter.SingleToInt32Bits)];

    private static byte[] Train(RawTable rows)
    {
        using TabularModel model = Fit(rows);
        using MemoryStream file = new();
        model.Save(file);
        return file.ToArray();
    }
}
