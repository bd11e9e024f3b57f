using FastMlp.Onnx.Import;
using FastMlp.Onnx.Schema;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>What became of one case of the ONNX project's tests.</summary>
/// <param name="Suite">The folder of cases.</param>
/// <param name="Case">The name of the case.</param>
/// <param name="Operators">The operators of its graph.</param>
/// <param name="Passed">Whether its outputs came out.</param>
/// <param name="Refused">Whether the importer said that it cannot run it.</param>
/// <param name="Reason">The refusal, or what went wrong.</param>
internal sealed record Verdict(string Suite, string Case, string Operators, bool Passed, bool Refused, string Reason);

/// <summary>
/// Runs the ONNX project's cases: the model, its inputs, and the outputs it must give. Every input but the first is taken as a
/// weight, which is what it is in a network.
/// </summary>
internal static class Conformance
{
    public static readonly string[] Suites = ["node", "pytorch-converted", "pytorch-operator", "simple"];

    public static IEnumerable<Verdict> Run()
    {
        foreach (string suite in Suites)
        {
            foreach (string folder in Directory.EnumerateDirectories(Path.Combine(Sources.TestData, suite)).Order(StringComparer.Ordinal))
            {
                yield return Run(suite, folder);
            }
        }
    }

    /// <summary>Runs one case; only a <see cref="ModelFormatException"/> is a refusal.</summary>
    private static Verdict Run(string suite, string folder)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
        string operators = string.Join(", ", model.Graph.Node.Select(node => node.OpType).Distinct());
        Verdict Say(bool passed, bool refused, string reason) => new(suite, Path.GetFileName(folder)["test_".Length..], operators, passed, refused, reason);
        string data = Path.Combine(folder, "test_data_set_0");
        try
        {
            HashSet<string> weights = [.. model.Graph.Initializer.Select(tensor => tensor.Name)];
            ValueProto[] inputs = [.. model.Graph.Input.Where(input => !weights.Contains(input.Name))];
            for (int i = 1; i < inputs.Length; i++)
            {
                TensorProto bound = ReadTensor(Path.Combine(data, $"input_{i}.pb"));
                bound.Name = inputs[i].Name;
                model.Graph.Initializer.Add(bound);
            }

            using OnnxImport import = ModelImporter.Run(model, new OnnxImportOptions { Output = model.Graph.Output[0].Name, LogSoftmaxAsSoftmax = true });
            bool inColumns = import.Notes.Any(note => note.Contains("the input stand in columns", StringComparison.Ordinal));
            bool outColumns = import.Notes.Any(note => note.Contains("the output in columns", StringComparison.Ordinal));
            float[] x = Floats(Path.Combine(data, "input_0.pb"), inColumns);
            float[] expected = Floats(Path.Combine(data, "output_0.pb"), outColumns);
            float[] y = import.Network.Predict(x);
            if (model.Graph.Node[^1].OpType == "ArgMax")
            {
                bool picksLast = model.Graph.Node[^1].Attribute.Any(attribute => attribute is { Name: "select_last_index", I: not 0 });
                y = [.. y.Chunk(import.Network.OutputSize).Select(row => (float)(picksLast ? Array.LastIndexOf(row, row.Max()) : Array.IndexOf(row, row.Max())))];
            }

            if (import.Notes.Any(note => note.Contains("logarithms", StringComparison.Ordinal)))
            {
                y = Array.ConvertAll(y, MathF.Log);
            }

            double error = Close.Error(expected, y, floor: 1e-2);
            return error <= 1e-5 ? Say(true, false, "") : Say(false, false, $"differs by {error:e2}");
        }
        catch (ModelFormatException e)
        {
            return Say(false, true, e.Message);
        }
        catch (Exception e)
        {
            return Say(false, false, e.ToString());
        }
    }

    /// <summary>The numbers of a tensor; those of a matrix whose samples stand in columns, on their side.</summary>
    private static float[] Floats(string path, bool isOnSide)
    {
        Constant constant = new TensorReader(null).Read(ReadTensor(path), Path.GetFileName(path));
        double[] numbers = isOnSide && constant.Dims.Length == 2 ? Matrix.Transposed(constant.Values, (int)constant.Dims[0], (int)constant.Dims[1]) : constant.Values;
        float[] values = [.. numbers.Select(value => (float)value)];
        // Some cases of float64 hold whatever lay in memory when they were written.
        return values.Any(value => !float.IsFinite(value) || float.IsSubnormal(value)) ? throw new ModelFormatException("The numbers of the case are beyond float32.") : values;
    }

    private static TensorProto ReadTensor(string path) => File.Exists(path)
        ? TensorProto.Parser.ParseFrom(File.ReadAllBytes(path))
        : throw new ModelFormatException("A value of the case is no tensor.");
}
