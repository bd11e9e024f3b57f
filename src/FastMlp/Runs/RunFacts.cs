using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using FastMlp.Training.Batches;

namespace FastMlp;

/// <summary>What decides the result of a run, as text by name.</summary>
internal static class RunFacts
{
    /// <summary>The option that a run may change where no schedule looks at its end.</summary>
    public const string Epochs = "epochs";

    public static Dictionary<string, string> Of(FitOptions options, Loss loss, BatchSource source)
    {
        Dictionary<string, string> facts = Common(options.ForTrainer() with { Schedule = options.Schedule }, loss);
        facts[Epochs] = Number(options.Epochs);
        facts["accumulated batches"] = Number(options.AccumulateBatches);
        facts["early stopping patience"] = Number(options.EarlyStoppingPatience);
        facts["min delta"] = Number(options.MinDelta);
        facts["restore best"] = options.RestoreBest is { } restores ? (restores ? "yes" : "no") : "by default";
        facts["validation fraction"] = Number(options.ValidationFraction);
        facts["validation data"] = options.Validation?.Fingerprint ?? "none";
        if (options.Group is { IsDeterministic: true })
        {
            facts["shares"] = Number(options.Group.Shares);
        }

        if (options.Watch != Metric.Loss)
        {
            facts["watch"] = options.Watch.Name;
        }

        foreach ((string name, string value) in source.Facts)
        {
            facts[name] = value;
        }

        return facts;
    }

    public static Dictionary<string, string> Of(TrainerOptions options, Loss loss)
    {
        Dictionary<string, string> facts = Common(options, loss);
        facts["total steps"] = Number(options.TotalSteps);
        facts["steps per epoch"] = Number(options.StepsPerEpoch);
        return facts;
    }

    /// <summary>What the bits may depend on beside the options.</summary>
    public static Dictionary<string, string> Writer() => new()
    {
        ["fastmlp"] = typeof(RunFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown",
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["instruction set"] = InstructionSet.Name,
    };

    private static Dictionary<string, string> Common(TrainerOptions options, Loss loss) => new()
    {
        ["loss"] = loss.ToString(),
        ["optimizer"] = Text(options.Optimizer),
        ["schedule"] = options.Schedule is null ? "none" : Text(options.Schedule),
        ["clip value"] = Number(options.ClipValue),
        ["clip norm"] = Number(options.ClipNorm),
        ["l1"] = Number(options.L1),
        ["max norm"] = Number(options.MaxNorm),
        ["seed"] = Number(options.Seed),
    };

    /// <summary>A record writes its numbers in the culture of the thread, and a checkpoint must read the same everywhere.</summary>
    private static string Text(object record)
    {
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            return record.ToString()!;
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
