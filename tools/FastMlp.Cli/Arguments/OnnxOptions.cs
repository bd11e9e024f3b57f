using System.CommandLine;
using FastMlp.Cli.Sources;
using FastMlp.Onnx;

namespace FastMlp.Cli.Arguments;

/// <summary>What may be done to read an ONNX file: options of every command that takes a model.</summary>
internal sealed class OnnxOptions
{
    private readonly Option<string?> output = new("--output") { HelpName = "NAME", Description = "The output, or inner tensor, of an ONNX graph to take, where it has several" };

    private readonly Option<bool> logSoftmax = new("--log-softmax-as-softmax")
    {
        Description = "Read a LogSoftmax at the output of an ONNX graph as softmax: probabilities instead of their logarithms",
    };

    private readonly Option<bool> tanhGelu = new("--tanh-gelu-as-gelu")
    {
        Description = "Read GELU in its tanh approximation as the exact GELU, which differs by up to 0.0005",
    };

    private readonly Option<bool> quantized = new("--quantized-as-float")
    {
        Description = "Compute in float32 what an ONNX graph rounds to integers",
    };

    public void AddTo(Command command)
    {
        command.Add(output);
        command.Add(logSoftmax);
        command.Add(tanhGelu);
        command.Add(quantized);
    }

    /// <summary>As given for the model at <paramref name="path"/>.</summary>
    /// <exception cref="UsageException">One is given, but the model is no ONNX file.</exception>
    public OnnxImportOptions Read(ParseResult parsed, string path)
    {
        Option[] all = [output, logSoftmax, tanhGelu, quantized];
        if (!OnnxFile.Names(path) && all.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException($"{given.Name} is about ONNX graphs, but MODEL is '{path}'.");
        }

        return new OnnxImportOptions
        {
            Output = parsed.GetValue(output),
            LogSoftmaxAsSoftmax = parsed.GetValue(logSoftmax),
            TanhGeluAsGelu = parsed.GetValue(tanhGelu),
            QuantizedAsFloat = parsed.GetValue(quantized),
            OptionName = NameOf,
        };
    }

    /// <summary>The option as a user types it.</summary>
    private string NameOf(string member) => member switch
    {
        nameof(OnnxImportOptions.Output) => $"{output.Name} {output.HelpName}",
        nameof(OnnxImportOptions.LogSoftmaxAsSoftmax) => logSoftmax.Name,
        nameof(OnnxImportOptions.TanhGeluAsGelu) => tanhGelu.Name,
        nameof(OnnxImportOptions.QuantizedAsFloat) => quantized.Name,
        _ => $"{nameof(OnnxImportOptions)}.{member}",
    };
}
