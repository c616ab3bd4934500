using System.Runtime.CompilerServices;

namespace Graft.Text.Templates;

/// <summary>Reads tokens one after the other.</summary>
internal abstract class TokenReader(IReadOnlyList<TemplateToken> tokens)
{
    private int at;

    protected TemplateToken Now => tokens[at];

    protected TemplateToken Next => tokens[Math.Min(at + 1, tokens.Count - 1)];

    protected TemplateToken Read() => at < tokens.Count - 1 ? tokens[at++] : tokens[at];

    protected bool Skip(string sign)
    {
        if (!Now.IsSign(sign)) return false;
        at++;
        return true;
    }

    protected bool SkipName(string name)
    {
        if (!Now.IsName(name)) return false;
        at++;
        return true;
    }

    protected TemplateToken Expect(TokenKind kind, string what) => Now.Kind == kind ? Read() : throw Fail($"{what} is missing before {Shown(Now)}");

    protected void Expect(string sign)
    {
        if (!Skip(sign)) throw Fail($"'{sign}' is missing before {Shown(Now)}");
    }

    protected TemplateException Fail(string problem) => new(Now.Line, problem);

    protected void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fail("it is nested too deeply");
    }

    protected static string Shown(TemplateToken token) => token.Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.OutputEnd or TokenKind.TagEnd => $"'{token.Text}'",
        TokenKind.Text => $"the text '{Printable.Text(token.Text)}'",
        _ => $"'{Printable.Text(token.Text)}'",
    };
}
