using System.Text.Json;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>
/// Walks the nodes that the output depends on, in their order. What depends on the input becomes a <see cref="Signal"/>, all
/// else a <see cref="Constant"/>; <see cref="NetworkAssembler"/> makes layers of the last signal.
/// </summary>
internal sealed partial class GraphImporter
{
    public const string Supported =
        "Gemm, MatMul, Add, Sub, Mul, Div, Neg, Reciprocal, Sum, Min, Max, Clip, Concat, BatchNormalization, Relu, LeakyRelu, PRelu, Elu, Selu, Celu, "
        + "Sigmoid, HardSigmoid, Tanh, Softmax, Softplus, Gelu, Swish, Erf, Exp, Log and Pow as parts of these, Greater and Less as a step, "
        + "Dropout, Identity, Cast, Flatten, Reshape, Squeeze, Unsqueeze, Transpose, Shape, Constant, "
        + "and ai.onnx.ml's Scaler, LinearRegressor, LinearClassifier, Normalizer, ArgMax and ZipMap at the end";

    // Networks have tens; this keeps the time for a hostile file in bounds.
    private const int MostNodes = 10_000;

    private readonly ModelProto model;
    private readonly GraphProto graph;
    private readonly ModelInput input;
    private readonly OnnxImportOptions options;
    private readonly TensorReader tensors;
    private readonly WeightBudget budget;
    private readonly InputStage source;
    private readonly int batchRank;
    private readonly List<string> notes = [];
    private readonly Dictionary<string, TensorProto> initializers = [];
    private readonly Dictionary<string, Node> producers = [];
    private readonly List<Node> nodes = [];
    private readonly Dictionary<string, object> values = [];
    private IReadOnlyList<string> classNames = [];
    private Node? picks;

    public GraphImporter(ModelProto model, ModelInput input, int batchRank, OnnxImportOptions options)
    {
        this.model = model;
        this.input = input;
        this.batchRank = batchRank;
        this.options = options;
        graph = model.Graph;
        tensors = new TensorReader(options.ExternalDataFolder);
        budget = new WeightBudget(tensors);
        long[] features = input.Dims[batchRank..];
        source = new InputStage(features.Contains(-1) ? -1 : (int)Product(features, $"The input {Words.Quote(input.Name)}"));
        values[input.Name] = new Signal { Stage = source, BatchDims = input.Dims[..batchRank], FeatureDims = features };
    }

    public OnnxImport Run()
    {
        Index();
        (string wanted, string output) = ChooseOutput();
        Walk(Needed(wanted), wanted);

        if (!values.TryGetValue(wanted, out object? last) && !initializers.ContainsKey(wanted))
        {
            throw new ModelFormatException($"The output {Words.Quote(wanted)} is made by no node of the graph.");
        }

        if (last is not Signal signal)
        {
            throw new ModelFormatException($"The output {Words.Quote(wanted)} does not depend on the input {Words.Quote(input.Name)}.");
        }

        if (picks is not null && (signal.FeatureDims.Length != 1 || picks.Axis("axis", 0, signal.Rank) != signal.Rank - 1))
        {
            throw picks.Refuse($"picks along axis {picks.Int("axis", 0)} of {Words.Shape(signal.Dims)}; at the end of a graph one that picks among the features of a row is left out.");
        }

        if (signal.IsTransposed || signal.IsLogical)
        {
            throw new ModelFormatException($"The output {Words.Quote(wanted)} {(signal.IsLogical ? "holds truth values" : "has its samples in columns")}; numbers in rows were expected.");
        }

        if (input.ElementType is not (0 or TensorReader.Float))
        {
            notes.Add($"The input is {TensorReader.TypeName(input.ElementType)} in the file; the network takes and computes float32.");
        }

        OnnxScaling? scaling = null;
        if (options.SeparateScaling)
        {
            (signal, scaling) = PartOutputScaling(wanted, signal);
        }

        return Result(signal, output, scaling);
    }

    private OnnxImport Result(Signal signal, string output, OnnxScaling? outputScaling)
    {
        NetworkAssembler assembler = new(options, budget, notes);
        List<LayerPlan> layers = assembler.Plan(signal);
        Network network = NetworkAssembler.Build(layers);
        foreach (EntryProto entry in model.MetadataProps)
        {
            // The one key that a model file of FastMlp keeps for itself.
            if (entry.Key != "fastmlp")
            {
                network.Metadata[entry.Key] = entry.Value;
            }
        }

        if (notes.Count > 0)
        {
            network.Metadata["onnx.notes"] = string.Join(" ", notes);
        }

        IReadOnlyList<string> named = classNames.Count == network.OutputSize ? classNames : [];
        if (named.Count > 0)
        {
            network.Metadata["onnx.classNames"] = $"[{string.Join(',', named.Select(name => $"\"{JsonEncodedText.Encode(name)}\""))}]";
        }

        return new OnnxImport(network)
        {
            InputName = input.Name,
            OutputName = output,
            ClassNames = named,
            Notes = notes,
            InputScaling = assembler.InputScaling,
            OutputScaling = outputScaling,
        };
    }

    /// <summary>
    /// The signal before a scaling is undone at the end, by a division or multiplication and then an addition, and that scaling;
    /// the whole signal and null where there is none.
    /// </summary>
    private (Signal Output, OnnxScaling? Scaling) PartOutputScaling(string name, Signal whole)
    {
        if (producers.GetValueOrDefault(name) is not { Domain: "", Operator: "Add", Inputs: [var scaled, var offset] } add
            || producers.GetValueOrDefault(scaled) is not { Domain: "", Operator: "Mul" or "Div", Inputs: [var inner, var factor] } times
            || values.GetValueOrDefault(inner) is not Signal signal
            || values.GetValueOrDefault(offset) is not Constant shift
            || values.GetValueOrDefault(factor) is not Constant scale)
        {
            return (whole, null);
        }

        float[] offsets = new float[signal.Width];
        float[] scales = new float[signal.Width];
        double[] shifts = Broadcast(add, shift, signal).Vector;
        double[] divisors = Broadcast(times, scale, signal).Vector;
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

    private void Index()
    {
        Dictionary<string, long> versions = [];
        foreach (OperatorSetProto set in model.OpsetImport)
        {
            versions[set.Domain == "ai.onnx" ? "" : set.Domain] = set.Version;
        }

        if (graph.SparseInitializer.Count > 0)
        {
            throw new ModelFormatException("The graph has sparse weights (sparse_initializer); dense ones are supported.");
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            initializers.TryAdd(tensor.Name, tensor);
        }

        for (int i = 0; i < graph.Node.Count; i++)
        {
            NodeProto proto = graph.Node[i];
            string domain = proto.Domain == "ai.onnx" ? "" : proto.Domain;
            Node node = new(proto, i, versions.GetValueOrDefault(domain, domain.Length == 0 ? 1 : 0));
            nodes.Add(node);
            foreach (string name in node.Outputs)
            {
                if (name.Length > 0 && (name == input.Name || !producers.TryAdd(name, node)))
                {
                    throw node.Refuse($"makes {Words.Quote(name)}, which something before it makes too.");
                }
            }
        }
    }

    /// <summary>The value to compute, and the output that it stands for.</summary>
    private (string Wanted, string Output) ChooseOutput()
    {
        string[] names = [.. graph.Output.Select(output => output.Name)];
        if (options.Output is { } asked)
        {
            return names.Contains(asked)
                ? (BehindEnd(asked), asked)
                : throw new ModelFormatException($"The graph has no output {Words.Quote(asked)}; it has {Words.List(names)}.");
        }

        string[] candidates = names.Length == 1 ? names : [.. graph.Output.Where(HoldsNumbers).Select(output => output.Name)];
        if (candidates.Length != 1)
        {
            throw new ModelFormatException(names.Length == 0
                ? "The graph has no output."
                : $"The graph has the outputs {Words.List(names)}; say which one is meant by {nameof(OnnxImportOptions)}.{nameof(OnnxImportOptions.Output)}.");
        }

        if (names.Length > 1)
        {
            notes.Add($"Of the outputs {Words.List(names)}, the network computes {Words.Quote(candidates[0])}.");
        }

        return (BehindEnd(candidates[0]), candidates[0]);
    }

    /// <summary>Whether an output is of floating-point numbers, or of maps to them; labels are not.</summary>
    private static bool HoldsNumbers(ValueProto output) =>
        output.Type?.TensorType is not { } tensor
        || tensor.ElemType is 0 or TensorReader.Float or TensorReader.Double or TensorReader.Float16 or TensorReader.BFloat16;

    /// <summary>The scores before a node that only picks or names classes.</summary>
    private string BehindEnd(string name)
    {
        if (!producers.TryGetValue(name, out Node? node) || node.Inputs.Count == 0)
        {
            return name;
        }

        if (node is { Domain: "", Operator: "ArgMax" })
        {
            notes.Add($"The network answers with the scores of the classes; {node}, which picks the largest, is left out.");
            picks = node;
            return node.Inputs[0];
        }

        if (node is { Domain: "ai.onnx.ml", Operator: "ZipMap" })
        {
            SetClassNames(node, "classlabels_strings", "classlabels_int64s");
            notes.Add($"The network answers with one number a class, in their order; {node}, which puts names to them, is left out.");
            return node.Inputs[0];
        }

        return name;
    }

    private void SetClassNames(Node node, string texts, string numbers)
    {
        if (classNames.Count == 0)
        {
            IList<string> names = node.Texts(texts);
            classNames = [.. names.Count > 0 ? names : node.Ints(numbers).Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    private HashSet<Node> Needed(string wanted)
    {
        HashSet<Node> needed = [];
        Stack<string> open = new([wanted]);
        while (open.TryPop(out string? name))
        {
            if (producers.TryGetValue(name, out Node? node) && needed.Add(node))
            {
                foreach (string before in node.Inputs)
                {
                    open.Push(before);
                }
            }
        }

        return needed;
    }

    /// <summary>Evaluates the nodes in their order, and lets go of what no later one takes, so that memory does not grow with their number.</summary>
    private void Walk(HashSet<Node> needed, string wanted)
    {
        if (needed.Count > MostNodes)
        {
            throw new ModelFormatException($"The output depends on {needed.Count} nodes; up to {MostNodes} are supported.");
        }

        Dictionary<string, int> uses = [];
        foreach (string name in needed.SelectMany(node => node.Inputs))
        {
            uses[name] = uses.GetValueOrDefault(name) + 1;
        }

        // A scaling at the end is looked for when all is done.
        HashSet<string> kept = [wanted];
        for (int depth = 0; depth < 2; depth++)
        {
            kept.UnionWith([.. kept.Where(producers.ContainsKey).SelectMany(name => producers[name].Inputs)]);
        }

        foreach (Node node in nodes.Where(needed.Contains))
        {
            Evaluate(node);
            foreach (string name in node.Inputs)
            {
                if (--uses[name] == 0 && !kept.Contains(name))
                {
                    values.Remove(name);
                }
            }
        }
    }

    private void Evaluate(Node node)
    {
        object?[] inputs = new object?[node.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = node.Inputs[i].Length == 0 ? null : Value(node, node.Inputs[i]);
        }

        // The second output of a classifier holds the scores, the first the labels; of all others the first is meant.
        int place = node is { Domain: "ai.onnx.ml", Operator: "LinearClassifier" } ? 1 : 0;
        if (node.Outputs.Count <= place || node.Outputs[place].Length == 0)
        {
            throw node.Refuse($"has no output {place}.");
        }

        values[node.Outputs[place]] = inputs.Any(value => value is Signal) || node.Operator == "Constant"
            ? Apply(node, inputs)
            : Fold(node, inputs);
    }

    private object Value(Node node, string name)
    {
        if (values.TryGetValue(name, out object? value))
        {
            return value;
        }

        if (initializers.TryGetValue(name, out TensorProto? tensor))
        {
            Constant constant = tensors.Read(tensor, $"The weight {Words.Quote(name)}");
            values[name] = constant;
            return constant;
        }

        throw node.Refuse(producers.TryGetValue(name, out Node? producer)
            ? $"uses {Words.Quote(name)} before {producer} has made it, or an output of that node that is not supported."
            : $"uses {Words.Quote(name)}, which nothing makes.");
    }

    private object Apply(Node node, object?[] inputs) => (node.Domain, node.Operator) switch
    {
        ("", "Constant") => ConstantOf(node),
        ("", "Gemm") => Gemm(node, inputs),
        ("", "MatMul") => MatMul(node, inputs),
        ("", "BatchNormalization") => BatchNormalization(node, inputs),
        ("", "Add" or "Sub" or "Mul" or "Div") => Arithmetic(node, inputs),
        ("", "Sum") => Sum(node, inputs),
        ("", "Neg") => Only(node, inputs).Times(-1),
        ("", "Reciprocal") => Quotient(node, [1], Only(node, inputs)),
        ("", "Pow") => Power(node, inputs),
        ("", "Erf") => Partial(node, Part.Erf, Only(node, inputs)),
        ("", "Exp") => Partial(node, Part.Exp, Only(node, inputs)),
        ("", "Log") => Logarithm(node, Only(node, inputs)),
        ("", "Clip") => Clip(node, inputs),
        ("", "Min" or "Max") => Extreme(node, inputs),
        ("", "Greater" or "Less") => Comparison(node, inputs),
        ("", "Relu" or "LeakyRelu" or "Elu" or "Selu" or "Celu" or "Sigmoid" or "HardSigmoid" or "Tanh" or "Softplus" or "Gelu" or "Swish") => Activate(node, Only(node, inputs)),
        ("com.microsoft", "Gelu") => Activate(node, Only(node, inputs)),
        ("", "PRelu") => PRelu(node, inputs),
        ("", "Softmax" or "LogSoftmax") => Softmax(node, Only(node, inputs)),
        ("", "Identity") => Only(node, inputs),
        ("", "Dropout") => Dropout(node, inputs),
        ("", "Cast") => Cast(node, Only(node, inputs)),
        ("", "Flatten" or "Reshape" or "Squeeze" or "Unsqueeze") => Reaxed(node, inputs),
        ("", "Transpose") => Transpose(node, Only(node, inputs)),
        ("", "Shape") => Shape(node, Only(node, inputs)),
        ("", "Concat") => Concat(node, inputs),
        ("ai.onnx.ml", "Scaler") => Scaler(node, Only(node, inputs)),
        ("ai.onnx.ml", "LinearRegressor" or "LinearClassifier") => LinearModel(node, Only(node, inputs)),
        ("ai.onnx.ml", "Normalizer") => Normalizer(node, Only(node, inputs)),
        _ => throw node.Refuse($"is not supported. FastMlp runs chains of dense layers; supported are {Supported}."),
    };

    /// <summary>The first input, which depends on the model's; others must be constants or absent, and are the operator's own matter.</summary>
    private static Signal Only(Node node, object?[] inputs) => inputs.Length > 0 && inputs[0] is Signal signal
        ? signal
        : throw node.Refuse("does not take its first input from the features; that was expected.");

    private static Constant RequireConstant(Node node, object?[] inputs, int place, string what) =>
        inputs.Length > place && inputs[place] is Constant constant
            ? constant
            : throw node.Refuse($"needs {what} (input {place}) as a constant.");

    private static long Product(IEnumerable<long> dims, string where)
    {
        long product = 1;
        foreach (long dim in dims)
        {
            if (product > 0 && dim > int.MaxValue / product)
            {
                throw new ModelFormatException($"{where} has more than 2^31 elements.");
            }

            product *= dim;
        }

        return product;
    }
}
