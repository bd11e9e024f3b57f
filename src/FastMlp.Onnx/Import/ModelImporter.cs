using FastMlp.Onnx.Schema;
using Google.Protobuf;

namespace FastMlp.Onnx.Import;

/// <summary>Bytes to a network: parses the protobuf, then tries the ways in which the axes of the input can be rows and features.</summary>
internal static class ModelImporter
{
    // Memory for a stream that cannot tell its length grows with what arrives.
    private const int FirstBuffer = 1 << 16;

    public static OnnxImport Run(Stream stream, OnnxImportOptions options)
    {
        ModelProto model = Parse(stream);
        return Run(model, options);
    }

    public static OnnxImport Run(ModelProto model, OnnxImportOptions options)
    {
        if (model.Graph is null)
        {
            throw new ModelFormatException("There is no graph in the file, so it is no ONNX model.");
        }

        ModelInput input = ModelInput.Find(model.Graph);
        try
        {
            // Rows are the first axis: what follows it is the features, until a Flatten or a Reshape says so.
            return Run(model, input, Math.Min(1, Math.Max(input.Dims.Length - 1, 0)), options);
        }
        catch (ModelFormatException) when (input.Dims.Length > 2)
        {
            // Or all axes but the last count rows, as where a dense layer runs on each step of a sequence.
            try
            {
                return Run(model, input, input.Dims.Length - 1, options);
            }
            catch (ModelFormatException)
            {
            }

            throw;
        }
    }

    private static OnnxImport Run(ModelProto model, ModelInput input, int batchRank, OnnxImportOptions options)
    {
        try
        {
            return new GraphImporter(model, input, batchRank, options).Run();
        }
        catch (WidthWantedException wanted)
        {
            // The input does not say how many features it has; the first weight does.
            ModelInput sized = input.WithLast(wanted.Width);
            try
            {
                return new GraphImporter(model, sized, batchRank, options).Run();
            }
            catch (WidthWantedException)
            {
                throw new ModelFormatException($"The input {Words.Quote(input.Name)} has the shape {Words.Shape(input.Dims)}, and the graph does not tell how many features that are.");
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

/// <summary>Some weight was met before the number of features was known; it says what that is.</summary>
internal sealed class WidthWantedException(long width) : Exception
{
    public long Width { get; } = width;
}
