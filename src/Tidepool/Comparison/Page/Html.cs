using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Tidepool.Comparison.Page;

/// <summary>Markup. It is written as an interpolated string, and what is put into one is encoded unless it is markup itself.</summary>
internal sealed record Html(string Text)
{
    public static readonly Html None = new("");

    public static Html Of(FormattableString markup) => new(markup.ToString(EncodedParts.Instance));

    /// <summary>One after another.</summary>
    public static Html All(params IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.Text)));

    /// <summary>One for each item.</summary>
    public static Html Each<T>(IEnumerable<T> items, Func<T, Html> part) => All(items.Select(part));

    /// <summary>The markup where something holds, else nothing.</summary>
    public static Html If(bool holds, FormattableString markup) => holds ? Of(markup) : None;

    /// <summary>A link where the address is one of the web; else its text alone, as another scheme may run something.</summary>
    public static Html Link(string address, string text) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
            ? Of($"""<a href="{address}" rel="noreferrer">{text}</a>""")
            : Of($"{text}");

    /// <summary>A link to the page that a fact is from, named by its host.</summary>
    public static Html Source(string address) =>
        Link(address, Uri.TryCreate(address, UriKind.Absolute, out var url) ? url.Host : address);

    public override string ToString() => Text;

    private sealed class EncodedParts : IFormatProvider, ICustomFormatter
    {
        public static readonly EncodedParts Instance = new();
        private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

        public object? GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : null;

        public string Format(string? format, object? arg, IFormatProvider? formatProvider) => arg switch
        {
            Html html => html.Text,
            IFormattable value => Encoder.Encode(value.ToString(format, CultureInfo.InvariantCulture)),
            _ => Encoder.Encode(arg?.ToString() ?? ""),
        };
    }
}
