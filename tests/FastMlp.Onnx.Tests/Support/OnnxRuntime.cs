using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FastMlp.Onnx.Tests.Support;

/// <summary>ONNX Runtime, from its NuGet package; tests are skipped where its native half does not load.</summary>
internal static class OnnxRuntime
{
    private static readonly string? absence = FindAbsence();

    /// <summary>The version; empty where it is not here.</summary>
    public static string Version => absence is null ? OrtEnv.Instance().GetVersionString() : "";

    public static void Require() => Assert.SkipWhen(absence is not null, $"ONNX Runtime does not load here: {absence}");

    /// <summary>The named output, or the only one, for rows that lie one behind another.</summary>
    public static float[] Run(byte[] model, float[] rows, string? output = null)
    {
        Require();
        using InferenceSession session = Open(model);
        string name = session.InputNames[0];
        NodeMetadata input = session.InputMetadata[name];
        int columns = input.Dimensions.Skip(1).Aggregate(1, (product, size) => product * Math.Max(1, size));
        if (columns == 1 && input.Dimensions.Length == 2 && input.Dimensions[1] < 0)
        {
            throw new ArgumentException("The graph does not say how many columns a row has.", nameof(model));
        }

        return Run(session, name, rows, [.. input.Dimensions.Select((size, i) => i == 0 ? rows.Length / columns : Math.Max(1, size))], output);
    }

    /// <summary>The named output, for an input of the given shape.</summary>
    public static float[] Run(InferenceSession session, string input, float[] values, int[] shape, string? output = null) =>
        Run(session, [Tensor(session, input, values, shape)], output);

    /// <summary>The named output of several inputs.</summary>
    public static float[] Run(InferenceSession session, IReadOnlyCollection<NamedOnnxValue> inputs, string? output = null)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(inputs, [output ?? session.OutputNames[0]]);
        DisposableNamedOnnxValue result = results[0];
        return result.Value switch
        {
            Tensor<float> tensor => [.. tensor],
            Tensor<double> tensor => [.. tensor.Select(value => (float)value)],
            Tensor<Half> tensor => [.. tensor.Select(value => (float)value)],
            Tensor<Float16> tensor => [.. tensor.Select(value => (float)value)],
            IEnumerable<DisposableNamedOnnxValue> maps => [.. maps.SelectMany(Values)],
            object other => throw new NotSupportedException($"The output is a {other.GetType()}."),
        };
    }

    /// <summary>The values of a ZipMap's map, in the order of its keys in the file: ONNX Runtime sorts them, as scikit-learn does its classes.</summary>
    private static IEnumerable<float> Values(DisposableNamedOnnxValue map) => map.Value switch
    {
        IDictionary<long, float> numbers => numbers.OrderBy(pair => pair.Key).Select(pair => pair.Value),
        IDictionary<string, float> texts => texts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value),
        object other => throw new NotSupportedException($"The map is a {other.GetType()}."),
    };

    public static NamedOnnxValue Tensor(InferenceSession session, string input, float[] values, int[] shape)
    {
        Type type = session.InputMetadata[input].ElementType;
        return type == typeof(double) ? NamedOnnxValue.CreateFromTensor(input, new DenseTensor<double>(Array.ConvertAll(values, value => (double)value), shape))
            : type == typeof(long) ? NamedOnnxValue.CreateFromTensor(input, new DenseTensor<long>(Array.ConvertAll(values, value => (long)value), shape))
            : type == typeof(string) ? NamedOnnxValue.CreateFromTensor(input, new DenseTensor<string>(Array.ConvertAll(values, value => value.ToString(CultureInfo.InvariantCulture)), shape))
            : NamedOnnxValue.CreateFromTensor(input, new DenseTensor<float>(values, shape));
    }

    /// <summary>
    /// One thread, so that the tests leave the others their cores; and float32 where the graph has it: by default ONNX Runtime rounds the
    /// rows to 8 bits before a weight that is stored in 8 bits (findings/onnxruntime-weights-in-8-bits.sh).
    /// </summary>
    public static InferenceSession Open(byte[] model)
    {
        using SessionOptions options = Options();
        return new InferenceSession(model, options);
    }

    /// <summary>The same from a file, beside which weights may lie.</summary>
    public static InferenceSession Open(string path)
    {
        using SessionOptions options = Options();
        return new InferenceSession(path, options);
    }

    private static SessionOptions Options()
    {
        SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AddSessionConfigEntry("session.qdq_matmulnbits_accuracy_level", "1");
        return options;
    }

    private static string? FindAbsence()
    {
        try
        {
            _ = OrtEnv.Instance();
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException or BadImageFormatException)
        {
            return e.Message;
        }
    }
}
