namespace FastMlp.Onnx.Import;

/// <summary>
/// Bounds the numbers that an import makes and the file does not hold: an activation at the end without a product before it takes a
/// layer of width x width, so that a few bytes could ask for any amount of memory.
/// </summary>
internal sealed class WeightBudget(TensorReader tensors)
{
    // Enough for an activation on 1,024 inputs without a weight, in any file.
    private const long Free = 1 << 20;

    // A network whose hidden layers all need such a layer, as ReLU6 does, has about as many weights of its own.
    private const long PerStored = 4;

    // What may come to be a layer is counted, but not all becomes one.
    private const long Provisional = 4;

    // Multiplications of the importer's own maps into weights, about two seconds of work; beyond, they stay layers.
    private const double MostProducts = 1L << 30;

    private long planned;
    private long made;
    private double products;

    private long Most => Free + (PerStored * tensors.ElementsRead);

    /// <summary>Called where numbers may come to be: a layer, a folded constant.</summary>
    public void Consider(string node, long rows, long columns)
    {
        planned += Checked(node, rows, columns, Most);
        Checked(node, 1, planned, Provisional * Most);
    }

    /// <summary>Called where a layer is made of weights that are not the file's.</summary>
    public void Take(string node, long rows, long columns)
    {
        made += Checked(node, rows, columns, Most);
        Checked(node, 1, made, Most);
    }

    /// <summary>Whether a product of this size may be worked out.</summary>
    public bool Affords(double rows, double middle, double columns)
    {
        if (products + (rows * middle * columns) > MostProducts || rows * columns > Most)
        {
            return false;
        }

        products += rows * middle * columns;
        return true;
    }

    private static long Checked(string node, long rows, long columns, long most) => rows * columns <= most
        ? rows * columns
        : throw new ModelFormatException($"{node} leads to {rows} x {columns} numbers that the file does not hold; {most} are made for this file.");
}
