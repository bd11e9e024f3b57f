using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>Makes options whose value is checked while the command line is parsed, so that a bad one is bad usage.</summary>
internal static class Options
{
    public delegate bool TryParse<T>(string text, out T value);

    /// <param name="name">The option with its dashes.</param>
    /// <param name="valueName">The placeholder in help.</param>
    /// <param name="description">What it does and its default.</param>
    /// <param name="wanted">What a value must be, for the message about one that is not.</param>
    /// <param name="tryParse">Reads one value.</param>
    public static Option<T?> Value<T>(string name, string valueName, string description, string wanted, TryParse<T> tryParse)
        where T : class => new(name)
        {
            HelpName = valueName,
            Description = description,
            CustomParser = result => Parse(result, name, wanted, tryParse, out T? value) ? value : null,
        };

    /// <summary>The same for a value type; null where the option is not given.</summary>
    public static Option<T?> Number<T>(string name, string valueName, string description, string wanted, TryParse<T> tryParse)
        where T : struct => new(name)
        {
            HelpName = valueName,
            Description = description,
            CustomParser = result => Parse(result, name, wanted, tryParse, out T value) ? value : null,
        };

    public static Option<int?> Integer(string name, string description, int least) =>
        Number(name, "N", description, string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}"), (string text, out int value) => Integer(text, least, out value));

    public static Option<float?> Real(string name, string description, string wanted, Predicate<float> accepts) =>
        Number(name, "X", description, wanted, (string text, out float value) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value) && accepts(value));

    public static bool Integer(string text, int least, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least;

    private static bool Parse<T>(ArgumentResult result, string name, string wanted, TryParse<T> tryParse, out T value)
    {
        string text = result.Tokens[0].Value;
        if (tryParse(text, out value))
        {
            return true;
        }

        result.AddError($"{name} '{text}' is not {wanted}.");
        return false;
    }
}
