using System.Text.Json;

namespace FastMlp.Hosting.Protocol;

/// <summary>
/// Reads JSON from front to back. Utf8JsonReader would make a token of every number, at more than the cost of reading it; this one reads an array of numbers in one call.
/// What it accepts is JSON and nothing else.
/// </summary>
internal ref struct JsonCursor
{
    private const int MostDepth = 64;

    private readonly ReadOnlySpan<byte> text;
    private int at;

    public JsonCursor(ReadOnlySpan<byte> text)
    {
        this.text = text;
        at = 0;
    }

    /// <summary>Where the next byte stands.</summary>
    public readonly int Place => at;

    /// <summary>The next byte that is no space, without taking it; 0 at the end.</summary>
    public byte Peek()
    {
        while ((uint)at < (uint)text.Length)
        {
            byte c = text[at];
            if (c is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return c;
            }

            at++;
        }

        return 0;
    }

    public void Expect(char wanted)
    {
        if (Peek() != wanted)
        {
            throw Refuse($"'{wanted}' was expected");
        }

        at++;
    }

    /// <summary>Goes to the next member of an object or element of an array: true at one, false behind the closing bracket.</summary>
    /// <param name="open">The opening bracket was taken just now.</param>
    /// <param name="close">The closing bracket.</param>
    public bool Next(ref bool open, char close)
    {
        byte c = Peek();
        if (c == close)
        {
            at++;
            return false;
        }

        if (!open)
        {
            Expect(',');
            if (Peek() == close)
            {
                throw Refuse("a value was expected behind the comma");
            }
        }

        open = false;
        return true;
    }

    /// <summary>The name of a member, with the colon behind it.</summary>
    public ReadOnlySpan<byte> Name()
    {
        (int start, int length) = String(out bool escaped);
        Expect(':');
        return escaped ? Unescaped(start, length) : text.Slice(start, length);
    }

    /// <summary>A string's place, without its quotes.</summary>
    public (int Start, int Length) String(out bool escaped)
    {
        Expect('"');
        int start = at;
        escaped = false;
        while (true)
        {
            int special = text[at..].IndexOfAnyInRange((byte)0, (byte)0x1F);
            int end = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (end < 0 || (special >= 0 && special < end))
            {
                throw Refuse(end < 0 ? "the string has no end" : "a control character stands in a string");
            }

            at += end + 1;
            if (text[at - 1] == '"')
            {
                return (start, at - 1 - start);
            }

            escaped = true;
            if (at < text.Length)
            {
                // An escaped quote does not end the string; what else stands here, Unescaped judges.
                at++;
            }
        }
    }

    /// <summary>The same, as it is meant.</summary>
    public string StringValue()
    {
        (int start, int length) = String(out _);
        return Meant(start, length);
    }

    public long Integer()
    {
        Peek();
        if (!System.Buffers.Text.Utf8Parser.TryParse(text[at..], out long value, out int taken) || (taken < text.Length - at && text[at + taken] is (byte)'.' or (byte)'e' or (byte)'E'))
        {
            throw Refuse("a whole number was expected");
        }

        at += taken;
        return value;
    }

    public bool Boolean()
    {
        if (TryWord("true"u8))
        {
            return true;
        }

        return TryWord("false"u8) ? false : throw Refuse("true or false was expected");
    }

    /// <summary>Appends the numbers of an array, nested or flat, in their order.</summary>
    /// <returns>How many there were.</returns>
    public int Numbers(ref float[] values, int first)
    {
        int count = first, depth = 1;
        Expect('[');
        bool wanted = true, empty = true;
        while (depth > 0)
        {
            byte c = Peek();
            if (wanted && c == '[')
            {
                at++;
                empty = true;
                if (++depth > MostDepth)
                {
                    throw Refuse("the arrays are nested too deeply");
                }
            }
            else if (c == ']' && (!wanted || empty))
            {
                at++;
                depth--;
                (wanted, empty) = (false, false);
            }
            else if (!wanted)
            {
                Expect(',');
                (wanted, empty) = (true, false);
            }
            else
            {
                if (!JsonNumber.TryRead(text, ref at, out float value))
                {
                    // The names that the protocol has for truth values.
                    value = TryWord("true"u8) ? 1 : TryWord("false"u8) ? 0 : throw Refuse("a number was expected");
                }

                if (float.IsInfinity(value))
                {
                    throw Refuse("the number is beyond the range of float32");
                }

                if (count == values.Length)
                {
                    Array.Resize(ref values, Math.Max(2 * values.Length, 256));
                }

                values[count++] = value;
                (wanted, empty) = (false, false);
            }
        }

        return count - first;
    }

    /// <summary>Appends the elements of an array, nested or flat, as texts: strings as they are meant, numbers as they stand, null as a missing value.</summary>
    public int Texts(List<string?> values)
    {
        int before = values.Count, depth = 1;
        Expect('[');
        bool wanted = true, empty = true;
        while (depth > 0)
        {
            byte c = Peek();
            if (wanted && c == '[')
            {
                at++;
                empty = true;
                if (++depth > MostDepth)
                {
                    throw Refuse("the arrays are nested too deeply");
                }
            }
            else if (c == ']' && (!wanted || empty))
            {
                at++;
                depth--;
                (wanted, empty) = (false, false);
            }
            else if (!wanted)
            {
                Expect(',');
                (wanted, empty) = (true, false);
            }
            else
            {
                int start = at;
                values.Add(c == '"' ? StringValue()
                    : TryWord("null"u8) ? null
                    : TryWord("true"u8) ? "true"
                    : TryWord("false"u8) ? "false"
                    : JsonNumber.TryRead(text, ref at, out _) ? System.Text.Encoding.ASCII.GetString(text[start..at])
                    : throw Refuse("a string, a number, true, false or null was expected"));
                (wanted, empty) = (false, false);
            }
        }

        return values.Count - before;
    }

    /// <summary>Passes over a value of any kind.</summary>
    public void Skip()
    {
        Peek();
        Utf8JsonReader reader = new(text[at..], isFinalBlock: true, new JsonReaderState(new JsonReaderOptions { MaxDepth = MostDepth, AllowMultipleValues = true }));
        try
        {
            reader.Read();
            reader.Skip();
        }
        catch (JsonException)
        {
            throw Refuse("a value was expected");
        }

        at += (int)reader.BytesConsumed;
    }

    /// <summary>Nothing but space is left.</summary>
    public void End()
    {
        if (Peek() != 0 || at < text.Length)
        {
            throw Refuse("nothing was expected behind the object");
        }
    }

    public readonly RequestRefusedException Refuse(string problem) => new($"the JSON is wrong at byte {at}: {problem}");

    /// <summary>The text that a string of the JSON stands for; the place and length are those of <see cref="String"/>.</summary>
    public readonly string Meant(int start, int length)
    {
        Utf8JsonReader reader = new(text.Slice(start - 1, length + 2));
        try
        {
            reader.Read();
            return reader.GetString()!;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Refuse("the string has an escape that JSON does not know");
        }
    }

    private readonly byte[] Unescaped(int start, int length) => System.Text.Encoding.UTF8.GetBytes(Meant(start, length));

    private bool TryWord(ReadOnlySpan<byte> word)
    {
        Peek();
        bool found = text[at..].StartsWith(word);
        at += found ? word.Length : 0;
        return found;
    }
}
