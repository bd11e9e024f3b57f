using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;

namespace FastMlp.Cli;

/// <summary><c>fastmlp convert</c>: a model from one file format to the other.</summary>
internal sealed class ConvertCommand : CliCommand
{
    private const string Safetensors = ".safetensors";

    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file of FastMlp, ONNX, Keras, PyTorch, TorchSharp or safetensors" };

    private readonly Argument<string> outPath = new("OUT") { Description = "The file to write; its ending says the format: .safetensors or .onnx" };

    private readonly ModelOptions modelOptions = new();

    public ConvertCommand(CommandContext context)
        : base(context, "convert", "Convert a model of any known format to safetensors or ONNX, by the ending of OUT.")
    {
        Add(modelPath);
        Add(outPath);
        modelOptions.AddTo(this);
    }

    public override IReadOnlyList<OptionGroup> Groups => [modelOptions];

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp convert digits.safetensors digits.onnx",
        "fastmlp convert torch.onnx torch.safetensors --output probabilities",
        "fastmlp convert state.pt mine.safetensors --activations relu,softmax",
    ];

    protected override int Run(ParseResult parsed)
    {
        string from = parsed.GetRequiredValue(modelPath);
        string to = parsed.GetRequiredValue(outPath);
        CheckEnding(to);
        OutputFile.CheckApart([("MODEL", from)], [("OUT", to)]);
        OutputFile.CheckWritable(to, "OUT");
        ModelReading reading = modelOptions.Read(parsed, from);
        List<string> notes = [];
        using StoredModel model = StoredModel.Load(from, reading, notes.Add);
        if (OnnxFile.Names(to))
        {
            OnnxFile.Save(model, to, notes.Add);
        }
        else
        {
            OutputFile.Save(to, model.Network.Save, model.Network.Save);
        }

        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "convert");
                json.WriteString("model", from);
                json.WriteString("out", to);
                json.WriteString("network", NetworkText.Of(model.Network));
                json.WriteNumber("parameters", model.Network.ParameterCount);
                json.WriteStartArray("notes");
                notes.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            });
        }
        else
        {
            notes.ForEach(note => Console.Error.WriteLine($"note: {note}"));
            Console.Output.WriteLine($"{to}: {NetworkText.Of(model.Network)}, {Text.Count(model.Network.ParameterCount, "parameter")}, {Text.Size(new FileInfo(to).Length)}");
        }

        return ExitCode.Done;
    }

    private static void CheckEnding(string path)
    {
        if (!OnnxFile.Names(path) && !Path.GetExtension(path).Equals(Safetensors, StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"OUT '{path}' has the ending '{Path.GetExtension(path)}'; {Safetensors} or .onnx was expected.");
        }
    }
}
