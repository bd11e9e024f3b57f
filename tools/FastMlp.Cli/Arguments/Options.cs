using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;

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
        where T : class
    {
        Option<T?> option = new(name) { HelpName = valueName, Description = description };
        option.CustomParser = result => Parse(result, option, wanted, tryParse, out T? value) ? value : null;
        return option;
    }

    /// <summary>The same for a value type; null where the option is not given.</summary>
    public static Option<T?> Number<T>(string name, string valueName, string description, string wanted, TryParse<T> tryParse)
        where T : struct
    {
        Option<T?> option = new(name) { HelpName = valueName, Description = description };
        option.CustomParser = result => Parse(result, option, wanted, tryParse, out T value) ? value : null;
        return option;
    }

    public static Option<int?> Integer(string name, string description, int least) =>
        Number(name, "N", description, string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}"), (string text, out int value) => Integer(text, least, out value));

    public static Option<float?> Real(string name, string description, string wanted, Predicate<float> accepts) =>
        Number(name, "X", description, wanted, (string text, out float value) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value) && accepts(value));

    /// <summary>A number of at least 0.</summary>
    public static Option<float?> AtLeast0(string name, string description) => Real(name, description, "a number of at least 0", value => value >= 0);

    /// <summary>A number of at least 0 and below 1.</summary>
    public static Option<float?> Below1(string name, string description) => Real(name, description, "a number of at least 0 and below 1", value => value is >= 0 and < 1);

    /// <summary>A share of rows, in double precision: of 0.3 and 1,000 rows that is 300.</summary>
    public static Option<double?> Fraction(string name, string description) =>
        Number(name, "FRACTION", description, "a fraction of at least 0 and below 1", (string text, out double value) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and < 1);

    /// <summary>One of a few words.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
        where T : struct
    {
        string names = string.Join(", ", choices.Select(choice => choice.Name));
        bool isShort = names.Length < 32;
        string placeholder = isShort ? names.Replace(", ", "|", StringComparison.Ordinal) : "NAME";
        description = isShort ? description : description.Replace(" [default", $": {names} [default", StringComparison.Ordinal);
        Option<T?> option = Number(name, placeholder, description, $"one of {names}", (string text, out T value) =>
        {
            int index = Array.FindIndex(choices, choice => choice.Name == text);
            value = index < 0 ? default : choices[index].Value;
            return index >= 0;
        });
        option.Offers([.. choices.Select(choice => choice.Name)]);
        return option;
    }

    public static bool Integer(string text, int least, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least;

    private static bool Parse<T>(ArgumentResult result, Option option, string wanted, TryParse<T> tryParse, out T value)
    {
        string text = result.Tokens[0].Value;
        if (tryParse(text, out value))
        {
            return true;
        }

        string[] words = [.. option.CompletionSources.SelectMany(source => source(CompletionContext.Empty)).Select(one => one.Label)];
        string? near = Spelling.Nearest(text.Split(':')[0], words);
        result.AddError($"{option.Name} '{Text.Shortened(text)}' is not {wanted}.{(near is null ? "" : $" Did you mean {near}?")}");
        return false;
    }
}
