namespace FastMlp.Onnx.Import;

/// <summary>
/// Bounds the weights that an import makes and the file does not hold: an activation or a scaling without a product before it
/// takes a layer of width x width, so that a few bytes could ask for any amount of memory.
/// </summary>
internal sealed class WeightBudget(TensorReader tensors)
{
    // Enough for an activation on 1,024 inputs without a weight, in any file.
    private const long Free = 1 << 20;

    // A network whose hidden layers all need such a layer, as ReLU6 does, has about as many weights of its own.
    private const long PerStored = 4;

    // Stages that a part of an activation passes through are counted, but not all become layers.
    private const long Provisional = 4;

    private long planned;
    private long made;

    private long Most => Free + (PerStored * tensors.ElementsRead);

    /// <summary>Called where a layer may come to be.</summary>
    public void Consider(string node, long rows, long columns)
    {
        planned += Checked(node, rows, columns, Most);
        Checked(node, 1, planned, Provisional * Most);
    }

    /// <summary>Called where a layer is made.</summary>
    public void Take(string node, long rows, long columns)
    {
        made += Checked(node, rows, columns, Most);
        Checked(node, 1, made, Most);
    }

    private static long Checked(string node, long rows, long columns, long most) => rows * columns <= most
        ? rows * columns
        : throw new ModelFormatException($"{node} leads to {rows} x {columns} weights that the file does not hold; {most} are made for this file.");
}
