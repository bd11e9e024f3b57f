using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>A name with constants after a colon: <c>step:10,0.5</c>.</summary>
internal static class ConstantList
{
    public static bool TryParse(string text, out string name, out double[] constants)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        name = colon < 0 ? text : text[..colon];
        string[] parts = colon < 0 ? [] : text[(colon + 1)..].Split(',');
        constants = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out constants[i]) || !double.IsFinite(constants[i]))
            {
                return false;
            }
        }

        return true;
    }
}
