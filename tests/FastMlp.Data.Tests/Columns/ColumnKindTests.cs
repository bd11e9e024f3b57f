using System.Globalization;
using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>What columns are read as, and what becomes of them: each kind that files of people have.</summary>
public class ColumnKindTests
{
    [Theory]
    [InlineData("1,5;-2,25;0,125;1.234,5;7;3e1", new[] { 1.5, -2.25, 0.125, 1234.5, 7, 30 })]
    [InlineData("1.5;-2.25;0.125;1,234.5;7;3e1", new[] { 1.5, -2.25, 0.125, 1234.5, 7, 30 })]
    [InlineData("1.000;2.500;1.234.567;12,5;300;4,25", new[] { 1000, 2500, 1234567, 12.5, 300, 4.25 })]
    [InlineData("1,000;2,500;1,234,567;12.5;300;4.25", new[] { 1000, 2500, 1234567, 12.5, 300, 4.25 })]
    [InlineData("12.5 %;3%;-1 %;0.5 %;7 %;99.25%", new[] { 12.5, 3, -1, 0.5, 7, 99.25 })]
    [InlineData("$10.50;$1,200.00;-$3;($4.25);$ 5;$0", new[] { 10.5, 1200, -3, -4.25, 5, 0 })]
    [InlineData("10,50 €;1.200,00 €;-3 €;4,25 €;5 €;0 €", new[] { 10.5, 1200, -3, 4.25, 5, 0 })]
    [InlineData("1 234,5;12 345 678,25;7;8,5;+9;,5e1", new[] { 1234.5, 12345678.25, 7, 8.5, 9, 5 }, "comma")]
    [InlineData("1'234.5;2'000'000;7;8.5;+9;.5", new[] { 1234.5, 2000000, 7, 8.5, 9, 0.5 })]
    public void NumbersAreReadAsTheirOwnerMeansThem(string values, double[] expected, string? mark = null)
    {
        string[] fields = values.Split(';');
        string text = "x|y\n" + string.Concat(fields.Select((field, i) => $"{field}|{i + 0}\n"));
        CsvOptions options = new() { Task = DataTask.Regression, Decimal = mark == "comma" ? DecimalMark.Comma : DecimalMark.Detect };
        Preprocessing p = Preprocessing.Fit(Table(text, options), Scaling.None);
        Assert.Equal(ColumnKind.Number, p.Columns!.Columns[0].Kind);
        Assert.Equal(expected.Select(value => (float)value), p.Transform(Table(text, options)).Features.ToArray());

        // As the target they are values, not classes.
        Dataset turned = CsvDataset.Load(new StringReader("y|x\n" + string.Concat(fields.Select((field, i) => $"{i}|{field}\n"))), new CsvOptions { Task = DataTask.Regression, Decimal = options.Decimal });
        Assert.Equal(expected.Select(value => (float)value), turned.Targets.ToArray());
    }

    [Theory]
    [InlineData("1,5x")]
    [InlineData("0x10")]
    [InlineData("1,2,3.4")]
    [InlineData("12,34.5")]
    [InlineData("0,123.5")]
    [InlineData("1..5")]
    [InlineData("1.5.2")]
    [InlineData("--1")]
    [InlineData("$")]
    [InlineData("%")]
    [InlineData("1 2")]
    [InlineData("1,2345")]
    [InlineData("1e")]
    [InlineData("")]
    public void TheWholeFieldMustBeTheNumber(string text) => Assert.False(ValueText.TryNumber(text, '.', out _, out _), text);

    [Fact]
    public void TheMarkIsThatOfTheWholeFile()
    {
        // The first 300 rows leave it open; the last says that 1.234 is a thousand.
        string head = "x;n;y\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"1.{100 + i};{i % 5};{i}\n"));
        RawTable comma = Table(head + "0,5;1;7\n");
        RawTable point = Table(head + "0.5;1;7\n");
        Assert.Equal(1100, Preprocessing.Fit(comma, Scaling.None).Transform(comma).Features[0]);
        Assert.Equal(1.1f, Preprocessing.Fit(point, Scaling.None).Transform(point).Features[0]);
        Assert.Equal(DecimalMark.Comma, Preprocessing.Fit(comma).Columns!.Decimal);
        Assert.Contains("--decimal", Assert.Throws<DataFormatException>(() => Table("x;y\n1.25;1\n" + string.Concat(Enumerable.Repeat("2;1\n", 250)) + string.Concat(Enumerable.Range(0, 9).Select(i => $"{i},5;2\n")))).Message);

        // A stream finds the same.
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, head + "0,5;1;7\n");
            Assert.Equal(Preprocessing.Fit(comma).ToJson(), CsvBatches.Open(path).Preprocessing.ToJson());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void NewRowsMayHaveTheOtherMark()
    {
        Preprocessing german = Preprocessing.Fit(Table("x;y\n1,5;1\n2,5;2\n3,5;3,5\n"), Scaling.None);
        Assert.Equal([12.5f, 1234.5f], CsvDataset.LoadFeatures(new StringReader("x;y\n12.5;0\n1,234.5;0\n"), german).Features.ToArray());
        Assert.Equal([12.5f, 1234.5f], CsvDataset.LoadFeatures(new StringReader("x;y\n12,5;0\n1.234,5;0\n"), german).Features.ToArray());
        Assert.Contains("line 2, column 'x': 'twelve' is not a number", Assert.Throws<DataFormatException>(() => CsvDataset.LoadFeatures(new StringReader("x;y\ntwelve;0\n"), german)).Message);
    }

    [Theory]
    [InlineData("true", "FALSE", "True")]
    [InlineData("Yes", "no", "YES")]
    [InlineData("t", "f", "T")]
    [InlineData("Y", "n", "y")]
    [InlineData("true", "0", "1")]
    public void TruthsAreOneFeatureWhateverTheirCase(string yes, string no, string other)
    {
        Preprocessing p = Preprocessing.Fit(Table($"b,x,y\n{yes},1,1.5\n{no},2,2\n{yes},3,3\n"), Scaling.None);
        Assert.Equal(["b", "x"], p.FeatureNames);
        Assert.Equal([1f, 1f, 0f, 2f], CsvDataset.LoadFeatures(new StringReader($"b,x\n{other},1\n{no.ToUpperInvariant()},2\n"), p).Features.ToArray());
        Assert.Contains("'maybe' stands there; true or false was expected", Assert.Throws<DataFormatException>(() => CsvDataset.LoadFeatures(new StringReader("b,x\nmaybe,1\n"), p)).Message);
        Assert.Equal(p.ToJson(), Preprocessing.FromJson(p.ToJson()).ToJson());
    }

    [Fact]
    public void DatesAreDaysAndCyclesThatVary()
    {
        string text = "when,y\n" + string.Concat(Enumerable.Range(0, 40).Select(i => string.Create(CultureInfo.InvariantCulture, $"{new DateTime(2024, 1, 15).AddDays(17 * i):yyyy-MM-dd},{i + 0.5}\n")));
        Preprocessing p = Preprocessing.Fit(Table(text), Scaling.None);
        Assert.Equal(["when (days)", "when (year sin)", "when (year cos)", "when (week sin)", "when (week cos)"], p.FeatureNames);
        float[] row = CsvDataset.LoadFeatures(new StringReader("when,y\n2024-01-15,1\n2024-07-01,1\n"), p).Features.ToArray();
        Assert.Equal(0, row[0]);
        Assert.Equal(168, row[5]);

        // 15 January is day 14 of 366 and a Monday.
        Assert.Equal(Math.Sin(Math.Tau * 14 / 366), row[1], 6);
        Assert.Equal(Math.Cos(Math.Tau * 14 / 366), row[2], 6);
        Assert.Equal([0f, 1f], row[3..5]);
        Preprocessing back = Preprocessing.FromJson(p.ToJson());
        Assert.Equal(row, CsvDataset.LoadFeatures(new StringReader("when,y\n2024-01-15,1\n2024-07-01T00:00:00Z,1\n"), back).Features.ToArray());
        Assert.Contains("'soon' stands there; a date such as 2024-01-31 was expected", Assert.Throws<DataFormatException>(() => CsvDataset.LoadFeatures(new StringReader("when,y\nsoon,1\n"), p)).Message);
    }

    [Theory]
    [InlineData("2024-02-29", (int)DateOrder.YearFirst, "2024-02-29T00:00:00")]
    [InlineData("2023-02-29", 0, null)]
    [InlineData("2024-02-29 23:59:59.5", (int)DateOrder.YearFirst, "2024-02-29T23:59:59.5")]
    [InlineData("2024-02-29T12:00:00+02:00", (int)DateOrder.YearFirst, "2024-02-29T10:00:00")]
    [InlineData("2024/2/9", (int)DateOrder.YearFirst, "2024-02-09T00:00:00")]
    [InlineData("31.12.1999", (int)DateOrder.DayFirst, "1999-12-31T00:00:00")]
    [InlineData("12/31/1999 1:05 PM", (int)DateOrder.MonthFirst, "1999-12-31T13:05:00")]
    [InlineData("03/04/2020", (int)(DateOrder.DayFirst | DateOrder.MonthFirst), null)]
    [InlineData("9 Mar 2021", (int)DateOrder.NamedMonth, "2021-03-09T00:00:00")]
    [InlineData("September 9, 2021", (int)DateOrder.NamedMonth, "2021-09-09T00:00:00")]
    [InlineData("17:45", (int)DateOrder.TimeOnly, "1970-01-01T17:45:00")]
    [InlineData("25:00", 0, null)]
    [InlineData("12.5", 0, null)]
    [InlineData("2024-13-01", 0, null)]
    [InlineData("1.2.3", 0, null)]
    public void DatesAreReadOneWayOrNotAtAll(string text, int orders, string? moment)
    {
        Assert.Equal((DateOrder)orders, DateText.Orders(text));
        if (moment is not null)
        {
            Assert.True(DateText.TryParse(text, (DateOrder)orders, out double seconds));
            Assert.Equal(DateTime.Parse(moment, CultureInfo.InvariantCulture), DateTime.UnixEpoch.AddSeconds(seconds));
        }
    }

    [Fact]
    public void OpenDatesAreAskedAbout()
    {
        string text = "when,y\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"0{1 + (i % 9)}/0{1 + (i % 7)}/2020,{i}.5\n"));
        ColumnSummary open = Preprocessing.Fit(Table(text)).Columns!.WhatWasRead[0];
        Assert.NotEqual("date", open.ReadAs);
        Assert.Contains("date:dmy", open.Note);
        foreach ((string kind, float days) in new[] { ("date:dmy", 31f), ("date:mdy", 1f) })
        {
            Preprocessing p = Preprocessing.Fit(Table(text, new CsvOptions { Kinds = new Dictionary<string, string> { ["when"] = kind } }), Scaling.None);
            float[] rows = CsvDataset.LoadFeatures(new StringReader("when\n01/01/2020\n01/02/2020\n"), p).Features.ToArray();
            Assert.Equal(days, rows[p.Features.Size] - rows[0]);
        }
    }

    [Fact]
    public void TimeStampsKeepTheirSeconds()
    {
        // float32 has steps of 128 s there.
        string text = "t,y\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"{1700000000L + (3 * i)},{i}.5\n"));
        RawTable table = Table(text);
        Preprocessing p = Preprocessing.Fit(table);
        float[] features = p.Transform(table).Features.ToArray();
        Assert.Equal(50, features.Distinct().Count());
        Assert.All(Enumerable.Range(1, 49), i => Assert.Equal(features[1] - features[0], features[i] - features[i - 1], 4));
        Assert.Contains("taken off", p.Columns!.WhatWasRead[0].Note);
    }

    [Fact]
    public void ClassNamesStayAsWritten()
    {
        foreach (string[] names in new string[][] { ["001", "002", "010"], ["7", "10000000000000000", "10000000000000001"], ["No", "Yes"] })
        {
            string text = "x,k\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i}.5,{names[i % names.Length]}\n"));
            foreach (DataTask? task in new DataTask?[] { null, DataTask.Classification })
            {
                RawTable table = Table(text, new CsvOptions { Task = task });
                Assert.Equal(names, table.ClassNames);
                Preprocessing p = Preprocessing.Fit(table);
                Assert.Equal(table.Labels.ToArray(), CsvDataset.Load(new StringReader(text), p).Labels.ToArray());
            }
        }

        Preprocessing codes = Preprocessing.Fit(Table("x,k\n1.5,001\n2,002\n3,001\n"));
        Assert.Throws<DataFormatException>(() => CsvDataset.Load(new StringReader("x,k\n1,1\n"), codes));
        Preprocessing words = Preprocessing.Fit(Table("x,k\n1.5,No\n2,Yes\n3,No\n"));
        Assert.Equal([1, 0], CsvDataset.Load(new StringReader("x,k\n1,YES\n2,no\n"), words).Labels.ToArray());
    }

    [Fact]
    public void WhatTeachesNothingIsLeftOutAndNamed()
    {
        StringBuilder text = new(",customer_id,same,none,name,x,y\n");
        for (int i = 0; i < 60; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i},{1000 + (7 * i)},5,,person {i},{i % 9},{i % 9 * 1.5}\n");
        }

        Preprocessing p = Preprocessing.Fit(Table(text.ToString()));
        Assert.Equal(["x"], p.FeatureNames);
        Assert.Equal(["id", "id", "constant", "empty", "id", "number", "values"], p.Columns!.WhatWasRead.Select(column => column.ReadAs));
        Assert.Equal(["x", "name"], Preprocessing.Fit(Table(text.ToString(), new CsvOptions { Kinds = new Dictionary<string, string> { ["name"] = "category" } })).Columns!.Columns.Select(column => column.Name).OrderDescending());
        Assert.Equal(["customer_id", "x"], Preprocessing.Fit(Table(text.ToString(), new CsvOptions { Kinds = new Dictionary<string, string> { ["customer_id"] = "number" } })).FeatureNames);

        // What the file has beside them does not matter to new rows.
        Assert.Equal([3f], CsvDataset.LoadFeatures(new StringReader("x\n3\n"), p).Features.ToArray());
    }

    [Fact]
    public void CategoriesMatchInAnyCaseWhereOnlyOneDoes()
    {
        Preprocessing p = Preprocessing.Fit(Table("c,y\nUlm,1.5\nBonn,2\nbonn,3\nUlm,4\n"), Scaling.None);
        Assert.Equal(["c=Bonn", "c=Ulm", "c=bonn", "c (other)"], p.FeatureNames);
        ReadingTally tally = new(p);
        float[] rows = CsvDataset.LoadFeatures(new StringReader("c\nULM\nbonn\nBONN\n"), p, null, "t.csv", tally).Features.ToArray();
        Assert.Equal([0, 1, 0, 0, 0, 0, 1, 0], rows[..8]);
        Assert.Equal([0.25f, 0.5f, 0.25f, 0], rows[8..]);
        Assert.Equal((3, 1, 0), (tally.Columns[0].Rows, tally.Columns[0].Unseen, tally.Columns[0].Missing));
    }

    [Fact]
    public void WhatTrainingDidNotHaveIsCountedAndClipped()
    {
        RawTable table = Table("x,c,y\n0,a,1.5\n1,b,2\n,a,3\n0.5,b,1\n", new CsvOptions { Missing = Missing.Mean });
        Preprocessing p = Preprocessing.Fit(table, Scaling.None);
        ReadingTally tally = new(p);
        FeatureTable rows = CsvDataset.LoadFeatures(new StringReader("x,c\n1e38,a\n-1e30,z\n2,\n,a\n0.25,b\n"), p, null, "t.csv", tally);
        Assert.Equal([1001f, -1000f, 2f, 0.5f, 0.25f], Enumerable.Range(0, 5).Select(row => rows.Features[row * rows.InputSize]));
        Assert.Equal((5, 1, 0, 3, 2), (tally.Columns[0].Rows, tally.Columns[0].Missing, tally.Columns[0].Unseen, tally.Columns[0].OutOfRange, tally.Columns[0].Clipped));
        Assert.Equal((5, 1, 1, 0, 0), (tally.Columns[1].Rows, tally.Columns[1].Missing, tally.Columns[1].Unseen, tally.Columns[1].OutOfRange, tally.Columns[1].Clipped));
        Assert.Contains("beyond the range of float32", Assert.Throws<DataFormatException>(() => CsvDataset.LoadFeatures(new StringReader("x,c\n1e39,a\n"), p)).Message);
    }

    [Fact]
    public void BytesOfAnotherEncodingAreRefusedByPlaceAndReadWhenNamed()
    {
        string text = "town,n,y\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"{(i == 300 ? "Z\u00fcrich" : i % 2 == 0 ? "Bern" : "Genf")},{i % 7},{i}.5\n"));
        byte[] latin = Encoding.Latin1.GetBytes(text);
        DataFormatException e = Assert.Throws<DataFormatException>(() => CsvDataset.LoadTable(new MemoryStream(latin), null, "t.csv"));
        Assert.Equal("t.csv, line 302, column 'town': the byte 0xfc is not UTF-8; say which encoding the text has (Encoding, --encoding latin1 or windows-1252).", e.Message);
        CsvOptions kept = new() { Kinds = new Dictionary<string, string> { ["town"] = "category" } };
        string named = Preprocessing.Fit(CsvDataset.LoadTable(new MemoryStream(latin), kept with { Encoding = Encoding.Latin1 })).ToJson();
        Assert.Equal(named, Preprocessing.Fit(CsvDataset.LoadTable(new MemoryStream(Encoding.UTF8.GetBytes(text)), kept)).ToJson());
        Assert.Equal(named, Preprocessing.Fit(CsvDataset.LoadTable(new MemoryStream([0xff, 0xfe, .. Encoding.Unicode.GetBytes(text)]), kept)).ToJson());
        Assert.Contains("line 1, ", Assert.Throws<DataFormatException>(() => CsvDataset.LoadTable(new MemoryStream(Encoding.Latin1.GetBytes("\u00fcber,y\n1,2\n")), null, "t.csv")).Message);

        // A pair of surrogates whose second half could stand for a byte is text.
        Assert.Equal(2, CsvDataset.LoadTable(new MemoryStream([.. Encoding.UTF8.GetBytes("x,k\n1.5,\U0001f480\n2,b\n")])).TargetSize);
    }

    [Fact]
    public void TypedColumnsGoTheSameWay()
    {
        int rows = 30;
        RawColumn[] columns =
        [
            RawColumn.Numbers("n", [.. Enumerable.Range(0, rows).Select(i => i == 3 ? double.NaN : i * 0.5)]),
            RawColumn.Texts("c", [.. Enumerable.Range(0, rows).Select(i => i % 3 == 0 ? "a" : "b")]),
            RawColumn.Booleans("b", [.. Enumerable.Range(0, rows).Select(i => i == 5 ? (bool?)null : i % 2 == 0)]),
            RawColumn.Dates("d", [.. Enumerable.Range(0, rows).Select(i => (DateTime?)new DateTime(2024, 1, 1).AddDays(i))]),
            RawColumn.Numbers("y", [.. Enumerable.Range(0, rows).Select(i => i + 0.25)]),
        ];
        RawTable table = RawTable.Of(columns, new TableOptions { Missing = Missing.Indicator });
        Preprocessing p = Preprocessing.Fit(table);
        Assert.Equal([ColumnKind.Number, ColumnKind.Category, ColumnKind.Boolean, ColumnKind.Date], p.Columns!.Columns.Select(column => column.Kind));
        Assert.Contains("n (missing)", p.FeatureNames);
        Dataset data = p.Transform(table);
        Assert.Equal((rows, p.Features.Size), (data.Rows, data.InputSize));

        // The same rows as text give the same features.
        string text = "n,c,b,d,y\n" + string.Concat(Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"{(i == 3 ? "" : i * 0.5)},{(i % 3 == 0 ? "a" : "b")},{(i == 5 ? "" : i % 2 == 0 ? "true" : "false")},{new DateTime(2024, 1, 1).AddDays(i):yyyy-MM-dd},{i + 0.25}\n")));
        RawTable read = Table(text, new CsvOptions { Missing = Missing.Indicator });
        Assert.Equal(data.Features.ToArray(), Preprocessing.Fit(read).Transform(read).Features.ToArray());
        Assert.Contains("'z'", Assert.Throws<DataFormatException>(() => RawTable.Of(columns, new TableOptions { Target = "z" })).Message);
    }

    [Fact]
    public void WarningsNameWhatIsDoubtful()
    {
        Random random = new(4);
        string text = "id,leak,x,k\n" + string.Concat(Enumerable.Range(0, 300).Select(i =>
        {
            bool rare = random.Next(40) == 0;
            return string.Create(CultureInfo.InvariantCulture, $"{i},{(rare ? "z" : i % 2 == 0 ? "p" : "q")},{random.NextDouble():F4},{(rare ? "rare" : i % 2 == 0 ? "a" : "b")}\n");
        }));
        RawTable table = Table(text);
        IReadOnlyList<string> warnings = TableWarnings.Of(table, Preprocessing.Fit(table));
        Assert.Contains(warnings, warning => warning.Contains("'id' is left out"));
        Assert.Contains(warnings, warning => warning.Contains("'leak' alone predicts"));
        Assert.Contains(warnings, warning => warning.Contains("'rare'") && warning.Contains("--class-weights"));
        Assert.DoesNotContain(warnings, warning => warning.Contains("'x'"));
        Assert.DoesNotContain(warnings, warning => warning.Contains("few rows"));
        Assert.Contains(TableWarnings.Of(table.Select([0, 1, 2, 3]), Preprocessing.Fit(table)), warning => warning.Contains("few rows"));
    }

    private static RawTable Table(string text, CsvOptions? options = null) => CsvDataset.LoadTable(new StringReader(text), options, "t.csv");
}
