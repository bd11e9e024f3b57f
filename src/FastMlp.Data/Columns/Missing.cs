using System.Globalization;

namespace FastMlp.Data;

/// <summary>What stands in for a value that a file does not have. What it takes from data, it takes from the training rows.</summary>
/// <remarks>
/// In a column of categories the mean is the share of each category (the mean of its features), the median the most frequent
/// category, and a constant a category by its text.
/// </remarks>
public readonly record struct Missing
{
    private Missing(MissingKind kind, string? value = null)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>A missing value is refused; the default.</summary>
    public static Missing Error => default;

    /// <summary>The mean of the values that are there.</summary>
    public static Missing Mean { get; } = new(MissingKind.Mean);

    /// <summary>The median of the values that are there: of an even number, the mean of the middle two.</summary>
    public static Missing Median { get; } = new(MissingKind.Median);

    /// <summary>The mean, and one more feature that is 1 where the value was missing and 0 elsewhere.</summary>
    public static Missing Indicator { get; } = new(MissingKind.Indicator);

    /// <summary>The way.</summary>
    public MissingKind Kind { get; }

    /// <summary>The value of <see cref="Constant(string)"/> as text; null for the other ways.</summary>
    public string? Value { get; }

    /// <summary>A finite number.</summary>
    public static Missing Constant(float value) => float.IsFinite(value)
        ? Constant(value.ToString("R", CultureInfo.InvariantCulture))
        : throw new ArgumentOutOfRangeException(nameof(value), value, "What stands in for a missing value is a finite number.");

    /// <summary>A number as text, or a category.</summary>
    public static Missing Constant(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        return new Missing(MissingKind.Constant, value);
    }

    /// <summary>Reads <c>error</c>, <c>mean</c>, <c>median</c>, <c>indicator</c> or <c>constant:VALUE</c>.</summary>
    public static bool TryParse(string? text, out Missing missing)
    {
        const string Prefix = "constant:";
        Missing? parsed = text switch
        {
            "error" => Error,
            "mean" => Mean,
            "median" => Median,
            "indicator" => Indicator,
            not null when text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length > Prefix.Length => Constant(text[Prefix.Length..]),
            _ => null,
        };
        missing = parsed ?? default;
        return parsed is not null;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Kind switch
    {
        MissingKind.Constant => $"constant:{Value}",
        MissingKind.Mean => "mean",
        MissingKind.Median => "median",
        MissingKind.Indicator => "indicator",
        _ => "error",
    };
}
