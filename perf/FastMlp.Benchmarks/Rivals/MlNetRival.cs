using System.Reflection;
using FastMlp.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>ML.NET, which has no multilayer perceptron of its own: its prediction engine over the exported ONNX model, one row, one thread.</summary>
internal sealed class MlNetRival : Rival
{
    private const string InputName = "input", OutputName = "output";

    private readonly List<string> files = [];

    public override string Name => "ML.NET";

    public override string Version { get; } = typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public override Func<int, double>? Predict(Net net, int rows)
    {
        if (rows > 1)
        {
            return null;
        }

        string file = Path.Combine(Path.GetTempPath(), $"fastmlp-{Guid.NewGuid():N}.onnx");
        files.Add(file);
        using (Network network = net.Build())
        {
            OnnxModel.Save(network, file, new OnnxExportOptions { InputName = InputName, OutputName = OutputName });
        }

        MLContext context = new();
        SchemaDefinition input = SchemaDefinition.Create(typeof(Features));
        input[InputName].ColumnType = new VectorDataViewType(NumberDataViewType.Single, net.Inputs);
        ITransformer model = context.Transforms.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = file,
            InputColumns = [InputName],
            OutputColumns = [OutputName],
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
        }).Fit(context.Data.LoadFromEnumerable(Array.Empty<Features>(), input));
        PredictionEngine<Features, Scores> engine = context.Model.CreatePredictionEngine<Features, Scores>(model, inputSchemaDefinition: input);
        Features row = new() { Values = Net.Values(net.Inputs) };
        Scores scores = new();
        return Repeat(() => engine.Predict(row, ref scores));
    }

    public override void Dispose()
    {
        files.ForEach(File.Delete);
        base.Dispose();
    }

    private sealed class Features
    {
        [ColumnName(InputName)]
        public float[] Values { get; set; } = [];
    }

    private sealed class Scores
    {
        [ColumnName(OutputName)]
        public float[] Values { get; set; } = [];
    }
}
