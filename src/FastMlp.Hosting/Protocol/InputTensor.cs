namespace FastMlp.Hosting.Protocol;

/// <summary>An input of a request: its description, and where its elements are.</summary>
internal struct InputTensor
{
    public ReadOnlyMemory<byte> Name;
    public TensorType Type;

    /// <summary>Dimensions of the shape; -1 where none was given.</summary>
    public int Rank;

    /// <summary>The first dimension, and the product of all.</summary>
    public long Rows, Elements;

    /// <summary>The elements as they travel in binary form; empty where they came one by one.</summary>
    public ReadOnlyMemory<byte> Raw;

    /// <summary>Whether they are in <see cref="Raw"/>.</summary>
    public bool IsRaw;

    /// <summary>Else the place of the first one among the numbers or texts of the request, and their number.</summary>
    public int First, Count;

    public void Dimension(long size)
    {
        if (size < 0)
        {
            throw new RequestRefusedException($"the input '{Text(Name)}' has the dimension {size}; the shape of a request has no open dimension.");
        }

        Rows = Rank == 0 ? size : Rows;
        Rank++;
        Elements = checked(Elements * size);
    }

    public static string Text(ReadOnlyMemory<byte> name) => System.Text.Encoding.UTF8.GetString(name.Span);
}
