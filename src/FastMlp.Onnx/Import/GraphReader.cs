using System.Text.Json;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>How the axes of the inputs are understood.</summary>
/// <param name="BatchRank">Leading axes that count rows; the others hold features.</param>
/// <param name="IsTransposed">Whether the features come first and the rows last.</param>
internal readonly record struct Layout(int BatchRank, bool IsTransposed = false);

/// <summary>
/// Computes the wanted value of a graph under one layout: what depends on the input becomes a <see cref="Signal"/>, all else a
/// <see cref="Constant"/>. <see cref="LayerPlanner"/> makes layers of the last signal.
/// </summary>
internal sealed class GraphReader
{
    private readonly ModelProto model;
    private readonly OnnxGraph graph;
    private readonly OnnxImportOptions options;
    private readonly Layout layout;
    private readonly ImportContext context;
    private readonly Dictionary<string, Value> values = [];
    private readonly List<InputExpression> inputs = [];

    /// <param name="model">The model.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="layout">How the axes are understood.</param>
    /// <param name="widths">Features of inputs that do not say so themselves.</param>
    /// <param name="options">What the import may do.</param>
    public GraphReader(ModelProto model, OnnxGraph graph, Layout layout, IReadOnlyDictionary<string, long> widths, OnnxImportOptions options)
    {
        this.model = model;
        this.graph = graph;
        this.options = options;
        this.layout = layout;
        TensorReader tensors = new(options.ExternalDataFolder);
        context = new ImportContext(options, tensors, new WeightBudget(tensors));
        context.Notes.AddRange(graph.Notes);
        context.NameClasses(graph.ClassNames);
        foreach (ModelInput input in graph.Inputs)
        {
            AddInput(input, widths);
        }
    }

    public OnnxImport Run()
    {
        Walk();
        if (values.GetValueOrDefault(graph.Wanted) is not Signal signal)
        {
            throw new ModelFormatException($"The output {Words.Quote(graph.Wanted)} holds no numbers that depend on the features.");
        }

        CheckOutput(signal);
        OnnxScaling? scaling = null;
        if (options.SeparateScaling)
        {
            (signal, scaling) = PartOutputScaling(signal);
        }

        if (layout.IsTransposed)
        {
            context.Notes.Add($"In the file the samples of the input stand in columns, those of the output in {(signal.IsTransposed ? "columns" : "rows")}; the network takes and gives rows.");
        }

        LayerPlanner planner = new(context, inputs);
        IReadOnlyList<PlannedLayer> layers = planner.Plan(signal);
        Network network = NetworkAssembly.Build(planner.InputSize, layers);
        Annotate(network, planner, out IReadOnlyList<string> classes);
        return new OnnxImport(network)
        {
            InputName = string.Join(", ", graph.Inputs.Select(input => input.Name)),
            OutputName = graph.Output,
            ClassNames = classes,
            Columns = planner.Columns,
            Notes = context.Notes,
            InputScaling = planner.InputScaling,
            OutputScaling = scaling,
        };
    }

    private void AddInput(ModelInput input, IReadOnlyDictionary<string, long> widths)
    {
        long[] dims = widths.TryGetValue(input.Name, out long width) && input.Dims.Length > 0
            ? layout.IsTransposed ? [width, .. input.Dims[1..]] : [.. input.Dims[..^1], width]
            : input.Dims;
        int rows = Math.Min(layout.BatchRank, dims.Length);
        long[] features = layout.IsTransposed ? dims[..1] : dims[rows..];
        int count = features.Contains(-1) ? -1 : (int)Call.Product(features, $"The input {Words.Quote(input.Name)}");
        InputExpression expression = new(input.Name, count, input.Type == ElementType.Text);
        inputs.Add(expression);
        values[input.Name] = new Signal
        {
            Base = expression,
            BatchDims = layout.IsTransposed ? dims[1..] : dims[..rows],
            FeatureDims = features,
            IsTransposed = layout.IsTransposed,
        };
        if (input.Type is not (0 or ElementType.Float or ElementType.Text))
        {
            context.Notes.Add($"The input {Words.Quote(input.Name)} is {ElementType.Name(input.Type)} in the file; the network takes and computes float32.");
        }
    }

    private void CheckOutput(Signal signal)
    {
        if (graph.Picks is { } picks && !signal.IsAlongFeatures(picks.Axis("axis", 0, signal.Rank)))
        {
            throw picks.Refuse($"picks along axis {picks.Int("axis", 0)} of {Words.Shape(signal.Dims)}; at the end of a graph one that picks among the features of a row is left out.");
        }

        if (signal.IsTransposed && !layout.IsTransposed)
        {
            throw new ModelFormatException($"The output {Words.Quote(graph.Wanted)} has its samples in columns, but the input has them in rows.");
        }

        if (signal.IsLogical)
        {
            throw new ModelFormatException($"The output {Words.Quote(graph.Wanted)} holds truth values; numbers were expected.");
        }

        if (signal.FeatureDims.Length == 0 && signal.BatchDims.Length > 1)
        {
            throw new ModelFormatException($"The output {Words.Quote(graph.Wanted)} of the shape {Words.Shape(signal.Dims)} has no axis of features.");
        }
    }

    private void Annotate(Network network, LayerPlanner planner, out IReadOnlyList<string> classes)
    {
        foreach (EntryProto entry in model.MetadataProps)
        {
            // The one key that a model file of FastMlp keeps for itself.
            if (entry.Key != "fastmlp")
            {
                network.Metadata[entry.Key] = entry.Value;
            }
        }

        if (planner.Sources.Count > 1)
        {
            context.Notes.Add($"A row of the network is made of the inputs {string.Join(", ", planner.Sources.Take(6).Select(source => $"{source.Name} ({source.Width})"))}{(planner.Sources.Count > 6 ? ", ..." : "")}, one behind another.");
        }

        if (context.Notes.Count > 0)
        {
            network.Metadata["onnx.notes"] = string.Join(" ", context.Notes);
        }

        classes = context.ClassNames.Count == network.OutputSize || (context.ClassNames.Count == 2 && network.OutputSize == 1) ? context.ClassNames : [];
        if (classes.Count > 0)
        {
            network.Metadata["onnx.classNames"] = $"[{string.Join(',', classes.Select(name => $"\"{JsonEncodedText.Encode(name)}\""))}]";
        }
    }

    /// <summary>
    /// The signal before a scaling is undone at the end, by a division or multiplication and then an addition, and that scaling;
    /// the whole signal and null where there is none.
    /// </summary>
    private (Signal Output, OnnxScaling? Scaling) PartOutputScaling(Signal whole)
    {
        if (graph.ProducerOf(graph.Wanted) is not { Domain: "", Operator: "Add", Inputs: [var scaled, var offset] } add
            || graph.ProducerOf(scaled) is not { Domain: "", Operator: "Mul" or "Div", Inputs: [var inner, var factor] } times
            || values.GetValueOrDefault(inner) is not Signal signal
            || values.GetValueOrDefault(offset) is not Constant shift
            || values.GetValueOrDefault(factor) is not Constant scale)
        {
            return (whole, null);
        }

        float[] offsets = new float[signal.Width];
        float[] scales = new float[signal.Width];
        double[] shifts = Axes.Broadcast(new Call(context, add, []), shift, signal).Vector;
        double[] divisors = Axes.Broadcast(new Call(context, times, []), scale, signal).Vector;
        for (int i = 0; i < scales.Length; i++)
        {
            double divisor = divisors[divisors.Length == 1 ? 0 : i];
            scales[i] = (float)(times.Operator == "Div" ? divisor : 1 / divisor);
            offsets[i] = (float)shifts[shifts.Length == 1 ? 0 : i];
            if (!float.IsFinite(scales[i]) || scales[i] == 0 || !float.IsFinite(offsets[i]))
            {
                return (whole, null);
            }
        }

        return (signal, new OnnxScaling(offsets, scales));
    }

    /// <summary>Computes the nodes in order, and lets go of what no later one takes, so that memory does not grow with their number.</summary>
    private void Walk()
    {
        Dictionary<string, int> uses = [];
        foreach (string name in graph.Order.SelectMany(node => node.Inputs))
        {
            uses[name] = uses.GetValueOrDefault(name) + 1;
        }

        // A scaling at the end is looked for when all is done.
        HashSet<string> kept = [graph.Wanted];
        for (int depth = 0; depth < 2; depth++)
        {
            kept.UnionWith([.. kept.Select(graph.ProducerOf).OfType<Node>().SelectMany(node => node.Inputs)]);
        }

        foreach (Node node in graph.Order)
        {
            Compute(node);
            foreach (string name in node.Inputs)
            {
                if (--uses[name] == 0 && !kept.Contains(name))
                {
                    values.Remove(name);
                }
            }
        }
    }

    private void Compute(Node node)
    {
        Value?[] given = [.. node.Inputs.Select(name => name.Length == 0 ? null : ValueOf(node, name))];
        Operator found = Operators.All[(node.Domain, node.Operator)];
        // Sizes are constants, also those of a tensor that depends on the input.
        bool isComputed = given.Any(value => value is Signal or Quantized);
        Value?[] results = ((isComputed ? found.Read : found.Fold) ?? throw node.Refuse("has constant inputs only, and is not supported among constants."))(new Call(context, node, given));
        for (int i = 0; i < Math.Min(results.Length, node.Outputs.Count); i++)
        {
            if (node.Outputs[i].Length > 0 && results[i] is { } result)
            {
                values[node.Outputs[i]] = result;
            }
        }
    }

    private Value ValueOf(Node node, string name)
    {
        if (values.TryGetValue(name, out Value? value))
        {
            return value;
        }

        if (graph.WeightOf(name) is { } tensor)
        {
            return values[name] = context.Tensors.ReadAny(tensor, $"The weight {Words.Quote(name)}");
        }

        throw node.Refuse(graph.ProducerOf(name) is { } producer
            ? $"uses {Words.Quote(name)}, an output of {producer} that is not supported."
            : $"uses {Words.Quote(name)}, which nothing makes.");
    }
}
