using System.CommandLine;
using System.Text.Json;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;
using Spectre.Console;
using Text = FastMlp.Cli.Reporting.Text;

namespace FastMlp.Cli;

/// <summary><c>fastmlp inspect</c>: what is in a model's file.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly Argument<string> modelPath = new("MODEL") { Description = "A model file" };

    public InspectCommand(CommandContext context)
        : base(context, "inspect", "Show a model: layers, shapes, parameters, activations, preprocessing, and how it was trained.")
    {
        Add(modelPath);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp inspect digits.safetensors",
        "fastmlp inspect model.onnx --json",
    ];

    protected override int Run(ParseResult parsed)
    {
        using StoredModel model = StoredModel.Load(parsed.GetRequiredValue(modelPath));
        if (AsJson(parsed))
        {
            Console.WriteJson(json => Write(json, model));
        }
        else
        {
            Console.Output.WriteLine($"{model.Path}: {Text.Count(model.Network.ParameterCount, "parameter")}, {Text.Size(new FileInfo(model.Path).Length)}");
            Console.Results.Write(LayerTable(model.Network));
            Describe(model).WriteTo(Console);
        }

        return ExitCode.Done;
    }

    private static Table LayerTable(Network network)
    {
        Table table = new Table().Border(TableBorder.Simple);
        table.AddColumn(new TableColumn("layer").RightAligned());
        table.AddColumn(Markup.Escape("weight [out, in]"));
        table.AddColumn("bias");
        table.AddColumn("activation");
        table.AddColumn(new TableColumn("parameters").RightAligned());
        foreach (StageInfo stage in network.Stages)
        {
            if (stage.Kind == LayerKind.Dense)
            {
                LayerInfo layer = network.GetLayer(stage.Index);
                table.AddRow(
                    Text.Count(stage.Index),
                    Markup.Escape($"[{layer.OutputSize}, {layer.InputSize}]"),
                    layer.Bias switch { Bias.PerUnit => Markup.Escape($"[{layer.OutputSize}]"), Bias.Shared => "shared", _ => "none" },
                    Markup.Escape(layer.Activation.ToString()),
                    Text.Count(layer.ParameterCount));
            }
            else
            {
                // Between the dense layers, whose numbers are those of the file; a norm has numbers of its own.
                string name = stage.Index < 0 ? NetworkText.Of(stage) : $"{NetworkText.Of(stage)} {Text.Count(stage.Index)}";
                table.AddRow("", "", "", Markup.Escape(name), Text.Count(stage.ParameterCount));
            }
        }

        return table;
    }

    private static Facts Describe(StoredModel model)
    {
        Preprocessing preprocessing = model.Preprocessing;
        Facts facts = new();
        facts.Add("task", model.Classifies ? "classification" : "regression");
        facts.Add("features", preprocessing.FeatureNames.Count > 0
            ? $"{Text.Count(model.Network.InputSize)}: {Listing.Of(preprocessing.FeatureNames)}"
            : Text.Count(model.Network.InputSize));
        facts.Add("scaling", !model.HasPreprocessing ? "none stored in the file"
            : preprocessing.Features.IsIdentity ? "none"
            : "(x - offset) scale, fitted to the training rows");
        if (model.Classifies)
        {
            facts.Add("classes", $"{Text.Count(model.ClassNames.Count)}: {Listing.Of(model.ClassNames)}");
        }
        else if (preprocessing.TargetNames.Count > 0)
        {
            facts.Add("target", Listing.Of(preprocessing.TargetNames));
        }

        if (model.Provenance is { } provenance)
        {
            facts.Add("trained on", $"{provenance.Data}: {Text.Count(provenance.TrainRows)} of {Text.Count(provenance.Rows, "row")}, {Text.Count(provenance.ValidationRows)} validation, {Text.Count(provenance.TestRows)} test");
            facts.Add("options", provenance.Options);
            facts.Add("seed", provenance.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
            facts.Add("epochs done", $"{Text.Count(provenance.EpochsDone)} ({provenance.StopReason})");
            facts.Add("fastmlp", provenance.Version);
        }
        else
        {
            facts.Add("trained on", "not recorded in the file");
        }

        if (FitRecord.From(model.Network) is { } fit)
        {
            facts.Add("made with", string.Join(", ", fit.Environment.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => $"{fact.Key} {fact.Value}")));
            facts.Add("last fit", $"{Text.Count(fit.EpochsDone, "epoch")} ({fit.StopReason}), network seed {Text.Count(fit.NetworkSeed)}; {string.Join(", ", fit.Options.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => $"{fact.Key} {fact.Value}"))}");
        }

        return facts;
    }

    private static void Write(Utf8JsonWriter json, StoredModel model)
    {
        json.WriteString("command", "inspect");
        json.WriteString("model", model.Path);
        json.WriteNumber("parameters", model.Network.ParameterCount);
        json.WriteStartArray("layers");
        for (int i = 0; i < model.Network.LayerCount; i++)
        {
            LayerInfo layer = model.Network.GetLayer(i);
            json.WriteStartObject();
            json.WriteNumber("inputs", layer.InputSize);
            json.WriteNumber("units", layer.OutputSize);
            json.WriteString("activation", layer.Activation.ToString());
            json.WriteString("bias", layer.Bias.ToString());
            json.WriteNumber("parameters", layer.ParameterCount);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("stages");
        foreach (StageInfo stage in model.Network.Stages)
        {
            Write(json, stage);
        }

        json.WriteEndArray();
        if (model.HasPreprocessing)
        {
            json.WritePropertyName("preprocessing");
            json.WriteRawValue(model.Preprocessing.ToJson());
        }

        if (model.Network.Metadata.TryGetValue(FitRecord.MetadataKey, out string? fit))
        {
            json.WritePropertyName("fit");
            json.WriteRawValue(fit);
        }

        if (model.Provenance is { } provenance)
        {
            json.WriteStartObject("training");
            provenance.Write(json);
            json.WriteEndObject();
        }
    }

    /// <summary>One step of the computation; source and skip are stages, -1 the network's input.</summary>
    private static void Write(Utf8JsonWriter json, StageInfo stage)
    {
        json.WriteStartObject();
        json.WriteString("kind", stage.Kind.ToString());
        json.WriteNumber("source", stage.Source);
        json.WriteNumber("outputs", stage.OutputSize);
        json.WriteNumber("parameters", stage.ParameterCount);
        switch (stage.Kind)
        {
            case LayerKind.Dense:
                json.WriteNumber("layer", stage.Index);
                break;
            case LayerKind.Dropout:
                json.WriteNumber("rate", stage.Rate);
                break;
            case LayerKind.BatchNorm:
                json.WriteNumber("norm", stage.Index);
                json.WriteNumber("momentum", stage.Momentum);
                json.WriteNumber("epsilon", stage.Epsilon);
                break;
            case LayerKind.LayerNorm:
                json.WriteNumber("norm", stage.Index);
                json.WriteNumber("epsilon", stage.Epsilon);
                break;
            case LayerKind.Activation:
                json.WriteString("activation", stage.Activation.ToString());
                break;
            case LayerKind.Sum:
                json.WriteNumber("skip", stage.Skip);
                break;
        }

        json.WriteEndObject();
    }
}
