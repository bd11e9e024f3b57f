using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>An input that rows go to: a graph's input that is no weight.</summary>
internal sealed record ModelInput(string Name, long[] Dims, int Type)
{
    public static ModelInput Of(ValueProto value)
    {
        string where = $"The input {Words.Quote(value.Name)}";
        TypeProto.Types.Tensor? type = value.Type?.TensorType;
        if (value.Type is not null && type is null)
        {
            throw new ModelFormatException($"{where} is no tensor; a tensor of numbers was expected.");
        }

        int element = type?.ElemType ?? 0;
        if (element is ElementType.Bool or 14 or 15)
        {
            throw new ModelFormatException($"{where} holds {ElementType.Name(element)}; a tensor of numbers was expected.");
        }

        // Without a shape: rows of features, how many of each is left open.
        long[] dims = type?.Shape is { } shape
            ? [.. shape.Dim.Select(dim => dim.SizeCase == DimensionProto.SizeOneofCase.DimValue && dim.DimValue > 0 ? dim.DimValue : -1)]
            : [-1, -1];
        return dims.Length <= TensorReader.MostAxes
            ? new ModelInput(value.Name, dims, element)
            : throw new ModelFormatException($"{where} has {dims.Length} axes; up to {TensorReader.MostAxes} are supported.");
    }
}

/// <summary>The graph as a dataflow: what makes each value, and what the wanted one needs, whatever the order in the file.</summary>
internal sealed class OnnxGraph
{
    // Networks have tens; this keeps the time for a hostile file in bounds.
    private const int MostNodes = 10_000;

    private readonly GraphProto graph;
    private readonly OnnxImportOptions options;
    private readonly Dictionary<string, TensorProto> initializers = [];
    private readonly Dictionary<string, Node> producers = [];
    private readonly List<Node> nodes = [];

    public OnnxGraph(ModelProto model, OnnxImportOptions options)
    {
        graph = model.Graph;
        this.options = options;
        Index(model);
        if (options.Input is { } inner && !producers.Remove(inner) && graph.Input.All(input => input.Name != inner))
        {
            throw new ModelFormatException($"The graph has no input or inner tensor {Words.Quote(inner)}; its inputs are {Words.List([.. graph.Input.Select(input => input.Name)])}.");
        }

        (Wanted, Output) = ChooseOutput();
        Order = Needed();
        Inputs = FindInputs();
    }

    /// <summary>The value to compute.</summary>
    public string Wanted { get; }

    /// <summary>The output that it stands for.</summary>
    public string Output { get; }

    /// <summary>The nodes that the wanted value needs, each behind those that it needs.</summary>
    public IReadOnlyList<Node> Order { get; }

    /// <summary>The inputs that the wanted value needs, in the order of the graph.</summary>
    public IReadOnlyList<ModelInput> Inputs { get; }

    /// <summary>Whether a value needs one of <see cref="Inputs"/>.</summary>
    public HashSet<string> Dependent { get; } = [];

    /// <summary>What the choice of the output left out, one sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The classes in the order of the outputs, where a node at the end names them.</summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    /// <summary>The node at the end that picks the largest score and is left out; null if there is none.</summary>
    public Node? Picks { get; private set; }

    public Node? ProducerOf(string name) => producers.GetValueOrDefault(name);

    public TensorProto? WeightOf(string name) => initializers.GetValueOrDefault(name);

    private void Index(ModelProto model)
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

        HashSet<string> inputs = [.. graph.Input.Select(input => input.Name)];
        for (int i = 0; i < graph.Node.Count; i++)
        {
            NodeProto proto = graph.Node[i];
            string domain = proto.Domain == "ai.onnx" ? "" : proto.Domain;
            Node node = new(proto, i, versions.GetValueOrDefault(domain, domain.Length == 0 ? 1 : 0));
            nodes.Add(node);
            foreach (string name in node.Outputs)
            {
                if (name.Length > 0 && (inputs.Contains(name) || !producers.TryAdd(name, node)))
                {
                    throw node.Refuse($"makes {Words.Quote(name)}, which something else makes too.");
                }
            }
        }
    }

    private (string Wanted, string Output) ChooseOutput()
    {
        string[] names = [.. graph.Output.Select(output => output.Name)];
        if (options.Output is { } asked)
        {
            return names.Contains(asked) || producers.ContainsKey(asked)
                ? (BehindEnd(asked), asked)
                : throw new ModelFormatException($"The graph has no output or inner tensor {Words.Quote(asked)}; its outputs are {Words.List(names)}.");
        }

        string[] candidates = names.Length == 1 ? names : [.. graph.Output.Where(HoldsNumbers).Select(output => output.Name).Where(name => !IsPassedThrough(name))];
        if (candidates.Length != 1)
        {
            throw new ModelFormatException(names.Length == 0
                ? "The graph has no output."
                : $"The graph has the outputs {Words.List(names)}. {options.Ask(nameof(OnnxImportOptions.Output))} to say which one is meant.");
        }

        if (names.Length > 1)
        {
            Notes.Add($"Of the outputs {Words.List(names)}, the network computes {Words.Quote(candidates[0])}.");
        }

        return (BehindEnd(candidates[0]), candidates[0]);
    }

    /// <summary>Whether an output is of floating-point numbers, or of maps to them; labels are not.</summary>
    private static bool HoldsNumbers(ValueProto output) =>
        output.Type?.TensorType is not { } tensor || tensor.ElemType == 0 || ElementType.IsFloat(tensor.ElemType);

    /// <summary>Whether an output is an input as it came, as the state of an agent that has none.</summary>
    private bool IsPassedThrough(string name)
    {
        while (producers.TryGetValue(name, out Node? node) && node is { Domain: "", Operator: "Identity", Inputs: [var before] })
        {
            name = before;
        }

        return !producers.ContainsKey(name) && !initializers.ContainsKey(name);
    }

    /// <summary>The scores before the nodes that only pick or name classes.</summary>
    private string BehindEnd(string name)
    {
        string scores = name;
        for (string at = name; producers.TryGetValue(at, out Node? node) && node.Inputs.Count > 0;)
        {
            switch ((node.Domain, node.Operator))
            {
                case ("", "Cast" or "Reshape" or "Identity" or "Squeeze" or "Flatten"):
                    // Only on the way to one of those below.
                    at = node.Inputs[0];
                    continue;
                case ("", "ArgMax"):
                    Notes.Add($"The network answers with the scores of the classes; {node}, which picks the largest, is left out.");
                    Picks = node;
                    scores = at = node.Inputs[0];
                    continue;
                case ("ai.onnx.ml", "ZipMap"):
                    ClassNames = MachineLearning.ClassNames(node, "classlabels_strings", "classlabels_int64s");
                    Notes.Add($"The network answers with one number a class, in their order; {node}, which puts names to them, is left out.");
                    scores = at = node.Inputs[0];
                    continue;
                case ("ai.onnx.ml", "ArrayFeatureExtractor") when node.Inputs.Count == 2 && Names(node.Inputs[0]) is { Count: > 0 } names:
                    ClassNames = ClassNames.Count > 0 ? ClassNames : names;
                    at = node.Inputs[1];
                    continue;
                case ("ai.onnx.ml", "LinearClassifier") when node.Outputs.Count > 1 && at == node.Outputs[0]:
                    Notes.Add($"The network answers with the scores of the classes, not with the labels of {node}.");
                    return node.Outputs[1];
            }

            break;
        }

        FindClassNames();
        return scores;
    }

    /// <summary>The names that stand beside an ArgMax elsewhere in the graph, as where labels are an output of their own.</summary>
    private void FindClassNames()
    {
        if (ClassNames.Count == 0 && nodes.Any(node => node.Operator == "ArgMax"))
        {
            ClassNames = nodes.Where(node => node is { Domain: "ai.onnx.ml", Operator: "ArrayFeatureExtractor", Inputs.Count: 2 })
                .Select(node => Names(node.Inputs[0])).FirstOrDefault(names => names.Count > 0) ?? [];
        }
    }

    private IReadOnlyList<string> Names(string weight) => initializers.TryGetValue(weight, out TensorProto? tensor)
        ? tensor.DataType == ElementType.Text
            ? [.. tensor.StringData.Select(text => text.ToStringUtf8())]
            : [.. tensor.Int64Data.Count > 0
                ? tensor.Int64Data.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))
                : tensor.Int32Data.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))]
        : [];

    /// <summary>By a walk back from the wanted value, depth first, without recursion: a hostile graph is as deep as it is long.</summary>
    private List<Node> Needed()
    {
        List<Node> order = [];
        HashSet<Node> done = [];
        HashSet<Node> open = [];
        Stack<(Node Node, int Next)> path = new();
        if (producers.TryGetValue(Wanted, out Node? last))
        {
            path.Push((last, 0));
            open.Add(last);
        }

        while (path.TryPop(out (Node Node, int Next) at))
        {
            if (at.Next == at.Node.Inputs.Count)
            {
                order.Add(at.Node);
                done.Add(at.Node);
                open.Remove(at.Node);
                if (order.Count > MostNodes)
                {
                    throw new ModelFormatException($"The output depends on more than {MostNodes} nodes, which is the most that is supported.");
                }

                continue;
            }

            path.Push((at.Node, at.Next + 1));
            if (producers.TryGetValue(at.Node.Inputs[at.Next], out Node? before) && !done.Contains(before))
            {
                if (!open.Add(before))
                {
                    throw before.Refuse("needs its own output before it can make it; a graph without loops was expected.");
                }

                path.Push((before, 0));
            }
        }

        return order;
    }

    private ModelInput[] FindInputs()
    {
        HashSet<string> needed = [Wanted, .. Order.SelectMany(node => node.Inputs)];
        ValueProto[] inputs = options.Input is { } inner
            ? [graph.Input.FirstOrDefault(input => input.Name == inner) ?? new ValueProto { Name = inner }]
            : [.. graph.Input.Where(input => !initializers.ContainsKey(input.Name))];
        if (inputs.Length == 0)
        {
            throw new ModelFormatException("The graph has no input; one, for the features, was expected.");
        }

        if (!producers.ContainsKey(Wanted) && !initializers.ContainsKey(Wanted) && inputs.All(input => input.Name != Wanted))
        {
            throw new ModelFormatException($"The output {Words.Quote(Wanted)} is made by no node of the graph.");
        }

        HashSet<string> known = [.. inputs.Select(input => input.Name), .. initializers.Keys, .. producers.Keys, ""];
        foreach (Node node in Order)
        {
            if (node.Inputs.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            {
                throw node.Refuse($"uses {Words.Quote(unknown)}, which nothing makes.");
            }
        }

        ModelInput[] found = [.. inputs.Where(input => needed.Contains(input.Name)).Select(ModelInput.Of)];
        if (found.Length == 0)
        {
            throw new ModelFormatException($"The output {Words.Quote(Wanted)} does not depend on the input {Words.Quote(inputs[0].Name)}.");
        }

        if (found.Length < inputs.Length)
        {
            Notes.Add($"The output {Words.Quote(Output)} does not need the inputs {Words.List([.. inputs.Select(input => input.Name).Except(found.Select(input => input.Name))])}; they are left out.");
        }

        Dependent.UnionWith(found.Select(input => input.Name));
        // The sizes of a tensor are constants, whatever it depends on.
        foreach (Node node in Order.Where(node => node.Operator != "Shape" && node.Inputs.Any(Dependent.Contains)))
        {
            Dependent.UnionWith(node.Outputs);
        }

        return found;
    }
}
