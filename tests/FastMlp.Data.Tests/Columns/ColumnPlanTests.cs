using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>Columns of a CSV file to features: what training rows teach, and what every later row is read by.</summary>
public class ColumnPlanTests
{
    private const string People = "age,sex,town,pay\n20,m,Ulm,1.5\n30,f,Bonn,2.5\n,f,Ulm,3.5\n70,m,NA,4.5\n";

    [Fact]
    public void TextsBecomeOneFeatureEachAndOneForTheOthers()
    {
        Preprocessing p = Preprocessing.Fit(Table("sex,n,kind\nm,1,a\nf,2,b\nm,3,a\n"), Scaling.None);
        Assert.Equal(["sex=f", "sex=m", "sex (other)", "n"], p.FeatureNames);
        Assert.Equal([0, 1, 0, 1, 1, 0, 0, 2, 0, 1, 0, 3], p.Transform(Table("sex,n,kind\nm,1,a\nf,2,b\nm,3,a\n")).Features.ToArray());
        Assert.Equal(["a", "b"], p.ClassNames);
        Assert.Equal([1f / 3, 2f / 3, 0], p.Columns!.Columns[0].Shares.ToArray());

        // The same codes whatever the order of the file, and classes under the model's numbers.
        Dataset turned = CsvDataset.Load(new StringReader("kind,n,sex\nb,7,f\na,8,m\n"), p);
        Assert.Equal([1, 0, 0, 7, 0, 1, 0, 8], turned.Features.ToArray());
        Assert.Equal([1, 0], turned.Labels.ToArray());
    }

    [Fact]
    public void AnUnknownTextIsTheBucketWhereTrainingFilledItAndTheAverageRowElsewhere()
    {
        const string Train = "c,t\nred,1.5\nred,2\nblue,3\nblue,4\nred,5\nteal,6\npink,7\nred,8\n";
        Preprocessing filled = Preprocessing.Fit(Table(Train, new CsvOptions { RareBelow = 2 }), Scaling.None);
        Assert.Equal(["c=blue", "c=red", "c (other)"], filled.FeatureNames);
        Assert.True(filled.Columns!.Columns[0].OtherSeen);
        Assert.Equal([0, 0, 1, 0, 0, 1], Features("c\nteal\nmauve\n", filled));

        Preprocessing empty = Preprocessing.Fit(Table(Train), Scaling.Standard);
        Assert.Equal([0.25f, 0.125f, 0.5f, 0.125f, 0], Features("c\nmauve\n", empty));
        float[] scaled = Features("c\nmauve\n", empty);
        empty.Features.Transform(scaled);
        Assert.All(scaled, value => Assert.Equal(0, value, 1e-6f));
    }

    [Theory]
    [InlineData("mean", new[] { 20f, 30, 40, 70 }, new[] { 0.25f, 0.75f, 0 })]
    [InlineData("median", new[] { 20f, 30, 30, 70 }, new[] { 0, 1f, 0 })]
    [InlineData("constant:55", new[] { 20f, 30, 55, 70 }, new[] { 1f, 0, 0, 0 })]
    public void GapsAreFilledFromTheTrainingRows(string way, float[] ages, float[] town)
    {
        Assert.True(Missing.TryParse(way, out Missing missing));
        string fifth = way == "mean" ? "40,Ulm,1" : "30,Ulm,1";
        RawTable table = Table($"age,town,pay\n20,Ulm,1.5\n30,Bonn,2.5\n?,Ulm,3.5\n70,,4.5\n{fifth}\n", new CsvOptions { Missing = missing });
        Preprocessing p = Preprocessing.Fit(table, Scaling.None);
        Dataset data = p.Transform(table);
        int width = data.InputSize;
        Assert.Equal(ages, Enumerable.Range(0, 4).Select(row => data.Features[row * width]).ToArray());
        Assert.Equal(town, data.Features.Slice((3 * width) + 1, width - 1).ToArray());
        Assert.Equal(data.Features.ToArray(), CsvDataset.Load(new StringReader($"age,town,pay\n20,Ulm,1.5\n30,Bonn,2.5\nNaN,Ulm,3.5\n70,N/A,4.5\n{fifth}\n"), p).Features.ToArray());
    }

    [Fact]
    public void GapsThatTrainingDidNotHaveAreFilledAlike()
    {
        const string Whole = "n,c,t\n1,x,0.5\n2,x,1\n90,y,2\n";
        Assert.Equal([2, 1, 0, 0], Features("n,c\n,\n", Preprocessing.Fit(Table(Whole, new CsvOptions { Missing = Missing.Median }), Scaling.None)));
        Assert.Equal([31, 2f / 3, 1f / 3, 0], Features("n,c\n,\n", Preprocessing.Fit(Table(Whole, new CsvOptions { Missing = Missing.Mean }), Scaling.None)));
        Assert.Equal([7, 2f / 3, 1f / 3, 0], Features("n,c\n,\n", Preprocessing.Fit(Table(Whole, new CsvOptions { Missing = Missing.Constant(7) }), Scaling.None)));
    }

    [Fact]
    public void AnIndicatorSaysThatAValueWasMissing()
    {
        Preprocessing p = Preprocessing.Fit(Table(People, new CsvOptions { Missing = Missing.Indicator }), Scaling.None);
        Assert.Equal(["age", "age (missing)", "sex=f", "sex=m", "sex (other)", "sex (missing)", "town=Bonn", "town=Ulm", "town (other)", "town (missing)"], p.FeatureNames);
        float[] rows = Features("age,sex,town\n20,m,Ulm\n,,\n", p);
        Assert.Equal([20, 0, 0, 1, 0, 0, 0, 1, 0, 0], rows[..10]);

        // No training row lacked its sex: the feature for it has learnt nothing, so the average stands in.
        Assert.Equal([40, 1, 0.5f, 0.5f, 0, 0, 0, 0, 0, 1], rows[10..]);
    }

    [Fact]
    public void SingleColumnsGoTheirOwnWay()
    {
        CsvOptions options = new()
        {
            Missing = Missing.Mean,
            MissingIn = new Dictionary<string, Missing> { ["town"] = Missing.Constant("none") },
            Ignore = ["sex"],
        };
        Preprocessing p = Preprocessing.Fit(Table(People, options), Scaling.None);
        Assert.Equal(["age", "town=Bonn", "town=Ulm", "town=none", "town (other)"], p.FeatureNames);
        Assert.Equal([40, 0, 0, 1, 0], Features("town,age\n,\n", p));
        Assert.Equal("t.csv: there is no column 'city'; the columns are age, sex, town, pay.", Message(People, options with { Ignore = ["city"] }));
    }

    [Fact]
    public void WithoutNamesAColumnIsKnownByItsPlace()
    {
        CsvOptions options = new() { Header = CsvHeader.Absent, Ignore = ["column0"] };
        Preprocessing p = Preprocessing.Fit(Table("7,1,x,0.5\n8,2,y,1\n", options), Scaling.None);
        Assert.Equal(["column1", "column2=x", "column2=y", "column2 (other)"], p.FeatureNames);
        CsvOptions absent = new() { Header = CsvHeader.Absent };
        Assert.Equal([2, 0, 1, 0], CsvDataset.LoadFeatures(new StringReader("9,2,y\n"), p, absent).Features.ToArray());
        Dataset data = CsvDataset.Load(new StringReader("9,2,y,3.5\n"), p, absent);
        Assert.Equal([2, 0, 1, 0], data.Features.ToArray());
        Assert.Equal([3.5f], data.Targets.ToArray());
    }

    [Fact]
    public void NumbersCanBeCategories()
    {
        Preprocessing p = Preprocessing.Fit(Table("zip,n,t\n10,1,0.5\n9,2,1\n10,3,2\n", new CsvOptions { Categorical = ["zip"] }), Scaling.None);
        Assert.Equal(["zip=10", "zip=9", "zip (other)", "n"], p.FeatureNames);
        Assert.Equal([1, 0, 0, 5], Features("zip,n\n10,5\n", p));
    }

    [Fact]
    public void ThePlanOfATrainingPartKnowsNothingOfTheRest()
    {
        RawTable all = Table("c,n,t\na,1,0.5\nb,2,1\nc,300,2\n");
        Preprocessing p = Preprocessing.Fit(all.Select([0, 1]), Scaling.None);
        Assert.Equal(["c=a", "c=b", "c (other)", "n"], p.FeatureNames);
        Assert.Equal([0.5f, 0.5f, 0, 300], p.Transform(all.Select([2])).Features.ToArray());
        Assert.Equal(1.5f, Preprocessing.Fit(all.Select([0, 1])).Features.Offsets[3]);
    }

    [Fact]
    public void ScalingIsThatOfTheEncodedRows()
    {
        foreach (string way in new[] { "mean", "median", "constant:3", "indicator" })
        {
            Assert.True(Missing.TryParse(way, out Missing missing));
            RawTable table = Table(People.Replace("Bonn", "3") + "25,f,Ulm,6\n,,,7\n", new CsvOptions { Missing = missing, RareBelow = 2, Categorical = ["town"] });
            foreach (Scaling scaling in new[] { Scaling.Standard, Scaling.MinMax })
            {
                Preprocessing p = Preprocessing.Fit(table, scaling);
                Dataset encoded = p.Columns!.Encode(table);
                Scaler direct = scaling == Scaling.Standard ? Scaler.Standard(encoded) : Scaler.MinMax(encoded);
                for (int c = 0; c < encoded.InputSize; c++)
                {
                    Assert.Equal(direct.Offsets[c], p.Features.Offsets[c], 1e-5f);
                    Assert.Equal(direct.Scales[c], p.Features.Scales[c], 1e-4f * direct.Scales[c]);
                }
            }
        }
    }

    [Fact]
    public void ThePlanTravelsInTheModelsJson()
    {
        foreach (string way in new[] { "mean", "median", "constant:4,\u00fc", "indicator" })
        {
            Assert.True(Missing.TryParse(way, out Missing missing));
            CsvOptions options = new() { Missing = missing, MissingIn = new Dictionary<string, Missing> { ["age"] = Missing.Constant(-0.1f) }, RareBelow = 2, MissingTokens = ["NA", "-"] };
            RawTable table = Table(People, options);
            Preprocessing p = Preprocessing.Fit(table);
            string json = p.ToJson();
            Assert.Contains("\"version\":3", json);
            Preprocessing back = Preprocessing.FromJson(json);
            Assert.Equal(json, back.ToJson());
            const string Rows = "pay,town,sex,age\n1,Ulm,f,3\n1,-,x,\n1,Rome,NA,-\n";
            Assert.Equal(Features(Rows, p), Features(Rows, back));
            Assert.Equal(p.Transform(table).Features.ToArray(), back.Transform(table).Features.ToArray());
        }

        Assert.Contains("\"version\":1", Preprocessing.Fit(BuiltInDatasets.Iris()).ToJson());
    }

    [Theory]
    [InlineData("\"missing\":\"mean\"", "\"missing\":\"guess\"", "fastmlp.preprocessing.columns[0]: \"missing\" is \"guess\"; error, mean, median, indicator or constant:VALUE was expected.")]
    [InlineData("\"kind\":\"number\"", "\"kind\":\"word\"", "fastmlp.preprocessing.columns[0]: the kind \"word\" is unknown; number, category, boolean, date or text was expected.")]
    [InlineData("\"fill\":40", "\"fill\":1e99", "fastmlp.preprocessing.columns[0]: \"fill\" is beyond the range of float32.")]
    [InlineData("\"missingSeen\":true", "\"missingSeen\":1", "fastmlp.preprocessing.columns[0]: the member \"missingSeen\" is missing or neither true nor false.")]
    [InlineData("[\"f\",\"m\"]", "[\"f\",\"f\"]", "fastmlp.preprocessing.columns[1]: a category stands there twice.")]
    [InlineData("[\"f\",\"m\"]", "[\"f\"]", "fastmlp.preprocessing.columns[1]: 1 categories need 2 shares from 0 to 1.")]
    [InlineData("\"fill\":0", "\"fill\":2", "fastmlp.preprocessing.columns[1]: \"fill\" is no index of a category.")]
    [InlineData("\"missing\":\"mean\",\"fill\":40", "\"missing\":\"indicator\",\"fill\":40", "fastmlp.preprocessing: the columns become 8 features, but 7 are scaled.")]
    public void DamagedPlansAreModelErrors(string old, string changed, string message)
    {
        string json = Preprocessing.Fit(Table(People, new CsvOptions { Missing = Missing.Mean })).ToJson();
        int at = json.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, json);
        Assert.Equal(message, Assert.Throws<ModelFormatException>(() => Preprocessing.FromJson(json[..at] + changed + json[(at + old.Length)..])).Message);
    }

    [Fact]
    public void OneRowOfTextsIsReadAsARowOfTheFile()
    {
        Preprocessing p = Preprocessing.Fit(Table(People, new CsvOptions { Missing = Missing.Mean }), Scaling.None);
        float[] features = new float[p.Columns!.FeatureCount];
        foreach (string row in new[] { "20,m,Ulm", ",f,Bonn", "3e1, x ,NA" })
        {
            p.Columns.Encode(row.Split(','), features);
            Assert.Equal(Features($"age,sex,town\n{row}\n", p), features);
        }

        p.Columns.Encode([null, null, null], features);
        Assert.Equal([40, 0.5f, 0.5f, 0, 1f / 3, 2f / 3, 0], features);
        Assert.Equal("column 'age': 'old' is not a number; a finite number was expected.", Assert.Throws<DataFormatException>(() => p.Columns.Encode(["old", "m", "Ulm"], features)).Message);
        Assert.Throws<ArgumentException>(() => p.Columns.Encode(["1", "m"], features));
        Assert.Throws<ArgumentException>(() => p.Transform(Table("age,sex,pay\n1,m,2.5\n")));
    }

    [Theory]
    [InlineData("a,b,t\n1,2,0\n2,,0\n", "t.csv, line 3, column 'b': a value is missing; a finite number was expected. Say what stands in for missing values (Missing, --missing).")]
    [InlineData("a,b,t\n1,x,0\n1,,0\n", "t.csv, line 3, column 'b': a value is missing; a text was expected. Say what stands in for missing values (Missing, --missing).")]
    [InlineData("a,b,t\n1,x,0\n1,NA,0\n", "t.csv, line 3, column 'b': a value is missing; a text was expected. Say what stands in for missing values (Missing, --missing).")]
    [InlineData("a,b,t\n1,2,0\n3,hot,1\n", "t.csv, line 3, column 'b': 'hot' is not a number; a finite number was expected. Name a column of texts and numbers as categorical (Categorical, --categorical).")]
    [InlineData("a,b,t\n1,hot,0\n3,2,1\n", "t.csv, line 2, column 'b': 'hot' is not a number; a finite number was expected. Name a column of texts and numbers as categorical (Categorical, --categorical).")]
    [InlineData("a,b,t\n1,Infinity,0\n", "t.csv, line 2, column 'b': 'Infinity' is not finite; a finite number was expected.")]
    [InlineData("a,b,t\n1,1e40,0\n1,2,0\n", "t.csv, line 2, column 'b': '1e40' is beyond the range of float32; a finite number was expected.")]
    public void SaysWhatIsWrongAndWhere(string text, string message) => Assert.Equal(message, Message(text));

    [Fact]
    public void TooManyTextsAreHashedAndColumnsWithoutAValueAreLeftOut()
    {
        Preprocessing hashed = Preprocessing.Fit(Table($"b,t\nx,0.5\n{new string('x', 1025)},1\nz,0\nx,1\n", new CsvOptions { Kinds = new Dictionary<string, string> { ["b"] = "text" } }), Scaling.None);
        Assert.Equal(64, hashed.Columns!.FeatureCount);
        float[] rows = Features($"b\nX\n{new string('x', 1025)}\nx\nnew\n", hashed);
        Assert.All(Enumerable.Range(0, 4), row => Assert.Equal(1, rows.Skip(64 * row).Take(64).Sum()));
        Assert.Equal(rows[..64], rows[128..192]);
        Assert.NotEqual(rows[..64], rows[64..128]);
        RawTable table = Table("a,b,t\n1,,0.5\n2,3,1\n4,,1\n", new CsvOptions { Missing = Missing.Median });
        Preprocessing empty = Preprocessing.Fit(table.Select([0, 2]));
        Assert.Equal(["a"], empty.FeatureNames);
        Assert.Equal(("b", "empty"), (empty.Columns!.LeftOut[0].Name, empty.Columns.LeftOut[0].ReadAs));
        Assert.Contains("no column is left", Assert.Throws<DataFormatException>(() => Preprocessing.Fit(Table("b,t\n1,0.5\n1,1\n"))).Message);
        Assert.Contains("'much' cannot stand in for a missing number", Assert.Throws<DataFormatException>(() => Preprocessing.Fit(Table("a,t\n1,0.5\n,1\n", new CsvOptions { Missing = Missing.Constant("much") }))).Message);
    }

    [Fact]
    public void PlainNumbersNeedNoPlan()
    {
        RawTable table = RawTable.Of(BuiltInDatasets.Wine());
        (RawTable train, RawTable heldOut) = table.Split(0.25, seed: 3, stratified: true);
        (Dataset plainTrain, Dataset plainHeldOut) = BuiltInDatasets.Wine().Split(0.25, seed: 3, stratified: true);
        Preprocessing p = Preprocessing.Fit(train);
        Assert.Null(p.Columns);
        Assert.Equal(Preprocessing.Fit(plainTrain).ToJson(), p.ToJson());
        Assert.Equal(p.Transform(plainHeldOut).Features.ToArray(), p.Transform(heldOut).Features.ToArray());
        Assert.Equal(plainHeldOut.Labels.ToArray(), p.Transform(heldOut).Labels.ToArray());
        Assert.Throws<ArgumentException>(() => CsvDataset.Load(new StringReader("a,t\n1,2\n"), new CsvOptions { Missing = Missing.Mean }));
        Dataset nameless = new(new float[] { 1, 2, 3, 4 }, 2, new[] { 0, 1 }, 2);
        Assert.Equal(Preprocessing.Fit(nameless).ToJson(), Preprocessing.Fit(RawTable.Of(nameless).Select([0, 1])).ToJson());
        Assert.Empty(Preprocessing.Fit(RawTable.Of(nameless)).FeatureNames);
        Dataset weighted = nameless.WithWeights(new float[] { 3, 0.5f });
        Assert.Equal([0.5f], Preprocessing.Fit(nameless).Transform(RawTable.Of(weighted).Select([1])).Weights.ToArray());
    }

    private static RawTable Table(string text, CsvOptions? options = null) => CsvDataset.LoadTable(new StringReader(text), options, "t.csv");

    private static string Message(string text, CsvOptions? options = null) => Assert.Throws<DataFormatException>(() => Preprocessing.Fit(Table(text, options))).Message;

    private static float[] Features(string text, Preprocessing p) => CsvDataset.LoadFeatures(new StringReader(text), p).Features.ToArray();
}
