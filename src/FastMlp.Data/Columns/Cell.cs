namespace FastMlp.Data;

/// <summary>
/// A value of a file before its column is decided, in eight bytes: a number, a missing value, or the code of a text, which stands in the payload of a NaN.
/// </summary>
internal static class Cell
{
    private const long QuietNaN = 0x7ff8_0000_0000_0000;
    private const long Payload = 0x0007_ffff_ffff_ffff;

    /// <summary>A value that is not there.</summary>
    public static double Missing { get; } = BitConverter.Int64BitsToDouble(QuietNaN);

    /// <summary>The text of that code, from 0.</summary>
    public static double Text(int code) => BitConverter.Int64BitsToDouble(QuietNaN | (code + 1L));

    /// <summary>The code of a text; -1 for a missing value.</summary>
    /// <param name="cell">Not a number.</param>
    public static int CodeOf(double cell) => (int)((BitConverter.DoubleToInt64Bits(cell) & Payload) - 1);
}
