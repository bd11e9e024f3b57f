using System.Globalization;

namespace FastMlp.Interop.Chains;

/// <summary>A tensor of a file by its name, widened to float32.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Values">Row-major; empty for integers, which no layer holds.</param>
internal sealed record StoredTensor(string Name, int[] Shape, float[] Values)
{
    public string ShapeText => $"[{string.Join(", ", Shape.Select(size => size.ToString(CultureInfo.InvariantCulture)))}]";
}
