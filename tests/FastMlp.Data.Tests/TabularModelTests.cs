using System.Globalization;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>From raw rows to answers in their own words, through the file and through the frozen snapshot.</summary>
public class TabularModelTests
{
    [Fact]
    public void ValuesComeBackInTheUnitOfTheData()
    {
        RawTable table = CsvDataset.LoadTable(new StringReader("size,town,price\n" + string.Concat(Enumerable.Range(0, 200).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"{i % 23},{(i % 3 == 0 ? "Ulm" : "Bonn")},{100_000 + (2_000 * (i % 23)) + (i % 3 == 0 ? 30_000 : 0) + 0.5}\n")))));
        (RawTable train, RawTable test) = table.Split(0.25, seed: 2);
        using TabularModel model = TabularModel.Fit(train, (inputs, outputs) => Network.Input(inputs).Dense(outputs).Build(seed: 1), new FitOptions { Optimizer = new Adam(0.05f), Epochs = 200 }, test);
        Assert.InRange(model.Evaluate(test).R2, 0.99, 1);
        float[] answer = model.Predict(["10", "Ulm"]);
        Assert.Equal(150_000.5, answer[0], 2_000.0);

        using MemoryStream file = new();
        model.Save(file);
        file.Position = 0;
        using TabularModel loaded = TabularModel.Load(file);
        Assert.Equal(answer, loaded.Predict(["10", "Ulm"]));
        Assert.Equal(answer, loaded.Predict(CsvDataset.LoadFeatures(new StringReader("town,size\nulm,10\n"), loaded.Preprocessing)));

        using Predictor predictor = loaded.Freeze();
        float[] features = new float[loaded.Preprocessing.Columns!.FeatureCount];
        loaded.Preprocessing.Columns.Encode(["10", "Ulm"], features);
        float[] frozen = new float[1];
        predictor.Predict(features, frozen);
        Assert.Equal(answer[0], frozen[0], 1f);
        Assert.Throws<InvalidOperationException>(() => loaded.ClassOf(answer));
    }

    [Fact]
    public void ClassesComeBackByName()
    {
        (RawTable train, RawTable test) = RawTable.Of(BuiltInDatasets.Iris()).Split(0.3, seed: 1, stratified: true);
        using TabularModel model = TabularModel.Fit(train, (inputs, outputs) => Network.Input(inputs).Dense(8, Activation.Relu).Dense(outputs, Activation.Softmax).Build(seed: 1), new FitOptions { Optimizer = new Adam(0.02f), Epochs = 60 });
        Assert.InRange(model.Evaluate(test).Accuracy, 0.9, 1);
        Assert.Equal("setosa", model.ClassOf([0.9f, 0.05f, 0.05f]));
        Assert.Throws<InvalidOperationException>(() => model.ClassOf([0.9f]));
        Assert.Throws<InvalidOperationException>(() => model.Predict(["5", "3", "1", "0.2"]));

        using Network bare = Network.Input(2).Dense(1).Build(seed: 1);
        using MemoryStream file = new();
        bare.Save(file);
        file.Position = 0;
        Assert.Contains("carries no preprocessing", Assert.Throws<ModelFormatException>(() => TabularModel.Load(file)).Message);
    }
}
