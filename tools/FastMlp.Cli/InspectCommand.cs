using System.CommandLine;
using System.Text.Json;
using FastMlp.Cli.Arguments;
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

    private readonly ModelOptions modelOptions = new();

    public InspectCommand(CommandContext context)
        : base(context, "inspect", "Show a model: layers, shapes, parameters, activations, preprocessing, and how it was trained.")
    {
        Add(modelPath);
        modelOptions.AddTo(this);
    }

    public override IReadOnlyList<OptionGroup> Groups => [modelOptions];

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp inspect digits.safetensors",
        "fastmlp inspect model.onnx --json",
    ];

    protected override int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(modelPath);
        using StoredModel model = StoredModel.Load(path, modelOptions.Read(parsed, path), note => Console.Error.WriteLine($"note: {note}"));
        if (AsJson(parsed))
        {
            Console.WriteJson(json => Write(json, model));
        }
        else
        {
            Console.Output.WriteLine($"{model.Path}: {Text.Count(model.Network.ParameterCount, "parameter")}, {Text.Size(new FileInfo(model.Path).Length)}");
            Console.Results.Write(LayerTable(model.Network));
            Describe(model).WriteTo(Console);
            WhatWasRead.Write(Console.Output, model.Preprocessing);
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
        foreach (NetworkLayer layer in network.Layers)
        {
            Tensor? weight = layer.Tensors.Find(TensorRole.Weight);
            Tensor? bias = layer.Tensors.Find(TensorRole.Bias);
            table.AddRow(
                layer.Name,
                weight is null ? "" : Markup.Escape($"[{string.Join(", ", weight.Shape)}]"),
                weight is null ? "" : bias is null ? "none" : bias.Length < layer.OutputSize ? "shared" : Markup.Escape($"[{bias.Length}]"),
                Markup.Escape(layer.Spec is DenseSpec dense ? dense.Activation.ToString() : NetworkText.Of(network, layer)),
                Text.Count(layer.ParameterCount));
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
        foreach (NetworkLayer layer in model.Network.Layers)
        {
            Write(json, model.Network, layer);
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

    /// <summary>A layer: what it takes (names of layers, or <c>input</c>), its settings as the model's file has them, and its tensors.</summary>
    private static void Write(Utf8JsonWriter json, Network network, NetworkLayer layer)
    {
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteString("kind", layer.Spec.Kind);
        json.WriteStartArray("sources");
        foreach (int source in layer.Sources)
        {
            json.WriteStringValue(source < 0 ? "input" : network.Layers[source].Name);
        }

        json.WriteEndArray();
        json.WriteNumber("inputs", layer.InputSize);
        json.WriteNumber("outputs", layer.OutputSize);
        json.WriteNumber("parameters", layer.ParameterCount);
        layer.Spec.WriteTo(json);
        json.WriteStartArray("tensors");
        foreach (Tensor tensor in layer.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("role", tensor.Role.ToString());
            json.WriteStartArray("shape");
            foreach (int size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
