using System.Globalization;
using System.Text;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>ONNX Runtime runs what FastMlp exports, and answers the same.</summary>
public class RuntimeAgreementTests
{
    private const int Rows = 64;

    /// <summary>
    /// Each number within 1e-5 of it, or, where it is below a tenth of the largest, of that: there the sums of float32
    /// cancel, in both, and ONNX has no erfc, so that the tail of a GELU is lost in 1 + erf.
    /// </summary>
    [Fact]
    public void EveryActivationAndBias()
    {
        List<(string Name, Network Network)> cases = [];
        foreach ((string name, Activation activation) in ExportTests.Activations)
        {
            cases.AddRange(Enum.GetValues<Bias>().Select(bias => ($"{name}, bias {bias}", ExportTests.Sample(activation, bias))));
        }

        cases.Add(("784-128-64-10", Network.Input(784).Dense(128, Activation.Relu).Dense(64, Activation.Silu).Dense(10, Activation.Softmax).Build(seed: 2)));
        double[] errors = Compare([.. cases.Select(item => (item.Name, item.Network, (OnnxExportOptions?)null))], network => x => network.Predict(x));

        // Rounding differs from machine to machine, so the table is only ever written, never compared.
        if (DocumentedTable.IsAccepted)
        {
            DocumentedTable.Write("agreement", Table(cases.Select((item, i) => (item.Name, errors[i]))));
        }
    }

    [Fact]
    public void Scalings()
    {
        Network network = ExportTests.Sample(Activation.Tanh);
        OnnxScaling before = new([1, -20, 0.3f, 5, 0], [0.3f, 0.1f, 10, 1, 1]);
        OnnxScaling after = new([150, -1, 0], [0.03f, 3, 1]);
        OnnxExportOptions options = new() { InputScaling = before, OutputScaling = after, InputName = "raw", OutputName = "answer" };
        Compare([("scaled", network, options)], _ => x =>
        {
            float[] y = network.Predict([.. x.Select((value, i) => (value - before.Offsets[i % 5]) * before.Scales[i % 5])]);
            return [.. y.Select((value, i) => (value / after.Scales[i % 3]) + after.Offsets[i % 3])];
        });
    }

    [Fact]
    public void LayersThatAreNotDense() => Compare([("layered", ExportTests.Layered(), null)], network => x => network.Predict(x));

    /// <summary>The operators of ai.onnx.ml, which skl2onnx writes, mean to the importer what they mean to ONNX Runtime.</summary>
    [Fact]
    public void OperatorsOfScikitLearn()
    {
        float[] row = GraphText.Numbers(4, 7);
        float[] opposites = [.. row.Select(value => -value), .. row];
        (string Name, GraphText Graph)[] cases =
        [
            ("softmax of three", Classifier("SOFTMAX", GraphText.Numbers(12, 1), GraphText.Numbers(3, 2), scaled: true, normalized: true)),
            ("softmax of two", Classifier("SOFTMAX", GraphText.Numbers(8, 1), GraphText.Numbers(2, 2), scaled: false, normalized: false)),
            ("logistic of two", Classifier("LOGISTIC", opposites, [-0.3f, 0.3f], scaled: true, normalized: true)),
            ("logistic of three", Classifier("LOGISTIC", GraphText.Numbers(12, 1), GraphText.Numbers(3, 2), scaled: true, normalized: false)),
            ("scores of three", Classifier("NONE", GraphText.Numbers(12, 1), GraphText.Numbers(3, 2), scaled: true, normalized: false)),
            ("regression", new GraphText(17, -1, 4).Nodes("ai.onnx.ml/LinearRegressor x -> y").With("coefficients", GraphText.Numbers(8, 1)).With("intercepts", GraphText.Numbers(2, 2)).With("targets", 2)),
        ];
        float[] rows = GraphText.Numbers(4 * Rows, 5, scale: 2);
        foreach ((string name, GraphText graph) in cases)
        {
            using OnnxImport import = graph.Import();
            Close.Equal(OnnxRuntime.Run(graph.Bytes(), rows, "y"), import.Network.Predict(rows), name);
        }
    }

    private static GraphText Classifier(string transform, float[] coefficients, float[] intercepts, bool scaled, bool normalized)
    {
        GraphText graph = new(17, -1, 4);
        if (scaled)
        {
            graph.Nodes("ai.onnx.ml/Scaler x -> s").With("offset", new[] { 0.1f, -0.2f, 0.3f, 0 }).With("scale", new[] { 0.5f, 2, 1, 1.5f });
        }

        graph.Nodes($"ai.onnx.ml/LinearClassifier {(scaled ? "s" : "x")} -> label {(normalized ? "scores" : "y")}")
            .With("coefficients", coefficients).With("intercepts", intercepts).With("post_transform", transform)
            .With("classlabels_ints", Enumerable.Range(0, intercepts.Length).Select(i => (long)i).ToArray());
        return normalized ? graph.Nodes("ai.onnx.ml/Normalizer scores -> y").With("norm", "L1") : graph;
    }

    /// <summary>The error of each case, all of them small enough.</summary>
    private static double[] Compare(IReadOnlyList<(string Name, Network Network, OnnxExportOptions? Options)> cases, Func<Network, Func<float[], float[]>> predict)
    {
        double[] errors = new double[cases.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            (string name, Network network, OnnxExportOptions? options) = cases[i];
            float[] rows = GraphText.Numbers(Rows * network.InputSize, i, scale: 2);
            float[] answers = OnnxRuntime.Run(ExportTests.Bytes(network, options), rows);
            float[] ours = predict(network)(rows);
            errors[i] = Close.Error(answers, ours, ours.Max(Math.Abs) / 10);
            Assert.True(errors[i] <= 1e-5, string.Create(CultureInfo.InvariantCulture, $"{name}: {errors[i]:e1}"));
            network.Dispose();
        }

        return errors;
    }

    private static string Table(IEnumerable<(string Name, double Error)> errors)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"ONNX Runtime {OnnxRuntime.Version}, {Rows} rows each, the largest error of each kind:\n\n| network | largest error |\n|---|---|\n");
        foreach (IGrouping<string, double> group in errors.GroupBy(item => item.Name.Split(", bias")[0], item => item.Error))
        {
            string error = group.Max() == 0 ? "0" : group.Max().ToString("0.0e-0", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key}{(group.Count() > 1 ? $" x 3 layers, {group.Count()} kinds of bias" : "")} | {error} |\n");
        }

        return text.ToString();
    }
}
