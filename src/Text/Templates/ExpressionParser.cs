using System.Globalization;

namespace Graft.Text.Templates;

/// <summary>Reads expressions, each method one level of Jinja's precedence.</summary>
internal abstract class ExpressionParser(IReadOnlyList<TemplateToken> tokens) : TokenReader(tokens)
{
    private static readonly string[] Orders = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression, or several with commas between them, which are a tuple.</summary>
    protected Expression Tuple(bool hasConditions = true, bool isBracketed = false)
    {
        int line = Now.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (!(Now.Kind is TokenKind.OutputEnd or TokenKind.TagEnd || Now.IsSign(")")))
        {
            items.Add(hasConditions ? Whole() : Or());
            if (!Skip(",")) break;
            isTuple = true;
        }
        if (!isTuple && items.Count == 1) return items[0];
        return items.Count > 0 || isBracketed ? new ListOf(line, items, ListKind.Tuple) : throw Fail($"an expression is missing before {Shown(Now)}");
    }

    protected Expression Whole()
    {
        RequireStack();
        var value = Or();
        while (Now.IsName("if"))
        {
            int line = Read().Line;
            var condition = Or();
            value = new Conditional(line, condition, value, SkipName("else") ? Whole() : null);
        }
        return value;
    }

    protected Expression Or()
    {
        var left = And();
        while (Now.IsName("or")) left = new Either(Read().Line, left, And(), isAnd: false);
        return left;
    }

    /// <summary>Filters behind a value that is made otherwise.</summary>
    protected List<(string Name, Given Given)> FilterChain()
    {
        var filters = new List<(string, Given)>();
        while (Skip("|")) filters.Add(FilterName());
        return filters;
    }

    protected (string Name, Given Given) FilterName() => (Dotted("a filter"), Now.IsSign("(") ? Arguments() : Given.Nothing);

    /// <summary>What stands in brackets behind something that is called.</summary>
    protected Given Arguments()
    {
        Expect("(");
        var values = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!Skip(")"))
        {
            if (values.Count + named.Count > 0)
            {
                Expect(",");
                if (Skip(")")) break;
            }
            if (Now.IsSign("*") || Now.IsSign("**")) throw Fail($"arguments with {Now.Text} are not supported");
            if (Now.Kind == TokenKind.Name && Next.IsSign("="))
            {
                string name = Read().Text;
                Expect("=");
                named.Add((name, Whole()));
            }
            else if (named.Count > 0) throw Fail("a value without a name stands behind one with a name");
            else values.Add(Whole());
        }
        return new Given(values, named);
    }

    private Expression And()
    {
        var left = Not();
        while (Now.IsName("and")) left = new Either(Read().Line, left, Not(), isAnd: true);
        return left;
    }

    private Expression Not()
    {
        RequireStack();
        return Now.IsName("not") ? new Not(Read().Line, Not()) : Comparison();
    }

    private Expression Comparison()
    {
        var first = Sum();
        int line = Now.Line;
        var others = new List<(string, Expression)>();
        while (true)
        {
            if (Now.Kind == TokenKind.Sign && Orders.Contains(Now.Text)) others.Add((Read().Text, Sum()));
            else if (SkipName("in")) others.Add(("in", Sum()));
            else if (Now.IsName("not") && Next.IsName("in"))
            {
                Read();
                Read();
                others.Add(("not in", Sum()));
            }
            else return others.Count == 0 ? first : new Comparison(line, first, others);
        }
    }

    private Expression Sum()
    {
        var left = Concatenation();
        while (Now.IsSign("+") || Now.IsSign("-"))
        {
            var sign = Read();
            left = new Calculation(sign.Line, sign.Text, left, Concatenation());
        }
        return left;
    }

    private Expression Concatenation()
    {
        int line = Now.Line;
        var parts = new List<Expression> { Product() };
        while (Skip("~")) parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Joined(line, parts);
    }

    private Expression Product()
    {
        var left = Power();
        while (Now.Kind == TokenKind.Sign && Now.Text is "*" or "/" or "//" or "%")
        {
            var sign = Read();
            left = new Calculation(sign.Line, sign.Text, left, Power());
        }
        return left;
    }

    private Expression Power()
    {
        var left = Signed(hasFilters: true);
        while (Now.IsSign("**")) left = new Calculation(Read().Line, "**", left, Signed(hasFilters: true));
        return left;
    }

    private Expression Signed(bool hasFilters)
    {
        RequireStack();
        var token = Now;
        var value = Skip("-") ? new Negation(token.Line, Signed(hasFilters: false), isNegative: true)
            : Skip("+") ? new Negation(token.Line, Signed(hasFilters: false), isNegative: false) : Primary();
        value = Postfix(value);
        return hasFilters ? Filtered(value) : value;
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            var token = Now;
            if (Skip("."))
            {
                var member = Read();
                value = member.Kind switch
                {
                    TokenKind.Name => new Attribute(token.Line, value, member.Text),
                    TokenKind.Whole => new Item(token.Line, value, new Constant(token.Line, WholeOf(member))),
                    _ => throw Fail("a name is missing behind '.'"),
                };
            }
            else if (Skip("[")) value = Subscript(token.Line, value);
            else if (Now.IsSign("(")) value = new Call(token.Line, value, Arguments());
            else return value;
        }
    }

    private Expression Subscript(int line, Expression value)
    {
        Expression? from = null, to = null, step = null;
        bool isSlice = false;
        if (!Now.IsSign(":")) from = Whole();
        if (Skip(":"))
        {
            isSlice = true;
            if (!Now.IsSign(":") && !Now.IsSign("]")) to = Whole();
            if (Skip(":") && !Now.IsSign("]")) step = Whole();
        }
        if (Now.IsSign(",")) throw Fail("several places between [ and ] are not supported");
        Expect("]");
        return isSlice ? new Slice(line, value, from, to, step) : new Item(line, value, from!);
    }

    private Expression Filtered(Expression value)
    {
        while (true)
        {
            int line = Now.Line;
            if (Skip("|"))
            {
                var (name, given) = FilterName();
                value = new Filter(line, value, name, given);
            }
            else if (SkipName("is")) value = TestOf(line, value);
            else if (Now.IsSign("(")) value = new Call(line, value, Arguments());
            else return value;
        }
    }

    private Expression TestOf(int line, Expression value)
    {
        bool isNot = SkipName("not");
        string name = Dotted("a test");
        var given = Given.Nothing;
        if (Now.IsSign("(")) given = Arguments();
        else if (Now.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Whole or TokenKind.Real || Now.IsSign("[") || Now.IsSign("{"))
        {
            if (Now.IsName("is")) throw Fail("tests cannot follow one another without brackets");
            if (!(Now.Kind == TokenKind.Name && Now.Text is "else" or "or" or "and" or "if" or "in" or "not")) given = new Given([Postfix(Primary())], []);
        }
        Expression test = new Test(line, value, name, given);
        return isNot ? new Not(line, test) : test;
    }

    private string Dotted(string what)
    {
        string name = Expect(TokenKind.Name, $"the name of {what}").Text;
        while (Skip(".")) name += "." + Expect(TokenKind.Name, $"the name of {what}").Text;
        return name;
    }

    private Expression Primary()
    {
        var token = Read();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.Line, true),
                    "false" or "False" => new Constant(token.Line, false),
                    "none" or "None" => new Constant(token.Line, null),
                    _ => new Name(token.Line, token.Text),
                };
            case TokenKind.Text:
                string text = token.Text;
                while (Now.Kind == TokenKind.Text) text += Read().Text;
                return new Constant(token.Line, text);
            case TokenKind.Whole: return new Constant(token.Line, WholeOf(token));
            case TokenKind.Real: return new Constant(token.Line, double.Parse(token.Text, CultureInfo.InvariantCulture));
        }
        if (token.IsSign("("))
        {
            var value = Tuple(isBracketed: true);
            Expect(")");
            return value;
        }
        if (token.IsSign("[")) return List(token.Line);
        if (token.IsSign("{")) return Map(token.Line);
        throw new TemplateException(token.Line, $"an expression is missing before {Shown(token)}");
    }

    private ListOf List(int line)
    {
        var items = new List<Expression>();
        while (!Skip("]"))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (Skip("]")) break;
            }
            items.Add(Whole());
        }
        return new ListOf(line, items, ListKind.List);
    }

    private MapOf Map(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!Skip("}"))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (Skip("}")) break;
            }
            var key = Whole();
            Expect(":");
            items.Add((key, Whole()));
        }
        return new MapOf(line, items);
    }

    private static long WholeOf(TemplateToken token) => long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
        ? value : throw new TemplateException(token.Line, $"{Printable.Text(token.Text)} leaves 64 bits");
}
