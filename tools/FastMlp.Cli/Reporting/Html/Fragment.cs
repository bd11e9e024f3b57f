using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>
/// Markup that may go on a page as it is. It is made of interpolated strings only: what stands in the source is markup, what is
/// put in is text and escaped, so that names from a data file cannot become elements.
/// </summary>
internal readonly struct Fragment
{
    private readonly string? markup;

    private Fragment(string markup) => this.markup = markup;

    public static Fragment Of(Content content) => new(content.ToString());

    /// <summary>For a file of this project, never for data.</summary>
    public static Fragment Verbatim(string markup) => new(markup);

    public static Fragment Join(IEnumerable<Fragment> parts) => new(string.Concat(parts));

    public override string ToString() => markup ?? "";

    /// <summary>The parts of an interpolated string, escaped by what they are.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Content
    {
        private static readonly SearchValues<char> special = SearchValues.Create("&<>\"'");

        private readonly StringBuilder text;

        public Content(int literalLength, int formattedCount) => text = new StringBuilder(literalLength + (16 * formattedCount));

        public override string ToString() => text.ToString();

        public void AppendLiteral(string value) => text.Append(value);

        public void AppendFormatted(Fragment value) => text.Append(value.ToString());

        public void AppendFormatted(IEnumerable<Fragment> values)
        {
            foreach (Fragment value in values)
            {
                text.Append(value.ToString());
            }
        }

        public void AppendFormatted(int value) => text.Append(CultureInfo.InvariantCulture, $"{value}");

        /// <summary>A place on a drawing: a hundredth of its unit is finer than a pixel.</summary>
        public void AppendFormatted(double value) => text.Append(value.ToString("0.##", CultureInfo.InvariantCulture));

        /// <summary>Text. Control characters, which neither HTML nor XML can hold, become the replacement character.</summary>
        public void AppendFormatted(string? value)
        {
            ReadOnlySpan<char> rest = value;
            while (!rest.IsEmpty)
            {
                if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) != OperationStatus.Done || !IsAllowed(rune))
                {
                    text.Append('\uFFFD');
                }
                else if (length == 1 && special.Contains(rest[0]))
                {
                    text.Append(CultureInfo.InvariantCulture, $"&#{(int)rest[0]};");
                }
                else
                {
                    text.Append(rest[..length]);
                }

                rest = rest[length..];
            }
        }

        private static bool IsAllowed(Rune rune) => !Rune.IsControl(rune) ? rune.Value is not (0xFFFE or 0xFFFF) : rune.Value is '\t' or '\n';
    }
}
