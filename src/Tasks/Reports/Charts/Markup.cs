using System.Globalization;
using System.Text;

namespace Graft.Tasks;

/// <summary>Writes HTML and SVG: what is text is escaped, what is a number has a point.</summary>
internal sealed class Markup
{
    private readonly StringBuilder text = new();

    /// <summary>Text as it may stand between tags and in attributes; what HTML does not allow becomes U+FFFD.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' or '\n' or '\r' => " ",
                < ' ' or (>= 0x7f and < 0xa0) or 0xfffe or 0xffff => "\ufffd",
                _ => rune.ToString(),
            });
        }
        return escaped.ToString();
    }

    /// <summary>Markup whose holes are numbers or markup already; texts go through <see cref="Escape"/>.</summary>
    public Markup Add(FormattableString markup)
    {
        text.Append(markup.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>As <see cref="Add"/>, and a line's end.</summary>
    public Markup Line(FormattableString markup)
    {
        Add(markup);
        text.Append('\n');
        return this;
    }

    public override string ToString() => text.ToString();
}
