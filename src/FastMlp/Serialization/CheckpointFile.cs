using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>
/// A checkpoint: a model's file with more tensors, <c>best.</c> and <c>optimizer.{k}.</c> before the names of the model's own, the state of
/// the run as JSON, and a checksum over all of it. docs/formats.md has the layout.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>The metadata key of the state.</summary>
    public const string Key = "fastmlp.checkpoint";

    /// <summary>The metadata key of the checksum.</summary>
    public const string ChecksumKey = "fastmlp.checksum";

    private const string BestPrefix = "best.";

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="ArgumentException">The model holds a number that is not finite.</exception>
    public static void Write(Stream stream, CheckpointContents contents)
    {
        ModelFile.Check(contents.Model);
        List<(string Name, long[] Shape, float[] Values)> tensors = ModelFile.Tensors(contents.Model);
        if (contents.Best is not null)
            tensors.AddRange(ModelFile.Tensors(contents.Best, BestPrefix));
        for (int k = 0; k < contents.States.Length; k++)
            tensors.AddRange(ModelFile.Tensors(contents.States[k], StatePrefix(k)));

        string specification = new Specification(contents.Model.InputSize, contents.Model.Seed, contents.Model.Layers).ToJson();
        string run = JsonSerializer.Serialize(contents.Run, RunStateJson.Default.RunState);
        Safetensors.Write(stream, tensors, new Dictionary<string, string>(contents.Model.Metadata)
        {
            [Specification.Key] = specification,
            [Key] = run,
            [ChecksumKey] = Checksum(specification, run, tensors.Select(tensor => tensor.Values)),
        });
    }

    /// <summary>Reads a checkpoint to the end of the stream.</summary>
    /// <param name="stream">At the start of the file.</param>
    /// <param name="verifies">Whether the checksum is compared; tests of what lies behind it do without.</param>
    /// <exception cref="ModelFormatException">The content is malformed, torn, damaged or of another kind.</exception>
    public static CheckpointContents Read(Stream stream, bool verifies = true)
    {
        SafetensorsHeader header = Safetensors.ReadHeader(stream);
        if (!header.Metadata.TryGetValue(Key, out string? text) || !header.Metadata.TryGetValue(Specification.Key, out string? specificationText))
            throw new ModelFormatException($"The file has no metadata keys '{Specification.Key}' and '{Key}': it is no checkpoint.");
        RunState run = Parse(text);
        Specification specification = Specification.Parse(specificationText);

        TensorMap map = new(header);
        IReadOnlyList<ParameterTensor> places = ModelFile.Require(map, specification);
        if (run.HasBest)
            ModelFile.Require(map, specification, BestPrefix);
        for (int k = 0; k < run.StateBlocks; k++)
            ModelFile.Require(map, specification, StatePrefix(k), mustBeFinite: false);
        map.RefuseOthers("has no place in the checkpoint");
        map.ReadData(stream);

        string checksum = Checksum(specificationText, text, header.Tensors.Select(tensor => map[tensor.Name]));
        if (verifies && (!header.Metadata.TryGetValue(ChecksumKey, out string? stored) || stored != checksum))
            throw new ModelFormatException($"The checksum of the content is {checksum}, not {MessageText.Quote(stored ?? "there")}: the file is damaged.");

        ModelFile.CheckValues(map, places);
        if (run.HasBest)
            ModelFile.CheckValues(map, places, BestPrefix);
        Dictionary<string, string> metadata = header.Metadata.Where(entry => !IsReserved(entry.Key)).ToDictionary();
        return new CheckpointContents(
            run,
            ModelFile.Take(map, places, specification, metadata),
            run.HasBest ? ModelFile.Take(map, places, specification, metadata, BestPrefix) : null,
            [.. Enumerable.Range(0, run.StateBlocks).Select(k => ModelFile.Take(map, places, specification, metadata, StatePrefix(k)))]);
    }

    /// <summary>Whether a metadata key has a meaning of its own.</summary>
    public static bool IsReserved(string key) => key is Specification.Key or Key or ChecksumKey;

    private static string StatePrefix(int block) => string.Create(CultureInfo.InvariantCulture, $"optimizer.{block}.");

    private static string Checksum(string specification, string run, IEnumerable<float[]> values)
    {
        XxHash64 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(specification));
        hash.Append(Encoding.UTF8.GetBytes(run));
        foreach (float[] tensor in values)
            hash.Append(MemoryMarshal.AsBytes<float>(tensor));
        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }

    private static RunState Parse(string text)
    {
        try
        {
            RunState? run = JsonSerializer.Deserialize(text, RunStateJson.Default.RunState);
            if (run is null)
                throw new ModelFormatException($"The state of the run (metadata key '{Key}') is null.");
            if (run.Format != RunState.CurrentFormat)
                throw new ModelFormatException($"The checkpoint is of format {run.Format}; this version reads format {RunState.CurrentFormat}.");
            Check(run);
            return run;
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"The state of the run (metadata key '{Key}') is not what this version writes: {MessageText.Reason(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair.
            throw new ModelFormatException($"The state of the run (metadata key '{Key}') has text that is not valid Unicode.", e);
        }
    }

    /// <summary>Numbers that no run has would make one go wrong far from here.</summary>
    private static void Check(RunState run)
    {
        Require(run.Steps >= 0, "Steps", "at least 0");
        Require(run.LearningRate > 0 && float.IsFinite(run.LearningRate), "LearningRate", "a finite number above 0");
        Require(run.StateBlocks >= 0, "StateBlocks", "at least 0");
        Require(run.Epochs >= 0, "Epochs", "at least 0");
        Require(run.Schedule is not { } s || (s.Factor >= 0 && double.IsFinite(s.Factor) && !double.IsNaN(s.Best) && s.BadEpochs >= 0 && s.Cooldown >= 0), "Schedule", "the state of a schedule");
        Require(run.Lbfgs is not { } l || (l.Pairs >= 0 && 2 * l.Curvatures.Length == run.StateBlocks && l.Pairs >= l.Curvatures.Length && l.Curvatures.All(y => y > 0 && double.IsFinite(y))), "Lbfgs", "a curvature above 0 for each two blocks");
        if (run.Fit is not { } fit)
            return;
        Require(fit.Epoch >= 1, "Fit.Epoch", "at least 1");
        Require(fit.Batch >= 0, "Fit.Batch", "at least 0");
        EpochTotals totals = fit.Totals;
        Require(double.IsFinite(totals.Loss) && totals.Weight >= 0 && double.IsFinite(totals.Weight) && totals.Right >= 0 && totals.Squares >= 0 && totals.Rows >= 0, "Fit.Totals", "sums of an epoch");
        Require(fit.History.Length == fit.Epoch - 1 && fit.History.Select(report => report.Epoch).SequenceEqual(Enumerable.Range(1, fit.History.Length)), "Fit.History", "a report for each finished epoch");
        Require(fit.BestEpoch >= 0 && fit.BestEpoch <= fit.History.Length && !float.IsNaN(fit.BestLoss), "Fit.BestEpoch", "a finished epoch");
        Require(fit.BadEpochs >= 0 && fit.Samples >= 0, "Fit.BadEpochs", "at least 0");
        Require(IsDuration(fit.Elapsed) && IsDuration(fit.Training) && IsDuration(fit.InEpoch), "Fit.Elapsed", "seconds of at least 0");
        Require(fit.Ended is null || Enum.IsDefined(fit.Ended.Value), "Fit.Ended", "a reason to stop");

        static bool IsDuration(double seconds) => seconds is >= 0 and < 1e10;

        static void Require(bool holds, string name, string what)
        {
            if (!holds)
                throw new ModelFormatException($"'{name}' of the state of the run (metadata key '{Key}') is not {what}.");
        }
    }
}

/// <summary>A checkpoint as plain data.</summary>
/// <param name="Run">All but the tensors.</param>
/// <param name="Model">The network as it is.</param>
/// <param name="Best">The network at its best, where it is kept.</param>
/// <param name="States">What the optimizer keeps for each parameter.</param>
internal sealed record CheckpointContents(RunState Run, ModelContents Model, ModelContents? Best, ModelContents[] States);

/// <summary>How the state of a run is written: every member, no other, infinities by name.</summary>
[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;
