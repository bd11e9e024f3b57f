namespace FastMlp.Cli.Arguments;

/// <summary>Reads several activations, parted by commas.</summary>
internal static class ActivationList
{
    /// <summary>What stands behind a comma and begins like a number is a further constant of the one before.</summary>
    public static bool TryParse(string text, out Activation[] activations)
    {
        List<string> parts = [];
        foreach (string part in text.Split(','))
        {
            if (parts.Count > 0 && part.Length > 0 && (!char.IsAsciiLetter(part[0]) || part == "learnable"))
            {
                parts[^1] += "," + part;
            }
            else
            {
                parts.Add(part);
            }
        }

        activations = new Activation[parts.Count];
        for (int i = 0; i < activations.Length; i++)
        {
            if (!Activation.TryParse(parts[i], out activations[i]))
            {
                return false;
            }
        }

        return true;
    }
}
