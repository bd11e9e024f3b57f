using System.Globalization;
using System.Text;
using FastMlp.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime;

namespace FastMlp.Onnx.Tests;

/// <summary>
/// ONNX files from public repositories, which are not kept here. FASTMLP_ONNX_FILES names a list of them: one file a line, as
/// <c>repository|path in it|commit|path on this machine</c>, and where a file has several outputs, <c>|output</c> behind that. What loads must answer
/// as ONNX Runtime does; the table of docs/onnx-files.md is written when FASTMLP_ACCEPT_ONNX is 1.
/// </summary>
public class PublicFileTests
{
    private const int Rows = 32;

    [Fact]
    public void WhatLoadsAnswersAsOnnxRuntimeDoes()
    {
        string? list = Environment.GetEnvironmentVariable("FASTMLP_ONNX_FILES");
        Assert.SkipWhen(list is null, "FASTMLP_ONNX_FILES names no list of ONNX files of others.");
        OnnxRuntime.Require();
        List<string> wrong = [];
        StringBuilder table = new("| repository and file | commit | network | largest difference |\n|---|---|---|---|\n");
        int loaded = 0;
        int count = 0;
        foreach (string[] entry in File.ReadAllLines(list!).Where(line => line.Length > 0).Select(line => line.Split('|')))
        {
            count++;
            (string network, string difference, bool isRight) = Try(entry[3], entry.ElementAtOrDefault(4));
            loaded += difference.Length > 0 ? 1 : 0;
            table.Append(CultureInfo.InvariantCulture, $"| {entry[0]}: {entry[1]}{(entry.Length > 4 ? $", output `{entry[4]}`" : "")} | {entry[2][..7]} | {network.Replace("|", "\\|", StringComparison.Ordinal)} | {difference} |\n");
            if (!isRight)
            {
                wrong.Add($"{entry[0]}/{entry[1]}: {network} {difference}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        if (DocumentedTable.IsAccepted)
        {
            DocumentedTable.Write("files", string.Create(CultureInfo.InvariantCulture, $"{loaded} of {count} files load. ONNX Runtime {OnnxRuntime.Version}, {Rows} rows each; the difference is relative to the largest number of an output, and absolute for sigmoid, tanh and softmax.\n\n{table}"), "onnx-files.md");
        }
    }

    private static (string Network, string Difference, bool IsRight) Try(string path, string? output)
    {
        try
        {
            using OnnxImport import = OnnxModel.Import(path, new OnnxImportOptions { Output = output, LogSoftmaxAsSoftmax = true, QuantizedAsFloat = true, TanhGeluAsGelu = true });
            string network = Describe(import.Network);
            if (import.Columns.Count > 0)
            {
                return (network + ", from raw columns", "not compared", true);
            }

            double difference;
            try
            {
                difference = Difference(import, path);
            }
            catch (OnnxRuntimeException)
            {
                return (network + ", which ONNX Runtime refuses", "not compared", true);
            }

            // A file that rounds computed values to integers is near, not equal. Two sums in float32 of the worst file here, whose logits reach
            // 58, differ by 1.1e-5: ours from double by 8.1e-6, ONNX Runtime's by 1.4e-5.
            bool isRounded = import.Notes.Any(note => note.Contains("integers", StringComparison.Ordinal));
            return (network + (isRounded ? ", rounding left out" : ""), difference.ToString("0.0e-0", CultureInfo.InvariantCulture), difference <= (isRounded ? 0.05 : 2e-5));
        }
        catch (ModelFormatException e)
        {
            string reason = e.Message.Replace(path + ": ", "", StringComparison.Ordinal);
            reason = reason.Replace(Path.GetDirectoryName(path) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
            int end = reason.IndexOf(". ", StringComparison.Ordinal);
            return ("refused: " + (end > 0 ? reason[..end] : reason).Split("; ")[0], "", true);
        }
    }

    private static string Describe(Network network)
    {
        IEnumerable<string> layers = network.Layers.Select(layer => layer.Spec is DenseSpec dense
            ? $"{layer.OutputSize}{(dense.Activation == Activation.Identity ? "" : " " + dense.Activation)}"
            : layer.Spec.ToString()!);
        return $"{network.InputSize} -> {string.Join(" -> ", layers)}";
    }

    /// <summary>The largest difference, of the largest number.</summary>
    private static double Difference(OnnxImport import, string path)
    {
        using InferenceSession session = OnnxRuntime.Open(path);
        string[] names = import.InputName.Split(", ");
        int width = import.Network.InputSize;
        float[] x = GraphText.Numbers(Rows * width, 7, scale: 2);
        if (session.InputMetadata[names[0]].ElementType == typeof(long))
        {
            x = Array.ConvertAll(x, MathF.Round);
        }

        // A row at a time where the file fixes the batch; inputs that the output does not need get zeros.
        int[] dims = session.InputMetadata[names[0]].Dimensions;
        int batch = dims.Length < 2 || dims[0] > 0 ? 1 : Rows;
        List<float> expected = [];
        for (int row = 0; row < Rows; row += batch)
        {
            List<NamedOnnxValue> inputs = [];
            int start = 0;
            foreach (string name in session.InputNames)
            {
                int[] sizes = session.InputMetadata[name].Dimensions;
                int[] features = sizes.Length < 2 ? sizes : sizes[1..];
                // Of several inputs all say their sizes; of one, an open size takes what is left.
                int count = !names.Contains(name) ? 0 : names.Length == 1 ? width : features.Aggregate(1, (a, b) => a * b);
                int[] shape = count == 0 ? [.. sizes.Select((size, i) => size > 0 ? size : i == 0 ? batch : 1)]
                    : sizes.Length < 2 ? [count]
                    : [batch, .. Features(features, count)];
                float[] values = count == 0 ? new float[shape.Aggregate(1, (a, b) => a * b)]
                    : [.. Enumerable.Range(row, batch).SelectMany(r => x.Skip((r * width) + start).Take(count))];
                inputs.Add(OnnxRuntime.Tensor(session, name, values, shape));
                start += count;
            }

            expected.AddRange(OnnxRuntime.Run(session, inputs, import.OutputName));
        }

        float[] y = import.Network.Predict(x);
        if (import.Notes.Any(note => note.Contains("logarithms", StringComparison.Ordinal)))
        {
            y = Array.ConvertAll(y, MathF.Log);
        }

        // Of probabilities the difference is absolute: both are rounded near 0 and 1.
        bool isBounded = import.Network.OutputActivation is var last && (last == Activation.Sigmoid || last == Activation.Softmax || last == Activation.Tanh);
        return Close.Error(expected.ToArray(), y, isBounded ? 1 : Math.Max(1e-30, expected.Max(Math.Abs)));
    }

    /// <summary>The sizes of the features where some are open: one open size takes what is left.</summary>
    private static int[] Features(int[] sizes, int width)
    {
        int known = sizes.Where(size => size > 0).Aggregate(1, (a, b) => a * b);
        int open = Array.FindLastIndex(sizes, size => size <= 0);
        return [.. sizes.Select((size, i) => size > 0 ? size : i == open ? width / known : 1)];
    }
}
