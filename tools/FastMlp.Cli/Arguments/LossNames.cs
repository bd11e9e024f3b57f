namespace FastMlp.Cli.Arguments;

/// <summary>Reads a loss: <c>cross-entropy</c> for classes, the others for values.</summary>
internal static class LossNames
{
    public const string Known = "cross-entropy, quadratic, mean-squared-error, mean-absolute-error, huber[:delta]";

    public static bool TryParse(string text, out Named<Loss> loss)
    {
        Loss? parsed = !ConstantList.TryParse(text, out string name, out double[] c) ? null : (name, c) switch
        {
            ("cross-entropy", []) => Loss.CrossEntropy,
            ("quadratic", []) => Loss.Quadratic,
            ("mean-squared-error", []) => Loss.MeanSquaredError,
            ("mean-absolute-error", []) => Loss.MeanAbsoluteError,
            ("huber", []) => Loss.Huber(),
            ("huber", [> 0]) => Loss.Huber((float)c[0]),
            _ => null,
        };
        loss = new Named<Loss>(text, parsed ?? default);
        return parsed is not null;
    }
}
