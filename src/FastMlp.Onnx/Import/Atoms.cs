namespace FastMlp.Onnx.Import;

/// <summary>What a layer gives: the rows of the network, an activation, a normalization, or a sum that several layers take.</summary>
/// <param name="index">Its place in the order of computation.</param>
/// <param name="argument">What it is computed from; null for the rows of the network.</param>
/// <param name="width">Features.</param>
/// <param name="node">The node that made it, for messages.</param>
internal sealed class Atom(int index, AffineForm? argument, int width, string node)
{
    public int Index { get; } = index;

    public AffineForm? Argument { get; } = argument;

    public int Width { get; } = width;

    public string Node { get; } = node;

    /// <summary>g, of an activation; identity for a sum.</summary>
    public Activation Activation { get; init; }

    /// <summary>Of a layer normalization; 0 for all else.</summary>
    public float Epsilon { get; init; }

    public double[] Gamma { get; init; } = [1];

    public double[] Beta { get; init; } = [0];

    public bool IsNorm => Epsilon > 0;

    /// <summary>Whether no value can be below 0.</summary>
    public bool IsNeverNegative => Activation == Activation.Relu || Activation == Activation.Sigmoid || Activation == Activation.Softmax || Activation == Activation.Softplus;
}

/// <summary>One summand of an affine form: rows Row to Row + Rows get Full source, or the diagonal times source[Column..].</summary>
internal sealed record Block(Atom Source, int Row, int Rows, int Column, double[]? Full, double[] Diagonal)
{
    public bool IsIdentity => Full is null && !Diagonal.AsSpan().ContainsAnyExcept(1);

    /// <summary>With its rows multiplied, one factor for all or for each.</summary>
    public Block Scaled(double[] factors)
    {
        if (!factors.AsSpan().ContainsAnyExcept(1))
        {
            return this;
        }

        double At(int row) => factors[factors.Length == 1 ? 0 : row];
        if (Full is null)
        {
            return this with { Diagonal = Signal.Combine(Diagonal, factors, (a, b) => a * b) };
        }

        int columns = Source.Width;
        double[] scaled = new double[Full.Length];
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] = Full[i] * At(i / columns);
        }

        return this with { Full = scaled };
    }
}

/// <summary>The sum of some blocks and a shift.</summary>
/// <param name="Width">Features.</param>
/// <param name="Blocks">The summands.</param>
/// <param name="Shift">One number for all features or one for each.</param>
/// <param name="IsShifted">Whether a shift was ever added; a layer without one has no bias.</param>
/// <param name="Node">The node that made it, for messages.</param>
/// <param name="IsMade">Whether no weight in it is the file's, so that it may be multiplied into another.</param>
internal sealed record AffineForm(int Width, IReadOnlyList<Block> Blocks, double[] Shift, bool IsShifted, string Node, bool IsMade)
{
    /// <summary>The one atom that this is as it is; null if it is more.</summary>
    public Atom? Plain => Blocks is [{ IsIdentity: true, Row: 0, Column: 0 } block] && block.Rows == Width && block.Source.Width == Width && !Shift.AsSpan().ContainsAnyExcept(0)
        ? block.Source
        : null;

    public static AffineForm Of(Atom atom) => new(atom.Width, [new Block(atom, 0, atom.Width, 0, null, [1])], [0], false, atom.Node, true);

    /// <summary>factor this + addend.</summary>
    public AffineForm Affine(double[] factor, double[] addend, bool shifts)
    {
        double[] moved = Signal.Combine(Shift, factor, (a, b) => a * b);
        return this with
        {
            Blocks = [.. Blocks.Select(block => block.Scaled(factor.Length == 1 ? factor : factor[block.Row..(block.Row + block.Rows)]))],
            Shift = shifts ? Signal.Combine(moved, addend, (a, b) => a + b) : moved,
            IsShifted = IsShifted || shifts,
        };
    }

    /// <summary>Some of the rows.</summary>
    public AffineForm Part(int first, int count)
    {
        List<Block> parts = [];
        foreach (Block block in Blocks)
        {
            int from = Math.Max(first, block.Row);
            int to = Math.Min(first + count, block.Row + block.Rows);
            if (from < to)
            {
                int skipped = from - block.Row;
                parts.Add(block with
                {
                    Row = from - first,
                    Rows = to - from,
                    Column = block.Full is null ? block.Column + skipped : 0,
                    Full = block.Full is null ? null : to - from == block.Rows ? block.Full : block.Full[(skipped * block.Source.Width)..((skipped + to - from) * block.Source.Width)],
                    Diagonal = block.Diagonal.Length == 1 ? block.Diagonal : block.Diagonal[skipped..(skipped + to - from)],
                });
            }
        }

        return this with { Width = count, Blocks = parts, Shift = Shift.Length == 1 ? Shift : Shift[first..(first + count)] };
    }
}
