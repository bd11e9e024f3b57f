using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>How much each class counts: given, or so that all count alike.</summary>
/// <param name="Text">The spelling that the user chose.</param>
/// <param name="Given">A weight for each class; null for a balance.</param>
internal sealed record ClassWeighting(string Text, float[]? Given)
{
    public const string Balanced = "balanced";

    public static bool TryParse(string text, out ClassWeighting value)
    {
        value = new ClassWeighting(text, null);
        if (text == Balanced)
        {
            return true;
        }

        string[] parts = text.Split(',');
        float[] weights = new float[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out weights[i]) || !float.IsFinite(weights[i]) || weights[i] < 0)
            {
                return false;
            }
        }

        value = new ClassWeighting(text, weights);
        return weights.Sum() > 0;
    }

    /// <summary>A weight for each class: of a balance rows / (classes x rows of the class), so that their mean over the rows is 1; 0 for a class without rows.</summary>
    public float[] For(IReadOnlyList<long> rowsOfClasses)
    {
        double rows = rowsOfClasses.Sum();
        return Given ?? [.. rowsOfClasses.Select(count => count == 0 ? 0 : (float)(rows / (rowsOfClasses.Count * (double)count)))];
    }
}
