using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Onnx;

namespace FastMlp.Cli;

/// <summary><c>fastmlp convert</c>: a model from one file format to the other.</summary>
internal sealed class ConvertCommand : CliCommand
{
    private const string Safetensors = ".safetensors";

    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file: .safetensors or .onnx" };

    private readonly Argument<string> outPath = new("OUT") { Description = "The file to write; its ending says the format: .safetensors or .onnx" };

    private readonly OnnxOptions onnx = new();

    public ConvertCommand(CommandContext context)
        : base(context, "convert", "Convert a model between safetensors and ONNX, by the endings of the files.")
    {
        Add(modelPath);
        Add(outPath);
        onnx.AddTo(this);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp convert digits.safetensors digits.onnx",
        "fastmlp convert torch.onnx torch.safetensors --output probabilities",
    ];

    protected override int Run(ParseResult parsed)
    {
        string from = parsed.GetRequiredValue(modelPath);
        string to = parsed.GetRequiredValue(outPath);
        CheckEnding(from, "MODEL");
        CheckEnding(to, "OUT");
        OutputFile.CheckApart([("MODEL", from)], [("OUT", to)]);
        OutputFile.CheckWritable(to, "OUT");
        OnnxImportOptions options = onnx.Read(parsed, from);
        List<string> notes = [];
        using StoredModel model = StoredModel.Load(from, options, notes.Add);
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

    private static void CheckEnding(string path, string argument)
    {
        if (!OnnxFile.Names(path) && !Path.GetExtension(path).Equals(Safetensors, StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"{argument} '{path}' has the ending '{Path.GetExtension(path)}'; {Safetensors} or .onnx was expected.");
        }
    }
}
