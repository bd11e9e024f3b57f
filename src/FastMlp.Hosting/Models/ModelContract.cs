using System.Text;
using System.Text.Json;
using FastMlp.Data;

namespace FastMlp.Hosting;

/// <summary>
/// What one version of a model takes and gives, as tensors: made of the network and the preprocessing in its file, kept with its weights (<see cref="ModelVersion.Context"/>).
/// </summary>
public sealed class ModelContract
{
    private readonly Preprocessing? preprocessing;
    private readonly ColumnPlan? plan;

    private ModelContract(Network network, Preprocessing? preprocessing)
    {
        this.preprocessing = preprocessing;
        plan = preprocessing?.Columns is { } columns && !columns.Columns.All(IsPlainNumber) ? columns : null;
        FeatureCount = network.InputSize;
        OutputCount = network.OutputSize;
        Columns = plan is null ? [] : [.. plan.Columns.Select(column => column.Name)];
        FeatureNames = preprocessing?.FeatureNames ?? [];
        ClassNames = preprocessing?.ClassNames ?? [];
        OutputNames = ClassNames.Count == OutputCount ? ClassNames : preprocessing?.TargetNames.Count == OutputCount ? preprocessing.TargetNames : [];
        ClassesAsJson = [.. ClassNames.Select(name => Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(name)}\""))];
        ClassesAsBytes = [.. ClassNames.Select(Encoding.UTF8.GetBytes)];
        HasLogits = ClassNames.Count == 2 && OutputCount == 1 && network.OutputActivation == Activation.Identity;
    }

    /// <summary>Features in a row of the network.</summary>
    public int FeatureCount { get; }

    /// <summary>Outputs in a row.</summary>
    public int OutputCount { get; }

    /// <summary>The columns of a raw row, where they hold more than plain numbers; empty for a model that takes the numbers of its features.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>A name for each feature; empty if unknown.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>The classes in the order of the outputs; empty for a model that predicts values.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>A name for each output; empty if unknown.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Whether rows are texts and numbers by column.</summary>
    public bool TakesColumns => plan is not null;

    /// <summary>Whether nothing is left to scale around the network.</summary>
    internal bool IsFolded => preprocessing is null or { Features.IsIdentity: true, Targets: null };

    internal byte[][] ClassesAsJson { get; }

    internal byte[][] ClassesAsBytes { get; }

    private bool HasLogits { get; }

    /// <summary>Loads a model's file and folds the scaling of its rows into its first layer, so that it takes them as they are.</summary>
    /// <exception cref="ModelRefusedException">The self-test in the file fails.</exception>
    /// <exception cref="ModelFormatException">The file is malformed.</exception>
    public static Network Load(string path)
    {
        Network network = Network.Load(path);
        try
        {
            if (SelfTest.Failure(network) is { } failure)
            {
                throw new ModelRefusedException($"{failure}.");
            }

            if (Preprocessing.From(network) is not { } stored)
            {
                return network;
            }

            Network folded = stored.Fold(network);

            // Its rows are those of the network before the scaling was folded in.
            folded.Metadata.Remove(SelfTest.MetadataKey);
            network.Dispose();
            return folded;
        }
        catch (ArgumentException)
        {
            // The scaling stays outside: it does not fold into float32.
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The contract of a network, by the preprocessing that it carries.</summary>
    public static ModelContract Of(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new ModelContract(network, Preprocessing.From(network));
    }

    /// <summary>Features &lt;- a raw row, a text for each of <see cref="Columns"/>.</summary>
    internal void Encode(ReadOnlySpan<string?> fields, Span<float> features) => plan!.Encode(fields, features);

    /// <summary>What is left of the scaling where it could not be folded into the network.</summary>
    internal void ScaleFeatures(Span<float> x)
    {
        if (preprocessing is { Features.IsIdentity: false })
        {
            preprocessing.Features.Transform(x);
        }
    }

    internal void UnscaleOutputs(Span<float> y) => preprocessing?.InverseTargets(y);

    /// <summary>The class of a row of outputs, an index into <see cref="ClassNames"/>.</summary>
    internal int ClassOf(ReadOnlySpan<float> outputs)
    {
        if (outputs.Length == 1)
        {
            return outputs[0] > (HasLogits ? 0 : 0.5f) ? 1 : 0;
        }

        int best = 0;
        for (int i = 1; i < outputs.Length; i++)
        {
            best = outputs[i] > outputs[best] ? i : best;
        }

        return best;
    }

    internal string ColumnType(int column) => plan!.Columns[column].Kind == ColumnKind.Number ? "FP64" : "BYTES";

    private static bool IsPlainNumber(PlannedColumn column) =>
        column.Kind == ColumnKind.Number && column.Width == 1 && column.Offset == 0 && column.Missing.Kind == MissingKind.Error;
}
