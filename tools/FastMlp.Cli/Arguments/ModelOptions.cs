using System.CommandLine;
using FastMlp.Cli.Sources;
using FastMlp.Interop;
using FastMlp.Onnx;

namespace FastMlp.Cli.Arguments;

/// <summary>What a model's file of another framework does not say, and what may be done to read it: options of every command that takes a model.</summary>
internal sealed class ModelOptions() : OptionGroup("Models of other frameworks")
{
    private readonly Option<Activation[]?> activations = Arguments.Options.Value("--activations", "NAME,...",
        "The activation of each dense layer in order, for files that hold weights only: relu,relu,softmax; constants follow a colon, as in leaky-relu:0.2",
        $"a list of activations; known are {ActivationNames.Known}", (string text, out Activation[] value) => ActivationNames.TryParseList(text, out value));

    private readonly Option<string?> order = new("--order")
    {
        HelpName = "NAME,...",
        Description = "The layers in order, by the names of their tensors (fc_in for fc_in.weight), for files that do not say it",
    };

    private readonly Option<string?> part = new("--part")
    {
        HelpName = "NAME",
        Description = "The network to take from a file that holds several: a key of a checkpoint, what names begin with, or an inner layer of Keras",
    };

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

    public override IReadOnlyList<Option> Options => [activations, order, part, output, logSoftmax, tanhGelu, quantized];

    public void AddTo(Command command)
    {
        foreach (Option option in Options)
        {
            command.Add(option);
        }
    }

    /// <summary>As given for the model at <paramref name="path"/>.</summary>
    /// <exception cref="UsageException">One is given that is not about this kind of file.</exception>
    public ModelReading Read(ParseResult parsed, string path)
    {
        bool isOnnx = OnnxFile.Names(path);
        Option[] onnx = [output, logSoftmax, tanhGelu, quantized];
        if (Array.Find(isOnnx ? [activations, order, part] : onnx, option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException(isOnnx
                ? $"{given.Name} is about files that hold weights only; the ONNX graph '{path}' says it all."
                : $"{given.Name} is about ONNX graphs, but MODEL is '{path}'.");
        }

        return new ModelReading(
            new OnnxImportOptions
            {
                Output = parsed.GetValue(output),
                LogSoftmaxAsSoftmax = parsed.GetValue(logSoftmax),
                TanhGeluAsGelu = parsed.GetValue(tanhGelu),
                QuantizedAsFloat = parsed.GetValue(quantized),
                OptionName = NameOf,
            },
            new ForeignModelOptions
            {
                Activations = parsed.GetValue(activations) ?? [],
                Order = parsed.GetValue(order)?.Split(',') ?? [],
                Part = parsed.GetValue(part),
                OptionName = NameOf,
            });
    }

    /// <summary>The option as a user types it.</summary>
    private string NameOf(string member) => member switch
    {
        nameof(OnnxImportOptions.Output) => $"{output.Name} {output.HelpName}",
        nameof(OnnxImportOptions.LogSoftmaxAsSoftmax) => logSoftmax.Name,
        nameof(OnnxImportOptions.TanhGeluAsGelu) => tanhGelu.Name,
        nameof(OnnxImportOptions.QuantizedAsFloat) => quantized.Name,
        nameof(ForeignModelOptions.Activations) => $"{activations.Name} {activations.HelpName}",
        nameof(ForeignModelOptions.Order) => $"{order.Name} {order.HelpName}",
        nameof(ForeignModelOptions.Part) => $"{part.Name} {part.HelpName}",
        _ => member,
    };
}

/// <summary>How a model's file is read.</summary>
/// <param name="Onnx">An ONNX graph.</param>
/// <param name="Foreign">A file of Keras, PyTorch, TorchSharp or safetensors.</param>
internal sealed record ModelReading(OnnxImportOptions Onnx, ForeignModelOptions Foreign)
{
    /// <summary>Whether something is given that only a file of another framework leaves open.</summary>
    public bool GivesLayers => Foreign.Activations.Count > 0 || Foreign.Order.Count > 0 || Foreign.Part is not null;
}
