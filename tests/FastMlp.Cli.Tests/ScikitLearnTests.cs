using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FastMlp.Cli.Tests;

/// <summary>
/// Pipelines of scikit-learn as ONNX (tools/make-sklearn-fixtures.py): gaps, texts, integers as categories, a text and a number that training did not see,
/// in a table whose columns stand in another order. Answers are scikit-learn's and ONNX Runtime's.
/// </summary>
public sealed class ScikitLearnTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Theory]
    [InlineData("sklearn-classifier")]
    [InlineData("sklearn-regressor")]
    public void RawRowsGiveTheAnswersOfScikitLearn(string name)
    {
        double[] expected = [.. Json(name).GetProperty("y").EnumerateArray().Select(value => value.GetDouble())];
        string stored = folder[name + ".safetensors"];
        Command.Run("convert", Fixture(name + ".onnx"), stored).Done();
        using TabularModel model = TabularModel.Load(stored);

        float[] y = model.Predict(CsvDataset.LoadFeatures(Fixture(name + ".csv"), model.Preprocessing));

        AssertClose(expected, [.. y.Select(value => (double)value)]);
        CommandResult predicted = Command.Run(["predict", Fixture(name + ".onnx"), Fixture(name + ".csv"), .. model.ClassNames.Count > 0 ? ["--probabilities"] : Array.Empty<string>()]).Done();
        AssertClose(expected, [.. predicted.OutputLines.Skip(1).SelectMany(line => line.Split(',')[^model.Network.OutputSize..]).Select(field => double.Parse(field, CultureInfo.InvariantCulture))]);
        Assert.Contains("column 'port': 1 not seen", predicted.Error, StringComparison.Ordinal);
        Assert.Contains("column 'deck': 1 not seen", predicted.Error, StringComparison.Ordinal);
        if (Json(name).GetProperty("classes") is { ValueKind: JsonValueKind.Array } classes)
        {
            Assert.Equal(classes.EnumerateArray().Select(each => each.GetString()), model.ClassNames);
        }

        // A model of columns goes on as ours: by its fields, and as a graph with raw columns again.
        AssertClose(expected[..model.Network.OutputSize], [.. model.Predict(Fields(name, model)).Select(value => (double)value)]);
        Command.Run("convert", stored, folder[name + "-again.onnx"]).Done();
        AssertClose(expected, [.. Runtime(folder[name + "-again.onnx"], name, deckIsText: true)]);
    }

    [Theory]
    [InlineData("sklearn-classifier")]
    [InlineData("sklearn-regressor")]
    public void OnnxRuntimeAnswersTheSame(string name) =>
        AssertClose([.. Json(name).GetProperty("y").EnumerateArray().Select(value => value.GetDouble())], [.. Runtime(Fixture(name + ".onnx"), name, deckIsText: false)]);

    [Fact]
    public void AGraphWithAnInputForEachColumnNamesTheFeatures()
    {
        string model = folder["columns.onnx"];
        using (Network network = Network.Input(2).Dense(1).Build(seed: 1))
        {
            Onnx.OnnxModel.Save(network, model, new Onnx.OnnxExportOptions { Columns = [Onnx.OnnxRawColumn.Number("length"), Onnx.OnnxRawColumn.Number("width")] });
        }

        Assert.Contains("2: length, width", Command.Run("inspect", model).Done().Output, StringComparison.Ordinal);
        string data = folder.Write("swapped.csv", "width,length\n2,1\n");
        string same = folder.Write("same.csv", "length,width\n1,2\n");
        Assert.Equal(Command.Run("predict", model, same).Done().Output, Command.Run("predict", model, data).Done().Output);
    }

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    private static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllText(Fixture(name + ".json"))).RootElement;

    private static string[][] Rows(string name) => [.. File.ReadAllLines(Fixture(name + ".csv")).Select(line => line.Split(','))];

    private static string[] Fields(string name, TabularModel model)
    {
        string[][] rows = Rows(name);
        return [.. model.Preprocessing.Columns!.Columns.Select(column => rows[1][Array.IndexOf(rows[0], column.Name)])];
    }

    private static List<double> Runtime(string path, string name, bool deckIsText)
    {
        InferenceSession session;
        try
        {
            session = new InferenceSession(path);
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            Assert.Skip($"ONNX Runtime does not load here: {exception.Message}");
            throw;
        }

        using (session)
        {
            string[][] rows = Rows(name);
            int[] shape = [rows.Length - 1, 1];
            List<NamedOnnxValue> inputs = [];
            foreach (string column in session.InputNames)
            {
                string[] values = [.. rows.Skip(1).Select(row => row[Array.IndexOf(rows[0], column)])];
                inputs.Add(column is "sex" or "port" || (column == "deck" && deckIsText) ? NamedOnnxValue.CreateFromTensor(column, new DenseTensor<string>(values, shape))
                    : column == "deck" ? NamedOnnxValue.CreateFromTensor(column, new DenseTensor<long>(values.Select(value => long.Parse(value, CultureInfo.InvariantCulture)).ToArray(), shape))
                    : NamedOnnxValue.CreateFromTensor(column, new DenseTensor<float>(values.Select(value => value.Length == 0 ? float.NaN : float.Parse(value, CultureInfo.InvariantCulture)).ToArray(), shape)));
            }

            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(inputs);
            return results[^1].Value switch
            {
                Tensor<float> tensor => [.. tensor.Select(value => (double)value)],
                IEnumerable<DisposableNamedOnnxValue> maps => [.. maps.SelectMany(map => map.AsDictionary<string, float>().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (double)pair.Value))],
                object other => throw new NotSupportedException($"{other.GetType()}"),
            };
        }
    }

    private static void AssertClose(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - (1e-5 * Math.Max(1, Math.Abs(pair.First))), pair.First + (1e-5 * Math.Max(1, Math.Abs(pair.First)))));
    }
}
