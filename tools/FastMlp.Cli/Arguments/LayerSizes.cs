using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>Reads <c>64,32</c>: the units of the hidden layers in order; <c>none</c> is a network without any.</summary>
internal static class LayerSizes
{
    public static bool TryParse(string text, out int[] sizes)
    {
        sizes = [];
        if (text == "none")
        {
            return true;
        }

        string[] parts = text.Split(',');
        int[] parsed = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out parsed[i]))
            {
                return false;
            }
        }

        sizes = parsed;
        return true;
    }
}
