using FastMlp.Onnx.Schema;
using Google.Protobuf;

namespace FastMlp.Onnx.Import;

/// <summary>Bytes to a network: parses the protobuf, then tries the ways in which the axes of the inputs can be rows and features.</summary>
internal static class ModelImporter
{
    // Memory for a stream that cannot tell its length grows with what arrives.
    private const int FirstBuffer = 1 << 16;

    public static OnnxImport Run(Stream stream, OnnxImportOptions options)
    {
        ModelProto model = Parse(stream);
        return Run(model, options);
    }

    public static Dictionary<string, string> Metadata(Stream stream)
    {
        Dictionary<string, string> metadata = [];
        foreach (EntryProto entry in Parse(stream).MetadataProps)
        {
            metadata[entry.Key] = entry.Value;
        }

        return metadata;
    }

    public static OnnxImport Run(ModelProto model, OnnxImportOptions options)
    {
        if (model.Graph is null)
        {
            throw new ModelFormatException("There is no graph in the file, so it is no ONNX model.");
        }

        OnnxGraph graph = new(model, options);
        KindOfNetwork.Check(graph);
        ModelFormatException? first = null;
        foreach (Layout layout in Layouts(graph))
        {
            try
            {
                return Run(model, graph, layout, options);
            }
            catch (ModelFormatException e)
            {
                // Of the ways to understand the axes, the first is the usual one, and so its message.
                first ??= e;
            }
        }

        throw first!;
    }

    /// <summary>The ways in which the axes of the inputs can be rows and features, the usual ones first.</summary>
    private static List<Layout> Layouts(OnnxGraph graph)
    {
        int rank = graph.Inputs.Max(input => input.Dims.Length);
        // Rows are the first axis: what follows it is the features, until a Flatten or a Reshape says so.
        List<Layout> layouts = [new Layout(Math.Min(1, Math.Max(rank - 1, 0)))];
        if (rank > 2)
        {
            // Or all axes but the last count rows, as where a dense layer runs on each step of a sequence; or some.
            layouts.Add(new Layout(rank - 1));
            layouts.AddRange(Enumerable.Range(2, rank - 3).Select(rows => new Layout(rows)));
        }
        else if (rank == 2 && graph.Inputs.All(input => input.Dims.Length == 2))
        {
            layouts.Add(new Layout(1, IsTransposed: true));
        }

        return layouts;
    }

    private static OnnxImport Run(ModelProto model, OnnxGraph graph, Layout layout, OnnxImportOptions options)
    {
        Dictionary<string, long> widths = [];
        while (true)
        {
            try
            {
                return new GraphReader(model, graph, layout, widths, options).Run();
            }
            catch (WidthWantedException wanted)
            {
                // The input does not say how many features it has; the first weight does.
                if (wanted.Input is not { } name || !widths.TryAdd(name, wanted.Width))
                {
                    ModelInput input = graph.Inputs[0];
                    throw new ModelFormatException($"The input {Words.Quote(input.Name)} has the shape {Words.Shape(input.Dims)}, and the graph does not tell how many features that are.");
                }
            }
        }
    }

    private static ModelProto Parse(Stream stream)
    {
        byte[] bytes = ReadToEnd(stream);
        if (bytes.Length == 0)
        {
            throw new ModelFormatException("The file is empty; an ONNX model was expected.");
        }

        try
        {
            return ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ModelFormatException($"The file is torn or no ONNX model: {e.Message}", e);
        }
    }

    private static byte[] ReadToEnd(Stream stream)
    {
        if (stream.CanSeek)
        {
            long length = Math.Max(stream.Length - stream.Position, 0);
            if (length > Array.MaxLength)
            {
                throw new ModelFormatException($"The file has {length} bytes; protobuf, and so ONNX, ends at 2 GiB, with larger weights in a file beside it.");
            }

            byte[] bytes = new byte[length];
            stream.ReadExactly(bytes);
            return bytes;
        }

        using MemoryStream buffer = new(FirstBuffer);
        try
        {
            stream.CopyTo(buffer);
        }
        catch (IOException e) when (buffer.Length > Array.MaxLength - FirstBuffer)
        {
            throw new ModelFormatException("The stream goes on beyond the 2 GiB at which protobuf, and so ONNX, ends.", e);
        }

        return buffer.ToArray();
    }
}

/// <summary>Some weight was met before the number of features of an input was known; it says what that is.</summary>
internal sealed class WidthWantedException : Exception
{
    private WidthWantedException(string? input, long width)
    {
        Input = input;
        Width = width;
    }

    /// <summary>The input; null if it cannot be told.</summary>
    public string? Input { get; }

    public long Width { get; }

    public static WidthWantedException For(Signal signal, long width)
    {
        Expression expression = signal.Base;
        while (expression is not InputExpression && expression.Inputs.FirstOrDefault() is { } before)
        {
            expression = before.Base;
        }

        return new WidthWantedException((expression as InputExpression)?.Name, width);
    }
}
