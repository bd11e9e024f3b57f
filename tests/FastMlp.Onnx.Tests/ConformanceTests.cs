using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>The ONNX project's own cases, and the table of them in docs/onnx.md, which this test writes.</summary>
public partial class ConformanceTests
{
    // A case that passes today and is refused tomorrow must be seen even where the table cannot be compared.
    private const int FewestPassed = 140;

    // Operators that can be read; a case with another one is refused for that.
    private static readonly HashSet<string> supported = [.. Import.Operators.All.Values.Where(entry => entry.Read is not null && entry.Domain.Length == 0).Select(entry => entry.Name), "Constant", "ArgMax"];

    [Fact]
    public void EveryCaseComesOutRightOrIsRefused()
    {
        Assert.SkipUnless(Directory.Exists(Sources.TestData), $"The ONNX project's test cases are not here (Debian: libonnx-testdata; tools/install-interop.sh installs it): {Sources.TestData}");
        Verdict[] verdicts = [.. Conformance.Run()];
        string[] failed = [.. verdicts.Where(verdict => !verdict.Passed && !verdict.Refused).Select(verdict => $"{verdict.Suite}/{verdict.Case}: {verdict.Reason}")];
        Assert.True(failed.Length == 0, string.Join("\n", failed));
        Assert.InRange(verdicts.Count(verdict => verdict.Passed), FewestPassed, verdicts.Length);

        string table = Table(verdicts);
        if (DocumentedTable.IsAccepted)
        {
            DocumentedTable.Write("conformance", table);
            return;
        }

        Assert.True(table == DocumentedTable.Read("conformance"), $"The table of docs/onnx.md is not what the cases give now. If that is meant: {DocumentedTable.AcceptVariable}=1 dotnet test -c Release tests/FastMlp.Onnx.Tests, and commit the page.");
    }

    private static string Table(Verdict[] verdicts)
    {
        Verdict[] relevant = [.. verdicts.Where(IsRelevant)];
        StringBuilder text = new();
        string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
        text.Append("| cases | all | of supported operators | passed | refused |\n|---|---|---|---|---|\n");
        foreach (string suite in Conformance.Suites)
        {
            Append(suite, verdicts.Where(verdict => verdict.Suite == suite));
        }

        Append("together", verdicts);
        text.Append("\nWhy those of supported operators are refused:\n\n| reason | count | cases |\n|---|---|---|\n");
        foreach (IGrouping<string, Verdict> group in relevant.Where(verdict => verdict.Refused).GroupBy(ReasonOf).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key} | {group.Count()} | {string.Join(", ", group.Select(verdict => verdict.Case))} |\n");
        }

        return text.ToString();

        void Append(string name, IEnumerable<Verdict> all)
        {
            Verdict[] some = [.. all];
            Verdict[] these = [.. some.Where(IsRelevant)];
            int passed = these.Count(verdict => verdict.Passed);
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {Count(some.Length)} | {Count(these.Length)} | {Count(passed)} | {Count(these.Length - passed)} |\n");
        }
    }

    /// <summary>Passed, or made of supported operators on numbers that a network can take.</summary>
    private static bool IsRelevant(Verdict verdict) =>
        verdict.Passed || (verdict.Operators.Split(", ").All(supported.Contains) && !Foreign().IsMatch(verdict.Reason));

    /// <summary>The refusal without what is peculiar to the case.</summary>
    private static string ReasonOf(Verdict verdict) => verdict.Reason switch
    {
        string reason when reason.Contains("row to row", StringComparison.Ordinal) => "the second operand differs from row to row, which no weight does",
        string reason when reason.Contains("by columns", StringComparison.Ordinal) => "samples stand in columns (transA on the data)",
        string reason when reason.Contains("in columns", StringComparison.Ordinal) => "samples stand in columns at the output",
        string reason when reason.Contains("as a part of an activation", StringComparison.Ordinal) => "supported only as part of an activation",
        string reason when reason.Contains("training mode", StringComparison.Ordinal) => "training mode",
        string reason when reason.Contains("rounds to", StringComparison.Ordinal) => "rounds to another type",
        string reason when reason.Contains("leaves each row", StringComparison.Ordinal) => "mixes the features of different rows",
        string reason when reason.Contains("runs over axis", StringComparison.Ordinal) => "softmax over an axis that is not the features",
        string reason when reason.Contains("picks along axis", StringComparison.Ordinal) => "ArgMax over an axis that is not the features",
        string reason when reason.Contains("reorders the axes", StringComparison.Ordinal) => "reorders axes",
        string reason when reason.Contains("does not depend on the input", StringComparison.Ordinal) => "the output is not a function of the features",
        string reason when reason.Contains("no input", StringComparison.Ordinal) => "has no input",
        string reason when reason.Contains("beside each other", StringComparison.Ordinal) => "concatenates tensors of different origin",
        string reason when reason.Contains("raises to a power", StringComparison.Ordinal) => "a power that is not part of a GELU",
        string reason when reason.Contains("takes a logarithm", StringComparison.Ordinal) => "a logarithm that is not part of a softplus or log-softmax",
        string reason when reason.Contains("multiplies two tensors", StringComparison.Ordinal) => "a product of two computed tensors that is no known activation",
        string reason when reason.Contains("adds two tensors", StringComparison.Ordinal) => "a sum of two computed tensors (residual)",
        string reason when reason.Contains("divides by a tensor", StringComparison.Ordinal) => "divides by a computed tensor",
        string reason when reason.Contains("not one number", StringComparison.Ordinal) => "bounds that differ from feature to feature",
        string reason when reason.Contains("truth values", StringComparison.Ordinal) => "the output holds truth values",
        string reason when reason.Contains("a matrix was expected", StringComparison.Ordinal) => "the weight has more than two axes",
        string reason when reason.Contains("a size that is 1", StringComparison.Ordinal) || reason.Contains("one number for all", StringComparison.Ordinal) => "the second operand widens the features",
        string reason when reason.Contains("beyond float32", StringComparison.Ordinal) => "the numbers of the case are beyond float32",
        string reason => NodeName().Replace(reason, "").TrimEnd('.').Replace("|", "\\|", StringComparison.Ordinal),
    };

    [GeneratedRegex(@"^node \S+ \(\w+\) ")]
    private static partial Regex NodeName();

    // Cases about text, integers and sequences.
    [GeneratedRegex("element type|holds (?:bool|string)|is no tensor|no tensor|converts a constant")]
    private static partial Regex Foreign();
}
