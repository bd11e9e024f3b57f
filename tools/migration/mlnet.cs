#:package Microsoft.ML@5.0.1
#:property PublishAot=false
// Facts about ML.NET, each checked by running it.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine("program|ML.NET 5.0.1");
MLContext ml = new(1);
Row[] rows = [new("b", 2), new("a", 4), new("c", 6), new("b", 3), new("a", 5), new("c", 7)];
IDataView data = ml.Data.LoadFromEnumerable(rows);
IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Key", "Kind").Fit(data).Transform(data);
VBuffer<ReadOnlyMemory<char>> names = default;
keyed.Schema["Key"].GetKeyValues(ref names);
Check(string.Join(",", names.DenseValues()) == "b,a,c" && string.Join(",", keyed.GetColumn<uint>("Key")) == "1,2,3,1,2,3", "keys");
IDataView unseen = ml.Data.LoadFromEnumerable((Row[])[new("z", 1)]);
Check(ml.Transforms.Conversion.MapValueToKey("Key", "Kind").Fit(data).Transform(unseen).GetColumn<uint>("Key").Single() == 0, "unseen");
Console.WriteLine("classes|keys in the order in which they first occur, numbered from 1; 0 is missing or unknown");

IDataView vector = ml.Transforms.Concatenate("X", "Value").Fit(keyed).Transform(keyed);
float[] fixedZero = [.. ml.Transforms.NormalizeMinMax("X").Fit(vector).Transform(vector).GetColumn<float[]>("X").Select(x => x[0])];
float[] free = [.. ml.Transforms.NormalizeMinMax("X", fixZero: false).Fit(vector).Transform(vector).GetColumn<float[]>("X").Select(x => x[0])];
Check(Math.Abs(fixedZero[0] - 2f / 7) < 1e-6 && fixedZero.Max() == 1 && free[0] == 0 && free.Max() == 1, $"scaling {fixedZero[0]} {free[0]}");
Console.WriteLine("data|NormalizeMinMax keeps 0 at 0: it divides by the largest size unless `fixZero: false`");

string path = Path.GetTempFileName();
File.WriteAllText(path, "1,\n2,5\n");
float[] read = [.. ml.Data.LoadFromTextFile(path, [new TextLoader.Column("A", DataKind.Single, 0), new TextLoader.Column("B", DataKind.Single, 1)], separatorChar: ',').GetColumn<float>("B")];
float[] withOption = [.. ml.Data.LoadFromTextFile(path, new TextLoader.Options { Columns = [new TextLoader.Column("B", DataKind.Single, 1)], Separators = [','], MissingRealsAsNaNs = true }).GetColumn<float>("B")];
File.Delete(path);
Check(read[0] == 0 && float.IsNaN(withOption[0]), $"empty {read[0]} {withOption[0]}");
Console.WriteLine("data|an empty number is read as 0, not as missing, unless `MissingRealsAsNaNs` is set");

LbfgsMaximumEntropyMulticlassTrainer.Options lbfgs = new();
Check(lbfgs is { L1Regularization: 1, L2Regularization: 1 }, "lbfgs");
Console.WriteLine("decay|LbfgsMaximumEntropy has L1 and L2 of 1 each unless told otherwise");
string[] trainers = [.. AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal))
    .SelectMany(assembly => assembly.GetExportedTypes()).Select(type => type.Name).Where(name => name.EndsWith("Trainer", StringComparison.Ordinal))];
Check(trainers.Length > 10 && !trainers.Any(name => name.Contains("Neural", StringComparison.Ordinal) || name.Contains("Mlp", StringComparison.Ordinal)), string.Join(",", trainers));
Console.WriteLine("layers|no multilayer perceptron among its trainers; AveragedPerceptron is a linear model");

static void Check(bool holds, string what)
{
    if (!holds)
    {
        throw new InvalidOperationException(what);
    }
}

internal sealed record Row(string Kind, float Value);
