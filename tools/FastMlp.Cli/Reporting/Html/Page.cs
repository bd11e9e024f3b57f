using System.Reflection;
using System.Text;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>
/// The report: one file that needs nothing else. It is well-formed XML as well, has no scripts, and tells the browser to run
/// and to load none, whatever the names in the data are.
/// </summary>
internal static class Page
{
    private static readonly Lazy<string> style = new(ReadStyle);

    public static void Write(string path, ReportSubject subject)
    {
        string page = Of(subject).ToString();
        OutputFile.Write(path, stream =>
        {
            using StreamWriter text = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            text.Write(page);
        });
    }

    public static Fragment Of(ReportSubject subject)
    {
        Dataset? rows = subject.Shown;
        List<Fragment> sections = [TrainingSection.Of(subject)];
        if (rows is not null)
        {
            Answers answers = new(subject, rows);
            IReadOnlyList<ColumnImportance> importances = PermutationImportance.Of(subject);
            sections.Add(subject.Classifies ? ClassSection.Of(subject, answers, rows) : ValueSection.Of(subject, answers, rows));
            sections.Add(SurfaceSection.Of(subject, answers, rows));
            sections.Add(MistakeSection.Of(subject, answers, rows, importances));
            sections.Add(ImportanceSection.Of(subject, importances));
        }

        sections.Add(LayerSection.Of(subject, rows));
        sections.Add(Facts(subject));
        // The style is a file of this project and has no character that XML or HTML would read otherwise.
        return Fragment.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
            <title>{subject.Title}</title>
            <style>
            {Fragment.Verbatim(style.Value)}
            </style>
            </head>
            <body>
            <main>
            <header><p class="soft">FastMlp</p><h1><bdi>{subject.Title}</bdi></h1><p class="soft">{NetworkText.Of(subject.Network)}, {Text.Count(subject.Network.ParameterCount, "parameter")}</p>{Tiles(subject)}</header>
            {sections}
            </main>
            </body>
            </html>

            """);
    }

    public static Fragment Section(string title, Fragment content, string note = "") =>
        Fragment.Of($"<section><h2>{title}</h2>{(note.Length > 0 ? Fragment.Of($"<p class=\"soft\">{note}</p>") : default)}{content}</section>\n");

    public static Fragment Card(string title, params ReadOnlySpan<Fragment> content) => Card(Fragment.Of($"{title}"), content);

    public static Fragment Card(Fragment title, params ReadOnlySpan<Fragment> content) =>
        Fragment.Of($"<section class=\"card\">{(title.ToString().Length > 0 ? Fragment.Of($"<h3>{title}</h3>") : default)}{Fragment.Join([.. content])}</section>\n");

    /// <summary>The names of the colours c0, c1 and so on.</summary>
    public static Fragment Legend(IEnumerable<string> names) => Fragment.Of(
        $"<ul class=\"legend\">{names.Select((name, i) => Fragment.Of($"<li><i class=\"c{i}\"></i><bdi>{name}</bdi></li>"))}</ul>");

    /// <summary>Which rows the drawings of a section show.</summary>
    public static string OfRows(ReportSubject subject, Dataset rows) => subject.Score is { } score && score.Rows > rows.Rows
        ? $"The figures are of {Text.Count(score.Rows, "row")}, the drawings of {Text.Count(rows.Rows)} of them{(subject.RowsName.StartsWith("first", StringComparison.Ordinal) ? ", the first" : "")}."
        : $"Of {Text.Count(rows.Rows)} {subject.RowsName}.";

    private static Fragment Tiles(ReportSubject subject)
    {
        List<(string Value, string Name)> tiles = [];
        if (subject.Score is { } score)
        {
            // "test rows", "first test rows" and "rows" have figures of the "test " rows or of all.
            string all = subject.RowsName.Replace("first ", "", StringComparison.Ordinal);
            string part = all.Replace("rows", "", StringComparison.Ordinal);
            if (score.Classifies)
            {
                tiles.Add((Text.Percent(score.Accuracy), $"{part}accuracy"));
                tiles.Add((Text.Figure(score.Loss), $"{part}loss"));
            }
            else
            {
                tiles.Add((Text.Figure(score.Rmse), $"{part}rmse"));
                tiles.Add((Text.Figure(score.R2), $"{part}R²"));
            }

            if (subject.Baselines is { } baselines)
            {
                tiles.Add((Merit(baselines.Linear), "linear model"));
                tiles.Add((Merit(baselines.Constant), Baselines.ConstantName(score.Classifies)));
            }

            tiles.Add((Text.Count(score.Rows), all));
        }

        if (subject.Training is { } training)
        {
            tiles.Add((Text.Count(training.Epochs.Count), "epochs"));
            tiles.Add((Text.Time(training.WallTime), "training"));
            tiles.Add((Text.Rate(training.SamplesPerSecond), "rows a second"));
        }

        return Fragment.Of($"<div class=\"tiles\">{tiles.Select(tile => Fragment.Of($"<div class=\"tile\"><b>{tile.Value}</b><span class=\"soft\">{tile.Name}</span></div>"))}</div>");
    }

    /// <summary>The first figure of a score, to stand beside the network's.</summary>
    private static string Merit(Score score) => score.Classifies ? Text.Percent(score.Accuracy) : $"{Text.Figure(score.Rmse)}";

    private static Fragment Facts(ReportSubject subject) => Section("The run", Card("", Fragment.Of(
        $"<table class=\"facts\"><tbody>{subject.Facts.Select(fact => Fragment.Of($"<tr><th scope=\"row\">{fact.Name}</th><td><bdi>{fact.Value}</bdi></td></tr>"))}</tbody></table>")));

    private static string ReadStyle()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("report.css")
            ?? throw new InvalidOperationException("The style of the report is not in the assembly.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
