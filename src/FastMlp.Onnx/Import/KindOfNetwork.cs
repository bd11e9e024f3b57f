namespace FastMlp.Onnx.Import;

/// <summary>Finds what kind of network a graph is, where it is none that can be read, before anything else is blamed.</summary>
internal static class KindOfNetwork
{
    private const int MostNamed = 6;

    private static readonly (string Kind, string[] Operators)[] kinds =
    [
        ("a convolutional network", ["Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "FusedConv", "NhwcConv", "DeformConv"]),
        ("a recurrent network", ["LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"]),
        ("a transformer", ["Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention", "EmbedLayerNormalization", "RotaryEmbedding"]),
        ("an ensemble of decision trees", ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"]),
        ("a support vector machine", ["SVMClassifier", "SVMRegressor"]),
        ("a model of texts", ["TfIdfVectorizer", "Tokenizer", "StringNormalizer", "CountVectorizer", "StringSplit", "RegexFullMatch"]),
        ("a program with branches or loops", ["If", "Loop", "Scan"]),
        ("a model that draws random numbers", ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"]),
    ];

    /// <summary>Refuses a graph with operators that cannot be read.</summary>
    public static void Check(OnnxGraph graph)
    {
        Node[] unknown = [.. graph.Order.Where(node => !IsReadable(node))];
        Node[] products = [.. graph.Order.Where(node => node is { Domain: "", Operator: "MatMul", Inputs: [var left, var right] } && graph.Dependent.Contains(left) && graph.Dependent.Contains(right))];
        foreach ((string kind, string[] operators) in kinds)
        {
            if (unknown.FirstOrDefault(node => operators.Contains(node.Operator)) is { } found)
            {
                throw found.Refuse($"makes this {kind}; {Tail(unknown)}");
            }
        }

        if (products.Length > 0)
        {
            throw products[0].Refuse($"multiplies two tensors that both depend on the input, as attention does; a dense layer multiplies by a constant weight. {Tail(unknown)}");
        }

        if (unknown.Length > 0)
        {
            throw unknown[0].Refuse($"is not supported. {Tail(unknown)}");
        }

        bool IsReadable(Node node) => Operators.All.TryGetValue((node.Domain, node.Operator), out Operator? found)
            && (node.Inputs.Any(graph.Dependent.Contains) ? found.Read : found.Fold) is not null;
    }

    private static string Tail(Node[] unknown)
    {
        IGrouping<string, Node>[] groups = [.. unknown.GroupBy(node => node.Domain.Length == 0 ? node.Operator : $"{node.Domain}.{node.Operator}")];
        string more = groups.Length > MostNamed ? $" and {groups.Length - MostNamed} more" : "";
        string list = groups.Length == 0 ? "" : $"Not supported here: {string.Join(", ", groups.Take(MostNamed).Select(group => $"{Words.Quote(group.Key)[1..^1]} ({group.Count()})"))}{more}. ";
        return $"FastMlp runs multilayer perceptrons. {list}Supported are {Operators.Names}.";
    }
}
