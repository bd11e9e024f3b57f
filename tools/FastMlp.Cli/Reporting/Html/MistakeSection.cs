namespace FastMlp.Cli.Reporting.Html;

/// <summary>The rows that the model is most wrong about: as images where they are images, else as rows of the table.</summary>
internal static class MistakeSection
{
    private const int MostImages = 24;
    private const int MostRows = 12;
    private const int MostColumns = 12;

    /// <param name="subject">What the report is about.</param>
    /// <param name="answers">Of the rows.</param>
    /// <param name="rows">Scaled.</param>
    /// <param name="importances">Which columns to show first where there are many.</param>
    public static Fragment Of(ReportSubject subject, Answers answers, Dataset rows, IReadOnlyList<ColumnImportance> importances)
    {
        int[] worst = [.. Enumerable.Range(0, rows.Rows)
            .Where(row => !subject.Classifies || answers.Best(row) != answers.Label(row))
            .OrderByDescending(answers.Error)
            .Take(subject.ImageWidth > 0 ? MostImages : MostRows)];
        if (worst.Length == 0)
        {
            return subject.Classifies ? Page.Section("The worst mistakes", Fragment.Of($"<p>None: every one of the {subject.RowsName} looked at is right.</p>")) : default;
        }

        float[] features = new float[rows.InputSize];
        IReadOnlyList<InputColumn> columns = InputColumn.Of(subject.Preprocessing);
        if (columns.Count > MostColumns)
        {
            columns = [.. importances.OrderByDescending(one => one.LossRise).Take(MostColumns).Select(one => one.Column)];
        }

        List<Fragment> shown = [];
        foreach (int row in worst)
        {
            rows.Features.Slice(row * rows.InputSize, rows.InputSize).CopyTo(features);
            subject.Preprocessing.Features.Inverse(features);
            shown.Add(subject.ImageWidth > 0 ? Picture(subject, answers, row, features) : Line(subject, answers, row, columns, features));
        }

        string lead = subject.Classifies ? "The wrong answers with the highest probability." : "The answers with the largest errors.";
        if (subject.ImageWidth > 0)
        {
            return Page.Section("The worst mistakes", Page.Card("", Fragment.Of($"<div class=\"pictures\">{shown}</div>")), lead);
        }

        string some = columns.Count < InputColumn.Of(subject.Preprocessing).Count ? $" The {columns.Count} columns that matter most." : "";
        IEnumerable<Fragment> heads = columns.Select(column => Fragment.Of($"<th class=\"{(column.IsNumber ? "n name" : "name")}\"><bdi>{column.Name}</bdi></th>"));
        Fragment answer = subject.Classifies ? Fragment.Of($"<th>true</th><th>predicted</th><th class=\"n\">given</th>") : Fragment.Of($"<th class=\"n\">actual</th><th class=\"n\">predicted</th><th class=\"n\">error</th>");
        return Page.Section("The worst mistakes", Page.Card("", Fragment.Of(
            $"<div class=\"scroll\"><table><thead><tr>{answer}{heads}</tr></thead><tbody>{shown}</tbody></table></div>")), lead + some);
    }

    private static Fragment Picture(ReportSubject subject, Answers answers, int row, float[] features)
    {
        int width = subject.ImageWidth;
        string said = subject.Classifies ? subject.ClassNames[answers.Best(row)] : Number(answers.Of(row)[0]);
        string truth = subject.Classifies ? subject.ClassNames[answers.Label(row)] : Number(answers.Target(row)[0]);
        string sure = subject.Classifies ? Text.Percent(answers.Of(row)[answers.Best(row)]) : "";
        return Fragment.Of($"<figure><img class=\"ink\" alt=\"a row of class {truth}\" src=\"{Pictures.Ink(features, width)}\"/><figcaption><b><bdi>{truth}</bdi></b> taken for <b><bdi>{said}</bdi></b><br/>{sure}</figcaption></figure>");
    }

    private static Fragment Line(ReportSubject subject, Answers answers, int row, IReadOnlyList<InputColumn> columns, float[] features)
    {
        IEnumerable<Fragment> cells = columns.Select(column => Fragment.Of($"<td class=\"{(column.IsNumber ? "n" : "name")}\"><bdi>{column.Read(features)}</bdi></td>"));
        if (subject.Classifies)
        {
            int best = answers.Best(row);
            return Fragment.Of($"<tr><td class=\"name\"><bdi>{subject.ClassNames[answers.Label(row)]}</bdi></td><td class=\"name\"><bdi>{subject.ClassNames[best]}</bdi></td><td class=\"n\">{Text.Percent(answers.Of(row)[best])}</td>{cells}</tr>");
        }

        float actual = answers.Target(row)[0];
        float predicted = answers.Of(row)[0];
        return Fragment.Of($"<tr><td class=\"n\">{Number(actual)}</td><td class=\"n\">{Number(predicted)}</td><td class=\"n\">{Number(predicted - actual)}</td>{cells}</tr>");
    }

    private static string Number(float value) => Text.Value(value);
}
