using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using FastMlp.Data;
using Microsoft.AspNetCore.Http;

namespace FastMlp.Hosting.Protocol;

/// <summary>
/// One request from its bytes to its answer, by either protocol. Such objects are pooled with their buffers, so that a request of a size that came before allocates nothing here.
/// </summary>
internal sealed class InferCall
{
    /// <summary>The tensor of all features, of all columns, of the outputs, and of the classes.</summary>
    public const string Input = "input", Rows = "rows", Output = "output", Class = "class";

    private readonly List<string?> texts = [];
    private InputTensor[] inputs = new InputTensor[1];
    private float[] numbers = new float[256];
    private float[] features = [];
    private string?[] fields = [];
    private float[] outputs = new float[64];
    private byte[] answer = new byte[1024];
    private int answerLength;
    private int inputCount;
    private int numberCount;
    private bool namesOutputs;
    private bool binaryByDefault;

    /// <summary>The bytes of the request, and how many there are.</summary>
    public byte[] Body { get; private set; } = new byte[1024];

    public int BodyLength { get; private set; }

    /// <summary>The id as it stands in the JSON, with its quotes; empty if there was none.</summary>
    public ReadOnlyMemory<byte> Id { get; private set; }

    public int RowCount { get; private set; }

    public ModelVersion? Version { get; private set; }

    public ReadOnlyMemory<byte> Answer => answer.AsMemory(0, answerLength);

    /// <summary>Bytes of the JSON before the binary tensors; -1 if there are none.</summary>
    public int AnswerHeader { get; private set; }

    public bool WantsOutput { get; private set; }

    public bool WantsClass { get; private set; }

    public bool OutputIsBinary { get; private set; }

    public bool ClassIsBinary { get; private set; }

    public ReadOnlySpan<float> Outputs => outputs.AsSpan(0, RowCount * Contract.OutputCount);

    public ModelContract Contract => (ModelContract)Version!.Context!;

    public void Reset()
    {
        texts.Clear();
        Array.Clear(inputs, 0, inputCount);
        (inputCount, numberCount, BodyLength, answerLength, RowCount) = (0, 0, 0, 0, 0);
        (namesOutputs, binaryByDefault, WantsOutput, WantsClass, OutputIsBinary, ClassIsBinary) = (false, false, false, false, false, false);
        (Id, Version, AnswerHeader) = (default, null, -1);

        // One huge request must not keep its memory for good.
        const int MostKept = 4 << 20;
        Body = Body.Length > MostKept ? new byte[1024] : Body;
        answer = answer.Length > MostKept ? new byte[1024] : answer;
        numbers = numbers.Length > MostKept / 4 ? new float[256] : numbers;
        features = features.Length > MostKept / 4 ? [] : features;
        outputs = outputs.Length > MostKept / 4 ? new float[64] : outputs;
    }

    public void Append(ReadOnlySpan<byte> part)
    {
        if (Body.Length - BodyLength < part.Length)
        {
            byte[] grown = new byte[Math.Max(2L * Body.Length, BodyLength + part.Length)];
            Body.AsSpan(0, BodyLength).CopyTo(grown);
            Body = grown;
        }

        part.CopyTo(Body.AsSpan(BodyLength));
        BodyLength += part.Length;
    }

    /// <summary>Reads the body.</summary>
    /// <param name="contract">What the model takes.</param>
    /// <param name="headerLength">Bytes of the JSON, where binary tensors follow; -1 where all is JSON; 0 where all is the one tensor.</param>
    public void Parse(ModelContract contract, int headerLength)
    {
        if (headerLength > BodyLength)
        {
            throw new RequestRefusedException($"Inference-Header-Content-Length is {headerLength}, but the body has {BodyLength} bytes.");
        }

        if (headerLength == 0)
        {
            ref InputTensor whole = ref Add("input"u8.ToArray());
            (whole.Type, whole.Rank, whole.IsRaw, whole.Raw) = (TensorType.Fp32, -1, true, Body.AsMemory(0, BodyLength));
            (WantsOutput, OutputIsBinary) = (true, true);
            return;
        }

        int length = headerLength < 0 ? BodyLength : headerLength;
        ReadOnlySpan<byte> text = Body.AsSpan(0, length);
        if (!Utf8.IsValid(text))
        {
            throw new RequestRefusedException("the JSON is not UTF-8.");
        }

        JsonCursor json = new(text);
        int binary = length;
        bool found = false, open = true;
        json.Expect('{');
        while (json.Next(ref open, '}'))
        {
            ReadOnlySpan<byte> name = json.Name();
            if (name.SequenceEqual("inputs"u8))
            {
                if (found)
                {
                    throw json.Refuse("\"inputs\" stands there twice");
                }

                found = true;
                json.Expect('[');
                for (bool first = true; json.Next(ref first, ']');)
                {
                    ParseInput(ref json, contract.TakesColumns, ref binary, headerLength >= 0);
                }
            }
            else if (name.SequenceEqual("outputs"u8))
            {
                json.Expect('[');
                for (bool first = true; json.Next(ref first, ']');)
                {
                    ParseOutput(ref json);
                }
            }
            else if (name.SequenceEqual("id"u8))
            {
                if (json.Peek() == 'n')
                {
                    json.Skip();
                    continue;
                }

                (int start, int size) = json.String(out _);
                Id = Body.AsMemory(start - 1, size + 2);
            }
            else if (name.SequenceEqual("parameters"u8))
            {
                ParseParameters(ref json, out _, out bool? all, out _);
                binaryByDefault = all ?? false;
            }
            else
            {
                json.Skip();
            }
        }

        json.End();
        if (!found)
        {
            throw new RequestRefusedException("the request has no \"inputs\".");
        }

        if (headerLength >= 0 && binary != BodyLength)
        {
            throw new RequestRefusedException($"{BodyLength - binary} bytes stand behind the binary tensors that the JSON describes.");
        }

        EndOutputs();
    }

    /// <summary>Adds an input; its fields are the caller's to fill.</summary>
    public ref InputTensor Add(ReadOnlyMemory<byte> name)
    {
        if (inputCount == inputs.Length)
        {
            Array.Resize(ref inputs, 2 * inputs.Length);
        }

        ref InputTensor input = ref inputs[inputCount++];
        input = new InputTensor { Name = name, Elements = 1 };
        return ref input;
    }

    public void AddNumbers(ref InputTensor input, ReadOnlySpan<float> values)
    {
        Grow(ref numbers, numberCount + values.Length, keep: numberCount);
        values.CopyTo(numbers.AsSpan(numberCount));
        (input.First, input.Count) = (numberCount, values.Length);
        numberCount += values.Length;
    }

    public void AddText(ref InputTensor input, string? value)
    {
        if (input.Count++ == 0)
        {
            input.First = texts.Count;
        }

        texts.Add(value);
    }

    /// <summary>One output that the request names.</summary>
    public void Want(ReadOnlySpan<byte> name, bool? binary)
    {
        namesOutputs = true;
        if (name.SequenceEqual("output"u8))
        {
            WantsOutput = true;
            OutputIsBinary = binary ?? binaryByDefault;
        }
        else if (name.SequenceEqual("class"u8))
        {
            WantsClass = true;
            ClassIsBinary = binary ?? binaryByDefault;
        }
        else
        {
            throw new RequestRefusedException($"there is no output '{Encoding.UTF8.GetString(name)}'; there are 'output' and, for models that tell classes apart, 'class'.");
        }
    }

    public void EndOutputs()
    {
        if (!namesOutputs)
        {
            (WantsOutput, WantsClass, OutputIsBinary, ClassIsBinary) = (true, true, binaryByDefault, binaryByDefault);
        }
    }

    /// <summary>Predicts.</summary>
    public void Run(ServedModel model, ModelContract contract, int mostRows, ServingMetrics metrics)
    {
        Span<float> x = contract.TakesColumns ? EncodeColumns(contract, mostRows) : Features(contract, mostRows);
        RowCount = x.Length / contract.FeatureCount;
        Grow(ref outputs, checked(RowCount * contract.OutputCount), keep: 0);
        Span<float> y = outputs.AsSpan(0, RowCount * contract.OutputCount);
        long started = Stopwatch.GetTimestamp();
        try
        {
            Version = model.Predict(x, y);
        }
        catch (ArgumentException exception)
        {
            throw new RequestRefusedException(exception.Message, StatusCodes.Status409Conflict);
        }

        metrics.Predicted(model.Name, started, RowCount);
        if (namesOutputs && WantsClass && Contract.ClassNames.Count == 0)
        {
            throw new RequestRefusedException($"the model '{model.Name}' predicts values; it has no output 'class'.");
        }

        WantsClass &= Contract.ClassNames.Count > 0;
        for (int i = 0; i < y.Length; i++)
        {
            if (!float.IsFinite(y[i]))
            {
                throw new RequestRefusedException($"the answer for row {i / contract.OutputCount} is {y[i]}: its values are too large for this model.", StatusCodes.Status422UnprocessableEntity);
            }
        }
    }

    /// <summary>Writes the answer as the REST protocol has it.</summary>
    public void WriteAnswer(ServedModel model)
    {
        ModelContract contract = Contract;
        Write("{\"model_name\":\""u8);
        Write(model.NameAsJson);
        Write("\",\"model_version\":\""u8);
        WriteInteger(Version!.Number);
        Write("\","u8);
        if (!Id.IsEmpty)
        {
            Write("\"id\":"u8);
            Write(Id.Span);
            Write(","u8);
        }

        Write("\"outputs\":["u8);
        if (WantsOutput)
        {
            Write("{\"name\":\"output\",\"datatype\":\"FP32\",\"shape\":["u8);
            WriteInteger(RowCount);
            Write(","u8);
            WriteInteger(contract.OutputCount);
            Write("]"u8);
            if (OutputIsBinary)
            {
                WriteBinarySize(4L * Outputs.Length);
            }
            else
            {
                Write(",\"data\":["u8);
                WriteFloats(Outputs);
                Write("]"u8);
            }

            Write("}"u8);
        }

        if (WantsClass)
        {
            Write(WantsOutput ? ",{\"name\":\"class\",\"datatype\":\"BYTES\",\"shape\":["u8 : "{\"name\":\"class\",\"datatype\":\"BYTES\",\"shape\":["u8);
            WriteInteger(RowCount);
            Write("]"u8);
            if (ClassIsBinary)
            {
                long size = 0;
                for (int row = 0; row < RowCount; row++)
                {
                    size += 4 + contract.ClassesAsBytes[ClassOf(row)].Length;
                }

                WriteBinarySize(size);
            }
            else
            {
                Write(",\"data\":["u8);
                for (int row = 0; row < RowCount; row++)
                {
                    Write(row > 0 ? ","u8 : default);
                    Write(contract.ClassesAsJson[ClassOf(row)]);
                }

                Write("]"u8);
            }

            Write("}"u8);
        }

        Write("]}"u8);
        if ((WantsOutput && OutputIsBinary) || (WantsClass && ClassIsBinary))
        {
            AnswerHeader = answerLength;
            if (WantsOutput && OutputIsBinary)
            {
                WriteRaw(Outputs);
            }

            for (int row = 0; row < RowCount && WantsClass && ClassIsBinary; row++)
            {
                byte[] name = contract.ClassesAsBytes[ClassOf(row)];
                BinaryPrimitives.WriteInt32LittleEndian(Room(4), name.Length);
                answerLength += 4;
                Write(name);
            }
        }
    }

    public int ClassOf(int row) => Contract.ClassOf(Outputs.Slice(row * Contract.OutputCount, Contract.OutputCount));

    private void ParseInput(ref JsonCursor json, bool asTexts, ref int binary, bool allowsBinary)
    {
        ref InputTensor input = ref Add(default);
        bool open = true, hasData = false, hasShape = false;
        long? size = null;
        json.Expect('{');
        while (json.Next(ref open, '}'))
        {
            ReadOnlySpan<byte> name = json.Name();
            if (name.SequenceEqual("name"u8))
            {
                (int start, int length) = json.String(out bool escaped);
                input.Name = escaped ? Encoding.UTF8.GetBytes(json.Meant(start, length)) : Body.AsMemory(start, length);
            }
            else if (name.SequenceEqual("datatype"u8))
            {
                (int start, int length) = json.String(out _);
                input.Type = TensorTypes.Of(Body.AsSpan(start, length));
                if (input.Type == TensorType.None)
                {
                    throw json.Refuse($"the datatype '{Encoding.UTF8.GetString(Body.AsSpan(start, length))}' is none of the protocol");
                }
            }
            else if (name.SequenceEqual("shape"u8))
            {
                (input.Rank, input.Elements, hasShape) = (0, 1, true);
                json.Expect('[');
                try
                {
                    for (bool first = true; json.Next(ref first, ']');)
                    {
                        input.Dimension(json.Integer());
                    }
                }
                catch (OverflowException)
                {
                    throw json.Refuse("the shape has more elements than a whole number of 64 bits can count");
                }
            }
            else if (name.SequenceEqual("parameters"u8))
            {
                ParseParameters(ref json, out size, out _, out _);
            }
            else if (name.SequenceEqual("data"u8))
            {
                if (hasData)
                {
                    throw json.Refuse("\"data\" stands there twice");
                }

                hasData = true;
                if (asTexts)
                {
                    input.First = texts.Count;
                    input.Count = json.Texts(texts);
                }
                else
                {
                    input.First = numberCount;
                    input.Count = json.Numbers(ref numbers, numberCount);
                    numberCount += input.Count;
                }
            }
            else
            {
                json.Skip();
            }
        }

        if (!hasShape || input.Type == TensorType.None || input.Name.IsEmpty)
        {
            throw new RequestRefusedException($"the input '{InputTensor.Text(input.Name)}' lacks {(input.Name.IsEmpty ? "its name" : hasShape ? "its datatype" : "its shape")}.");
        }

        if (size is null && !hasData && allowsBinary)
        {
            // Some clients leave the size out where the type tells it.
            size = input.Type.Size() > 0 ? input.Elements * input.Type.Size() : Body.Length - binary;
        }

        if (size is { } bytes && !hasData)
        {
            if (!allowsBinary || bytes < 0 || bytes > BodyLength - binary)
            {
                throw new RequestRefusedException(allowsBinary
                    ? $"the input '{InputTensor.Text(input.Name)}' has a binary_data_size of {bytes}, but {BodyLength - binary} bytes are left."
                    : "a binary tensor needs the header Inference-Header-Content-Length, which says where the JSON ends.");
            }

            (input.IsRaw, input.Raw) = (true, Body.AsMemory(binary, (int)bytes));
            binary += (int)bytes;
        }
        else if (!hasData)
        {
            throw new RequestRefusedException($"the input '{InputTensor.Text(input.Name)}' has no data.");
        }
    }

    private void ParseOutput(ref JsonCursor json)
    {
        ReadOnlySpan<byte> wanted = default;
        bool? binary = null;
        json.Expect('{');
        for (bool open = true; json.Next(ref open, '}');)
        {
            ReadOnlySpan<byte> name = json.Name();
            if (name.SequenceEqual("name"u8))
            {
                (int start, int length) = json.String(out _);
                wanted = Body.AsSpan(start, length);
            }
            else if (name.SequenceEqual("parameters"u8))
            {
                ParseParameters(ref json, out _, out _, out binary);
            }
            else
            {
                json.Skip();
            }
        }

        Want(wanted, binary);
    }

    private static void ParseParameters(ref JsonCursor json, out long? size, out bool? allBinary, out bool? binary)
    {
        (size, allBinary, binary) = (null, null, null);
        json.Expect('{');
        for (bool open = true; json.Next(ref open, '}');)
        {
            ReadOnlySpan<byte> name = json.Name();
            if (name.SequenceEqual("binary_data_size"u8))
            {
                size = json.Integer();
            }
            else if (name.SequenceEqual("binary_data_output"u8))
            {
                allBinary = json.Boolean();
            }
            else if (name.SequenceEqual("binary_data"u8))
            {
                binary = json.Boolean();
            }
            else
            {
                json.Skip();
            }
        }
    }

    /// <summary>The features of a model that takes them in one tensor.</summary>
    private Span<float> Features(ModelContract contract, int mostRows)
    {
        if (inputCount != 1 || !inputs[0].Name.Span.SequenceEqual("input"u8))
        {
            throw new RequestRefusedException($"the model takes one input named '{Input}', FP32 of shape [rows, {contract.FeatureCount}]; the request has {Listed()}.");
        }

        ref InputTensor input = ref inputs[0];
        if (input.IsRaw && input.Rank == -1)
        {
            input.Elements = input.Raw.Length / 4;
        }

        int rows = CheckedRows(input, contract.FeatureCount, mostRows);
        Span<float> x;
        if (input.IsRaw)
        {
            Grow(ref numbers, rows * contract.FeatureCount, keep: 0);
            x = numbers.AsSpan(0, rows * contract.FeatureCount);
            ReadRaw(input, x);
        }
        else
        {
            if (input.Count != input.Elements)
            {
                throw new RequestRefusedException($"the input '{Input}' has {input.Elements} elements by its shape, and {input.Count} in its data.");
            }

            x = numbers.AsSpan(input.First, input.Count);
        }

        for (int i = 0; i < x.Length; i++)
        {
            if (!float.IsFinite(x[i]))
            {
                throw new RequestRefusedException($"the input '{Input}' holds {x[i]} in row {i / contract.FeatureCount}, feature {i % contract.FeatureCount}; it must be finite.");
            }
        }

        return x;
    }

    private static int CheckedRows(in InputTensor input, int columns, int mostRows)
    {
        long rows = input.Elements / columns;
        if (input.Elements % columns != 0 || (input.Rank > 1 && input.Rows != rows))
        {
            throw new RequestRefusedException($"the input '{InputTensor.Text(input.Name)}' has {input.Elements} elements; its shape is [rows, {columns}].");
        }

        return rows > mostRows
            ? throw new RequestRefusedException($"{rows} rows are more than the limit of {mostRows}; send them in several requests.", StatusCodes.Status413PayloadTooLarge)
            : (int)rows;
    }

    /// <summary>The features of rows by column: one tensor for each, or one of all.</summary>
    private Span<float> EncodeColumns(ModelContract contract, int mostRows)
    {
        int width = contract.Columns.Count;
        bool together = inputCount == 1 && inputs[0].Name.Span.SequenceEqual("rows"u8);
        if (!together && inputCount != width)
        {
            throw new RequestRefusedException($"the model takes an input for each column ({string.Join(", ", contract.Columns)}), or one BYTES tensor '{Rows}' of shape [rows, {width}]; the request has {Listed()}.");
        }

        for (int i = 0; i < inputCount; i++)
        {
            if (inputs[i].IsRaw)
            {
                ReadRawTexts(ref inputs[i]);
            }

            if (inputs[i].Count != inputs[i].Elements)
            {
                throw new RequestRefusedException($"the input '{InputTensor.Text(inputs[i].Name)}' has {inputs[i].Elements} elements by its shape, and {inputs[i].Count} in its data.");
            }
        }

        int rows = together ? CheckedRows(inputs[0], width, mostRows) : CheckedRows(inputs[0], 1, mostRows);
        Span<int> first = width <= 256 ? stackalloc int[width] : new int[width];
        for (int c = 0; c < width; c++)
        {
            first[c] = together ? inputs[0].First + c : Column(contract.Columns[c], rows);
        }

        Grow(ref features, checked(rows * contract.FeatureCount), keep: 0);
        fields = fields.Length == width ? fields : new string?[width];
        for (int row = 0; row < rows; row++)
        {
            for (int c = 0; c < width; c++)
            {
                fields[c] = texts[first[c] + (row * (together ? width : 1))];
            }

            try
            {
                contract.Encode(fields, features.AsSpan(row * contract.FeatureCount, contract.FeatureCount));
            }
            catch (DataFormatException exception)
            {
                throw new RequestRefusedException($"row {row}: {exception.Message}");
            }
        }

        return features.AsSpan(0, rows * contract.FeatureCount);
    }

    private int Column(string name, int rows)
    {
        for (int i = 0; i < inputCount; i++)
        {
            if (InputTensor.Text(inputs[i].Name) == name)
            {
                return inputs[i].Count == rows ? inputs[i].First : throw new RequestRefusedException($"the input '{name}' has {inputs[i].Count} rows, and the first one {rows}.");
            }
        }

        throw new RequestRefusedException($"there is no input for the column '{name}'; the request has {Listed()}.");
    }

    private string Listed() => inputCount == 0 ? "none" : string.Join(", ", inputs.Take(inputCount).Select(input => $"'{InputTensor.Text(input.Name)}'"));

    private static void ReadRaw(in InputTensor input, Span<float> x)
    {
        ReadOnlySpan<byte> raw = input.Raw.Span;
        int size = input.Type.Size();
        if (size == 0 || raw.Length != (long)size * x.Length)
        {
            throw new RequestRefusedException(size == 0
                ? $"the input '{Input}' takes numbers, not BYTES."
                : $"the input '{Input}' has {x.Length} elements of {size} bytes by its shape, and {raw.Length} bytes of data.");
        }

        if (input.Type == TensorType.Fp32 && BitConverter.IsLittleEndian)
        {
            raw.CopyTo(MemoryMarshal.AsBytes(x));
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (float)Element(input.Type, raw.Slice(i * size, size));
        }
    }

    private static double Element(TensorType type, ReadOnlySpan<byte> raw) => type switch
    {
        TensorType.Bool => raw[0] != 0 ? 1 : 0,
        TensorType.UInt8 => raw[0],
        TensorType.Int8 => (sbyte)raw[0],
        TensorType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(raw),
        TensorType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(raw),
        TensorType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(raw),
        TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(raw),
        TensorType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(raw),
        TensorType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(raw),
        TensorType.Fp16 => (double)BinaryPrimitives.ReadHalfLittleEndian(raw),
        TensorType.Bf16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(raw) << 16),
        TensorType.Fp32 => BinaryPrimitives.ReadSingleLittleEndian(raw),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(raw),
    };

    private void ReadRawTexts(ref InputTensor input)
    {
        ReadOnlySpan<byte> raw = input.Raw.Span;
        int size = input.Type.Size();
        input.First = texts.Count;
        while (!raw.IsEmpty)
        {
            int length = size > 0 ? size : raw.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(raw);
            raw = size > 0 || length < 0 ? raw : raw[4..];
            if (length < 0 || length > raw.Length)
            {
                throw new RequestRefusedException($"the binary data of the input '{InputTensor.Text(input.Name)}' end within an element.");
            }

            // NaN is how numbers say that a value is missing.
            double number = size > 0 ? Element(input.Type, raw[..size]) : 0;
            texts.Add(size == 0 ? Encoding.UTF8.GetString(raw[..length])
                : double.IsNaN(number) ? null
                : input.Type == TensorType.Fp32 ? ((float)number).ToString("R", CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture));
            raw = raw[length..];
        }

        input.Count = texts.Count - input.First;
    }

    private static void Grow(ref float[] values, int length, int keep)
    {
        if (values.Length < length)
        {
            float[] grown = new float[Math.Max(length, (int)Math.Min(2L * values.Length, Array.MaxLength))];
            values.AsSpan(0, keep).CopyTo(grown);
            values = grown;
        }
    }

    private Span<byte> Room(int length)
    {
        if (answer.Length - answerLength < length)
        {
            Array.Resize(ref answer, (int)Math.Min(Math.Max(2L * answer.Length, (long)answerLength + length), Array.MaxLength));
        }

        return answer.AsSpan(answerLength);
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        answerLength += text.Length;
    }

    private void WriteInteger(long value)
    {
        value.TryFormat(Room(20), out int written, default, CultureInfo.InvariantCulture);
        answerLength += written;
    }

    private void WriteBinarySize(long size)
    {
        Write(",\"parameters\":{\"binary_data_size\":"u8);
        WriteInteger(size);
        Write("}"u8);
    }

    private void WriteFloats(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> room = Room(24);
            int comma = i > 0 ? 1 : 0;
            room[0] = (byte)',';
            values[i].TryFormat(room[comma..], out int written, default, CultureInfo.InvariantCulture);
            answerLength += written + comma;
        }
    }

    private void WriteRaw(ReadOnlySpan<float> values)
    {
        Span<byte> room = Room(4 * values.Length);
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(room);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(room[(4 * i)..], values[i]);
            }
        }

        answerLength += 4 * values.Length;
    }
}
