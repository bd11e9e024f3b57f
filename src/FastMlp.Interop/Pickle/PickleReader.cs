using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FastMlp.Interop.Pickle;

/// <summary>
/// Reads a pickle as data. Python's reader imports and calls what the bytes name; this one keeps the names and the arguments, and calls nothing, so
/// that no file can do anything but be refused. Functions that a model has no use for are refused by name all the same.
/// </summary>
/// <remarks>Opcodes of protocols 2 to 5 as the pickle module writes them; see the comments of Python's pickletools for what each does.</remarks>
internal ref struct PickleReader
{
    /// <summary>Values on the stack or in the memo: each takes some 50 bytes, and a network of 2,000 layers has some 100,000.</summary>
    private const int MaxValues = 4_000_000;

    private readonly ReadOnlySpan<byte> bytes;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<int, object?> memo = [];
    private int position;
    private int made;

    private PickleReader(ReadOnlySpan<byte> bytes, int position)
    {
        this.bytes = bytes;
        this.position = position;
    }

    /// <summary>One pickle of those that follow each other; <paramref name="position"/> moves behind it.</summary>
    /// <exception cref="ModelFormatException">It is torn, or asks for something that a model does not need.</exception>
    public static object? Read(ReadOnlySpan<byte> bytes, ref int position)
    {
        PickleReader reader = new(bytes, position);
        object? value = reader.Read();
        position = reader.position;
        return value;
    }

    private object? Read()
    {
        while (true)
        {
            int at = position;
            byte opcode = Byte();
            switch (opcode)
            {
                case 0x80: // PROTO
                    byte protocol = Byte();
                    if (protocol is < 2 or > 5)
                    {
                        throw Bad(at, $"it is of protocol {protocol}; 2 to 5 are read");
                    }

                    break;
                case 0x95: // FRAME
                    Take(8);
                    break;
                case (byte)'.':
                    return Pop();
                case (byte)'(':
                    marks.Push(stack.Count);
                    break;
                case (byte)'0':
                    Pop();
                    break;
                case (byte)'1': // POP_MARK
                    ToMark();
                    break;
                case (byte)'2': // DUP
                    Push(Peek());
                    break;
                case (byte)'N':
                    Push(null);
                    break;
                case 0x88:
                    Push(true);
                    break;
                case 0x89:
                    Push(false);
                    break;
                case (byte)'K':
                    Push((long)Byte());
                    break;
                case (byte)'M':
                    Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                    break;
                case (byte)'J':
                    Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                    break;
                case 0x8A: // LONG1
                    // Beyond 64 bits (the magic number of the old format) it stays what it is; nothing asks for it.
                    ReadOnlySpan<byte> digits = Take(Byte());
                    if (digits.Length <= sizeof(long))
                    {
                        Push((long)new BigInteger(digits));
                    }
                    else
                    {
                        Push(new BigInteger(digits));
                    }

                    break;
                case (byte)'G':
                    Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                    break;
                case (byte)'X':
                    Push(Text(Take(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))));
                    break;
                case 0x8C: // SHORT_BINUNICODE
                    Push(Text(Take(Byte())));
                    break;
                case 0x8D: // BINUNICODE8
                    Push(Text(Take(Length(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))))));
                    break;
                case (byte)'U': // SHORT_BINSTRING
                    Push(Encoding.Latin1.GetString(Take(Byte())));
                    break;
                case (byte)'T': // BINSTRING
                    Push(Encoding.Latin1.GetString(Take(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))));
                    break;
                case (byte)'C': // SHORT_BINBYTES
                    Push(Take(Byte()).ToArray());
                    break;
                case (byte)'B': // BINBYTES
                    Push(Take(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))).ToArray());
                    break;
                case 0x8E: // BINBYTES8
                    Push(Take(Length(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))).ToArray());
                    break;
                case (byte)')':
                    Push(Array.Empty<object?>());
                    break;
                case 0x85: // TUPLE1
                    Push(new[] { Pop() });
                    break;
                case 0x86: // TUPLE2
                    Push(Last(2));
                    break;
                case 0x87: // TUPLE3
                    Push(Last(3));
                    break;
                case (byte)'t':
                    Push(ToMark());
                    break;
                case (byte)']':
                    Push(new List<object?>());
                    break;
                case (byte)'l': // LIST
                    Push(new List<object?>(ToMark()));
                    break;
                case 0x8F: // EMPTY_SET
                    Push(new List<object?>());
                    break;
                case (byte)'a':
                    object? element = Pop();
                    Append([element], at);
                    break;
                case (byte)'e' or 0x90: // APPENDS, ADDITEMS
                    object?[] elements = ToMark();
                    Append(elements, at);
                    break;
                case (byte)'}':
                    Push(new PickleDictionary());
                    break;
                case (byte)'d': // DICT
                    object?[] entries = ToMark();
                    Push(new PickleDictionary());
                    Set(entries, at);
                    break;
                case (byte)'s':
                    Set(Last(2), at);
                    break;
                case (byte)'u':
                    object?[] items = ToMark();
                    Set(items, at);
                    break;
                case (byte)'q': // BINPUT
                    Keep(Byte());
                    break;
                case (byte)'r': // LONG_BINPUT
                    Keep(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), isCount: true));
                    break;
                case 0x94: // MEMOIZE
                    Keep(memo.Count);
                    break;
                case (byte)'h': // BINGET
                    Recall(Byte(), at);
                    break;
                case (byte)'j': // LONG_BINGET
                    Recall(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), isCount: true), at);
                    break;
                case (byte)'c': // GLOBAL
                    string module = Line();
                    Push(new PickleGlobal(module, Line()));
                    break;
                case 0x93: // STACK_GLOBAL
                    Push(Last(2) is [string from, string name] ? new PickleGlobal(from, name) : throw Bad(at, "a name is not a text"));
                    break;
                case (byte)'R': // REDUCE
                    Push(Last(2) is [PickleGlobal function, object?[] arguments] ? new PickleObject(Allowed(function, at), arguments) : throw Bad(at, "a call has no name or no arguments"));
                    break;
                case 0x81: // NEWOBJ
                    Push(Last(2) is [PickleGlobal type, object?[] given] ? new PickleObject(type, given) : throw Bad(at, "an object has no type or no arguments"));
                    break;
                case 0x92: // NEWOBJ_EX
                    Push(Last(3) is [PickleGlobal kind, object?[] values, _] ? new PickleObject(kind, values) : throw Bad(at, "an object has no type or no arguments"));
                    break;
                case (byte)'b': // BUILD
                    object? state = Pop();
                    if (Peek() is PickleObject built)
                    {
                        built.State = state;
                    }

                    break;
                case (byte)'Q': // BINPERSID
                    // The format before 1.6 wraps classes with their source, which is not run.
                    object? id = Pop();
                    Push(id is object?[] and ["module", PickleGlobal wrapped, ..] ? wrapped : new PicklePersistent(id));
                    break;
                default:
                    throw Bad(at, $"opcode 0x{opcode:X2} is none that a model needs");
            }
        }
    }

    /// <summary>What a file of tensors and modules may name as a function. Nothing is called in any case.</summary>
    private static PickleGlobal Allowed(PickleGlobal function, int at)
    {
        bool isAllowed = function.Module is "collections" or "copyreg" or "copy_reg" or "_codecs" or "argparse"
            || function.Module == "torch" || function.Module.StartsWith("torch.", StringComparison.Ordinal)
            || function.Module.StartsWith("numpy", StringComparison.Ordinal)
            || (function.Module is "builtins" or "__builtin__" && function.Name is "set" or "frozenset" or "dict" or "list" or "tuple" or "complex" or "bytearray" or "slice" or "object");
        return isAllowed ? function : throw Bad(at, $"it would call '{function.FullName}', which no model needs, so the file is refused");
    }

    private readonly void Append(ReadOnlySpan<object?> elements, int at)
    {
        switch (Peek())
        {
            case List<object?> list:
                list.AddRange(elements);
                break;
            case PickleObject built:
                built.Elements.AddRange(elements);
                break;
            default:
                throw Bad(at, "it appends to what is no list");
        }
    }

    private readonly void Set(ReadOnlySpan<object?> entries, int at)
    {
        List<KeyValuePair<object, object?>> items = Peek() switch
        {
            PickleDictionary dictionary => dictionary.Items,
            PickleObject built => built.Items,
            _ => throw Bad(at, "it sets entries of what is no dictionary"),
        };
        if (entries.Length % 2 != 0)
        {
            throw Bad(at, "a dictionary has a key without a value");
        }

        for (int i = 0; i < entries.Length; i += 2)
        {
            items.Add(new(entries[i] ?? throw Bad(at, "a key is None"), entries[i + 1]));
        }
    }

    private void Push(object? value)
    {
        if (++made > MaxValues)
        {
            throw Bad(position, $"it makes more than {MaxValues} values");
        }

        stack.Add(value);
    }

    private readonly object? Pop()
    {
        object? value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private readonly object? Peek() =>
        stack.Count > (marks.Count > 0 ? marks.Peek() : 0) ? stack[^1] : throw Bad(position, "it takes a value that is not there");

    private readonly object?[] Last(int count)
    {
        object?[] values = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            values[i] = Pop();
        }

        return values;
    }

    private readonly object?[] ToMark()
    {
        if (marks.Count == 0)
        {
            throw Bad(position, "it goes back to a mark that is not there");
        }

        int mark = marks.Pop();
        object?[] values = [.. stack[mark..]];
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private readonly void Keep(int key) => memo[key] = Peek();

    private void Recall(int key, int at) => Push(memo.TryGetValue(key, out object? value) ? value : throw Bad(at, $"it recalls value {key}, which was not kept"));

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - position)
        {
            throw Bad(position, $"it ends where {count} more bytes should be");
        }

        position += count;
        return bytes.Slice(position - count, count);
    }

    private readonly int Length(ulong length, bool isCount = false) =>
        length <= (ulong)(isCount ? MaxValues : bytes.Length - position) ? (int)length : throw Bad(position, $"a length of {length} is more than there is");

    private string Line()
    {
        int end = bytes[position..].IndexOf((byte)'\n');
        if (end is < 0 or > 1000)
        {
            throw Bad(position, "a name does not end");
        }

        string line = Text(Take(end));
        position++;
        return line;
    }

    private readonly string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (ArgumentException)
        {
            throw Bad(position, "a text is not UTF-8");
        }
    }

    private static ModelFormatException Bad(int position, string what) => new($"The pickle in the file is not that of a model: at byte {position} {what}.");
}
