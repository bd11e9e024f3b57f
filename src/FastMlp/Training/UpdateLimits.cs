namespace FastMlp.Training;

/// <summary>What is done to gradients before, and to weights after, the optimizer's formula. 0 turns a limit off.</summary>
internal readonly record struct UpdateLimits
{
    public UpdateLimits(float clipValue, float clipNorm, float l1, float maxNorm)
    {
        ClipValue = Checked(clipValue, "ClipValue");
        ClipNorm = Checked(clipNorm, "ClipNorm");
        L1 = Checked(l1, "L1");
        MaxNorm = Checked(maxNorm, "MaxNorm");
    }

    public float ClipValue { get; }

    public float ClipNorm { get; }

    public float L1 { get; }

    public float MaxNorm { get; }

    /// <summary>Whether the gradient is changed on its way to the formula, and so must be whole before the first update.</summary>
    public bool ShapeGradients => ClipValue > 0 || ClipNorm > 0 || L1 > 0;

    private static float Checked(float value, string name) => value >= 0 && float.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a finite number of at least 0; 0 turns it off.");
}
