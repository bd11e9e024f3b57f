using System.Globalization;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>All figures as numbers, the network's beside those of the baselines; and what was read from the data.</summary>
internal static class FigureSection
{
    /// <summary>Columns of a wide file that are listed; the others are counted.</summary>
    private const int MostColumns = 200;

    public static Fragment Of(ReportSubject subject)
    {
        if (subject.Score is not { } score)
        {
            return default;
        }

        List<Fragment> cards = [Page.Card("Beside a baseline", Baselines(score))];
        if (score.Figures.Count > 0)
        {
            IEnumerable<Fragment> lines = score.Figures.Select(figure => Fragment.Of($"<tr><td>{figure.Name}</td><td class=\"n\">{Number(figure.Value)}</td></tr>"));
            IEnumerable<Fragment> rare = score.RareClasses.Where(one => one.AveragePrecision is not null).Select(one =>
                Fragment.Of($"<tr><td>average precision of <bdi>{one.Name}</bdi> (chance: {Number(one.Share)})</td><td class=\"n\">{Number(one.AveragePrecision!.Value)}</td></tr>"));
            cards.Add(Page.Card("Other figures", Fragment.Of($"<div class=\"scroll\"><table><tbody>{lines}{rare}</tbody></table></div>")));
        }

        string hints = string.Join(" ", ScoreReport.Hints(score, isWeighted: true).Select(hint => char.ToUpperInvariant(hint[0]) + hint[1..]));
        return Page.Section("Figures", Fragment.Of($"<div class=\"cards\">{cards}</div>"), hints);
    }

    /// <summary>The table "What I read"; nothing for data whose columns are not known.</summary>
    public static Fragment WhatWasRead(ReportSubject subject)
    {
        IReadOnlyList<ColumnSummary> columns = subject.Preprocessing.Columns?.WhatWasRead ?? [];
        if (columns.Count == 0)
        {
            return default;
        }

        IEnumerable<Fragment> lines = columns.Take(MostColumns).Select(column => Fragment.Of(
            $"<tr><td class=\"name\"><bdi>{column.Name}</bdi></td><td>{column.ReadAs}</td><td class=\"n\">{(column.DistinctIsExact ? "" : "~")}{Text.Count(column.Distinct)}</td><td class=\"n\">{Text.Count(column.Missing)}</td><td class=\"name\"><bdi>{column.Example}</bdi></td><td>{column.Note}</td></tr>"));
        string more = columns.Count > MostColumns ? $"The first {Text.Count(MostColumns)} of {Text.Count(columns.Count, "column")}." : "";
        return Page.Section("What was read", Page.Card("", Fragment.Of(
            $"<div class=\"scroll\"><table><thead><tr><th>column</th><th>read as</th><th class=\"n\">distinct</th><th class=\"n\">missing</th><th>example</th><th>note</th></tr></thead><tbody>{lines}</tbody></table></div>")), more);
    }

    private static Fragment Baselines(Score score)
    {
        (string first, string second) = score.Classifies ? ("accuracy", "log loss") : ("rmse", "R²");
        IEnumerable<(string Name, double First, double Second)> all = score.Baselines.Select(one => score.Classifies ? (one.Name, one.Accuracy, one.LogLoss) : (one.Name, one.Rmse, one.R2));
        all = all.Prepend(score.Classifies ? ("the network", score.Accuracy, score.Loss) : ("the network", score.Rmse, score.R2));
        IEnumerable<Fragment> lines = all.Select(one => Fragment.Of($"<tr><td>{one.Name}</td><td class=\"n\">{Number(one.First)}</td><td class=\"n\">{Number(one.Second)}</td></tr>"));
        string note = score.Baselines.Count > 0 ? "On the same rows; the baselines learnt from the training rows." : "The model's file has no baseline.";
        return Fragment.Of($"<div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">{first}</th><th class=\"n\">{second}</th></tr></thead><tbody>{lines}</tbody></table></div><p class=\"soft\">{note}</p>");
    }

    private static string Number(double value) => double.IsNaN(value) ? "-"
        : Math.Abs(value) < 10 ? value.ToString("0.0000", CultureInfo.InvariantCulture) : Text.Figure(value);
}
