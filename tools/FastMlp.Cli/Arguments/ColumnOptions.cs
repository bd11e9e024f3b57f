using System.CommandLine;
using FastMlp.Data;

namespace FastMlp.Cli.Arguments;

/// <summary>The options that say how a CSV file is read: its text, gaps, what columns hold, columns to leave out.</summary>
internal sealed class ColumnOptions
{
    private const string Ways = "error, mean, median, indicator or constant:VALUE";

    private readonly Option<string[]> missing = new("--missing")
    {
        HelpName = "WAY or COLUMN=WAY",
        Description = $"What stands in for a missing value: {Ways}; again for single columns, such as --missing age=median [default: error]",
    };

    private readonly Option<string[]> tokens = new("--missing-text")
    {
        HelpName = "TEXT",
        Description = $"A text that stands for a missing value, beside an empty field; may be repeated [default: {string.Join(' ', new CsvOptions().MissingTokens)}]",
    };

    private readonly Option<string[]> categorical = new("--categorical")
    {
        HelpName = "COLUMN,...",
        Description = "Columns to take as categories though they hold numbers: --columns in short",
    };

    private readonly Option<string[]> ignore = new("--ignore") { HelpName = "COLUMN,...", Description = "Columns to leave out" };

    private readonly Option<int?> maxCategories = Options.Integer("--max-categories", "Different texts that a column of categories may have; more are hashed [default: 1000]", least: 1);

    private readonly Option<string[]> kinds = new("--columns")
    {
        HelpName = "NAME:KIND,...",
        Description = "What single columns hold: number, category, boolean, date (date:dmy, date:mdy), text or id [default: decided from all their training values]",
    };

    private readonly Option<string[]> ids = new("--ids") { HelpName = "COLUMN,...", Description = "Columns that name or number the row, to leave out" };

    private readonly TextOptions text = new();

    private readonly Option<int?> rare = Options.Integer("--rare", "Count texts of fewer than N training rows among the others [default: 1, which keeps all]", least: 1);

    public IReadOnlyList<Option> All => [missing, tokens, kinds, categorical, ignore, ids, maxCategories, rare, .. text.All];

    public CsvOptions Read(ParseResult parsed, string? target, DataTask? task)
    {
        CsvOptions defaults = text.Read(parsed);
        (Missing all, Dictionary<string, Missing> single) = ReadMissing(parsed.GetValue(missing) ?? []);
        return defaults with
        {
            Target = target,
            Task = task,
            Missing = all,
            MissingIn = single,
            MissingTokens = parsed.GetValue(tokens) is { Length: > 0 } given ? given : defaults.MissingTokens,
            Categorical = Names(parsed.GetValue(categorical)),
            Kinds = ReadKinds(Names(parsed.GetValue(kinds))),
            Ignore = Names(parsed.GetValue(ignore)),
            Ids = Names(parsed.GetValue(ids)),
            MaxCategories = parsed.GetValue(maxCategories) ?? defaults.MaxCategories,
            RareBelow = parsed.GetValue(rare) ?? defaults.RareBelow,
        };
    }

    /// <summary>The first colon behind which a kind stands parts it from the name.</summary>
    private static Dictionary<string, string> ReadKinds(string[] given)
    {
        Dictionary<string, string> read = [];
        foreach (string text in given)
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            while (colon >= 0 && !TableOptions.IsKind(text[(colon + 1)..]))
            {
                colon = text.IndexOf(':', colon + 1);
            }

            read[colon > 0 ? text[..colon] : throw new UsageException($"--columns '{text}' is not a column with its kind, such as when:date; the kinds are number, category, boolean, date, date:dmy, date:mdy, text and id.")] = text[(colon + 1)..];
        }

        return read;
    }

    /// <summary>The names of lists with commas, one after the other.</summary>
    internal static string[] Names(string[]? given) => [.. (given ?? []).SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>A column's name may hold an equals sign and a way may not, but for the value of a constant: the first split that gives a way counts.</summary>
    private static (Missing All, Dictionary<string, Missing> Single) ReadMissing(string[] given)
    {
        Missing all = Missing.Error;
        Dictionary<string, Missing> single = [];
        foreach (string text in given)
        {
            if (Missing.TryParse(text, out Missing way))
            {
                all = way;
                continue;
            }

            int equals = text.IndexOf('=', StringComparison.Ordinal);
            while (equals >= 0 && !Missing.TryParse(text[(equals + 1)..], out way))
            {
                equals = text.IndexOf('=', equals + 1);
            }

            if (equals <= 0)
            {
                throw new UsageException($"--missing '{text}' is not {Ways}, nor a column with one of them after an equals sign.");
            }

            single[text[..equals]] = way;
        }

        return (all, single);
    }
}
