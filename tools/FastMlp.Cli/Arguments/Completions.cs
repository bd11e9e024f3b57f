using System.CommandLine;
using FastMlp.Data;

namespace FastMlp.Cli.Arguments;

/// <summary>What the shell may offer where a value is wanted; see <see cref="CompletionCommand"/>.</summary>
internal static class Completions
{
    public static void Offers<T>(this Option<T> option, params string[] values)
    {
        option.CompletionSources.Clear(); // an enumeration would offer its C# names
        option.CompletionSources.Add(values);
    }

    /// <summary>The names of the built-in data sets; the shell adds its files.</summary>
    public static void OffersDataSets(this Argument argument)
    {
        argument.CompletionSources.Clear();
        argument.CompletionSources.Add([.. BuiltInDatasets.Names]);
    }
}
