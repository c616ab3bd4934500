namespace Graft.Text.Templates;

/// <summary>Reads a template's statements.</summary>
internal sealed class TemplateParser(IReadOnlyList<TemplateToken> tokens) : ExpressionParser(tokens)
{
    /// <exception cref="TemplateException">It is no template, or has a tag that is not supported.</exception>
    public static Block Read(string source)
    {
        var parser = new TemplateParser(TemplateLexer.Cut(source));
        var body = parser.Body(opening: null);
        return body;
    }

    /// <summary>Statements up to one of the tags that end them, whose name is the token that comes next; up to the end where there are none.</summary>
    private Block Body(TemplateToken? opening, params string[] ends)
    {
        RequireStack();
        var statements = new List<Statement>();
        int line = Now.Line;
        while (true)
        {
            var token = Read();
            switch (token.Kind)
            {
                case TokenKind.End:
                    if (opening is { } open) throw new TemplateException(open.Line, $"'{open.Text}' has no end: '{ends[^1]}' is missing");
                    return new Block(line, statements);
                case TokenKind.Data: statements.Add(new Data(token.Line, token.Text)); break;
                case TokenKind.OutputBegin:
                    statements.Add(new Output(token.Line, Tuple()));
                    Expect(TokenKind.OutputEnd, "'}}'");
                    break;
                default:
                    if (Now.Kind == TokenKind.Name && ends.Contains(Now.Text)) return new Block(line, statements);
                    statements.Add(Tag());
                    Expect(TokenKind.TagEnd, "'%}'");
                    break;
            }
        }
    }

    private Statement Tag()
    {
        var tag = Expect(TokenKind.Name, "the name of a tag");
        return tag.Text switch
        {
            "if" => Conditions(tag),
            "for" => Loop(tag),
            "set" => Assignment(tag),
            "macro" => Definition(tag),
            "filter" => FilterBlock(tag),
            "generation" => Generation(tag),
            "break" => new Leave(tag.Line, Flow.Break),
            "continue" => new Leave(tag.Line, Flow.Continue),
            _ => throw new TemplateException(tag.Line, $"the tag '{Printable.Text(tag.Text)}' is not supported here"),
        };
    }

    private If Conditions(TemplateToken tag)
    {
        var branches = new List<(Expression?, Block)>();
        Expression? condition = Tuple(hasConditions: true);
        while (true)
        {
            EndTag();
            branches.Add((condition, condition is null ? Body(tag, "endif") : Body(tag, "elif", "else", "endif")));
            var end = Read();
            if (end.Text == "endif") return new If(tag.Line, branches);
            condition = end.Text == "elif" ? Tuple(hasConditions: true) : null;
        }
    }

    private For Loop(TemplateToken tag)
    {
        var target = Target(hasNamespaces: false);
        if (!SkipName("in")) throw Fail($"'in' is missing before {Shown(Now)}");
        var source = Tuple(hasConditions: false);
        var filter = SkipName("if") ? Whole() : null;
        if (Now.IsName("recursive")) throw Fail("loops that are 'recursive' are not supported");
        EndTag();
        var body = Body(tag, "else", "endfor");
        Block? otherwise = null;
        if (Read().Text == "else")
        {
            EndTag();
            otherwise = Body(tag, "endfor");
            Read();
        }
        return new For(tag.Line, target, source, filter, body, otherwise);
    }

    private Statement Assignment(TemplateToken tag)
    {
        var target = Target(hasNamespaces: true);
        if (Skip("=")) return new Set(tag.Line, target, Tuple());
        var filters = FilterChain();
        EndTag();
        var body = Body(tag, "endset");
        Read();
        return new Captured(tag.Line, target, body, filters);
    }

    private Captured FilterBlock(TemplateToken tag)
    {
        List<(string, Given)> filters = [FilterName()];
        filters.AddRange(FilterChain());
        EndTag();
        var body = Body(tag, "endfilter");
        Read();
        return new Captured(tag.Line, target: null, body, filters);
    }

    /// <summary>Hugging Face's mark of what an assistant says: it is written as it stands.</summary>
    private Block Generation(TemplateToken tag)
    {
        EndTag();
        var body = Body(tag, "endgeneration");
        Read();
        return body;
    }

    private Macro Definition(TemplateToken tag)
    {
        string name = Expect(TokenKind.Name, "the name of a macro").Text;
        var parameters = new List<(string, Expression?)>();
        Expect("(");
        while (!Skip(")"))
        {
            if (parameters.Count > 0)
            {
                Expect(",");
                if (Skip(")")) break;
            }
            string parameter = Expect(TokenKind.Name, "the name of a parameter").Text;
            parameters.Add((parameter, Skip("=") ? Whole() : null));
        }
        EndTag();
        var body = Body(tag, "endmacro");
        Read();
        return new Macro(tag.Line, name, parameters, body);
    }

    /// <summary>What is set: a name, a member of a namespace, or several names with commas between them.</summary>
    private Expression Target(bool hasNamespaces)
    {
        int line = Now.Line;
        if (hasNamespaces && Next.IsSign("."))
        {
            var owner = new Name(line, Expect(TokenKind.Name, "a name").Text);
            Expect(".");
            return new Attribute(line, owner, Expect(TokenKind.Name, "a name").Text);
        }
        var first = OneTarget();
        if (!Now.IsSign(",")) return first;
        var names = new List<Expression> { first };
        while (Skip(","))
            if (Now.Kind == TokenKind.Name && !Now.IsName("in") || Now.IsSign("(")) names.Add(OneTarget());
        return new ListOf(line, names, ListKind.Tuple);
    }

    private Expression OneTarget()
    {
        RequireStack();
        if (!Skip("(")) return new Name(Now.Line, Expect(TokenKind.Name, "a name").Text);
        var inner = Target(hasNamespaces: false);
        Expect(")");
        return inner;
    }

    private void EndTag() => Expect(TokenKind.TagEnd, "'%}'");
}
