using System.CommandLine;
using System.Text;
using FastMlp.Data;

namespace FastMlp.Cli.Arguments;

/// <summary>The options that say what form the text of a CSV file has; new rows may have another than those of training.</summary>
internal sealed class TextOptions
{
    private readonly Option<CsvHeader?> header = Options.Number("--header", "yes|no", "Whether the first row names the columns [default: as it looks]", "yes or no",
        (string text, out CsvHeader value) =>
        {
            value = text == "yes" ? CsvHeader.Present : CsvHeader.Absent;
            return text is "yes" or "no";
        });

    private readonly Option<Encoding?> encoding = Options.Value("--encoding", "NAME", "Encoding of the text: utf-8, latin1, windows-1252 or utf-16 [default: utf-8, checked]", "utf-8, latin1, windows-1252 or utf-16",
        (string text, out Encoding value) =>
        {
            Encoding? known = text.ToLowerInvariant() switch
            {
                "utf-8" or "utf8" => Encoding.UTF8,
                "latin1" or "latin-1" or "iso-8859-1" => Encoding.Latin1,
                "windows-1252" or "cp1252" => CodePagesEncodingProvider.Instance.GetEncoding(1252),
                "utf-16" or "utf16" => Encoding.Unicode,
                _ => null,
            };
            value = known!;
            return known is not null;
        });

    private readonly Option<DecimalMark?> mark = Options.Number("--decimal", "point|comma", "Decimal mark of all numbers [default: as the numbers say]", "point or comma",
        (string text, out DecimalMark value) =>
        {
            value = text == "comma" ? DecimalMark.Comma : DecimalMark.Point;
            return text is "point" or "comma";
        });

    public IReadOnlyList<Option> All => [header, encoding, mark];

    public CsvOptions Read(ParseResult parsed)
    {
        CsvOptions defaults = new();
        return defaults with
        {
            Header = parsed.GetValue(header) ?? defaults.Header,
            Encoding = parsed.GetValue(encoding),
            Decimal = parsed.GetValue(mark) ?? defaults.Decimal,
        };
    }
}
