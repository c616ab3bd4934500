namespace Graft.Text.Templates;

internal enum TokenKind
{
    /// <summary>Text outside of tags.</summary>
    Data,
    OutputBegin,
    OutputEnd,
    TagBegin,
    TagEnd,
    Name,
    Whole,
    Real,
    Text,
    Sign,
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">Its letters; of a text literal what they mean.</param>
/// <param name="Line">The line that it begins in, from 1.</param>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, int Line)
{
    public bool IsSign(string sign) => Kind == TokenKind.Sign && Text == sign;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;
}
