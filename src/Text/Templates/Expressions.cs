namespace Graft.Text.Templates;

/// <summary>What has a value.</summary>
internal abstract class Expression(int line)
{
    public int Line => line;

    public object? Value(Frame frame)
    {
        frame.Run.Step(line);
        return Compute(frame);
    }

    /// <summary>Says again where a computation is, once its parts have been computed.</summary>
    protected Run Here(Frame frame)
    {
        frame.Run.Line = line;
        return frame.Run;
    }

    protected abstract object? Compute(Frame frame);
}

internal sealed class Constant(int line, object? value) : Expression(line)
{
    protected override object? Compute(Frame frame) => value;
}

internal sealed class Name(int line, string name) : Expression(line)
{
    public string Text => name;

    protected override object? Compute(Frame frame) => frame.Find(name);
}

internal sealed class ListOf(int line, IReadOnlyList<Expression> items, ListKind kind) : Expression(line)
{
    public IReadOnlyList<Expression> Items => items;

    public ListKind Kind => kind;

    protected override object? Compute(Frame frame) => frame.Run.Made([.. items.Select(item => item.Value(frame))], kind);
}

internal sealed class MapOf(int line, IReadOnlyList<(Expression Key, Expression Value)> items) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        var map = new TemplateMap();
        foreach (var (key, value) in items) map.Values[Members.Key(Here(frame), key.Value(frame))] = value.Value(frame);
        frame.Run.Take(items.Count);
        return map;
    }
}

internal sealed class Negation(int line, Expression part, bool isNegative) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? value = part.Value(frame);
        object negative = ValueRules.Negative(Here(frame), value);
        return isNegative ? negative : value is bool flag ? flag ? 1L : 0L : value;
    }
}

internal sealed class Not(int line, Expression part) : Expression(line)
{
    protected override object? Compute(Frame frame) => !ValueRules.IsTrue(part.Value(frame));
}

/// <summary><c>and</c>, <c>or</c>: the value of the part that decides.</summary>
internal sealed class Either(int line, Expression left, Expression right, bool isAnd) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? value = left.Value(frame);
        return ValueRules.IsTrue(value) == isAnd ? right.Value(frame) : value;
    }
}

internal sealed class Conditional(int line, Expression condition, Expression then, Expression? otherwise) : Expression(line)
{
    protected override object? Compute(Frame frame) => ValueRules.IsTrue(condition.Value(frame)) ? then.Value(frame)
        : otherwise is not null ? otherwise.Value(frame) : new Undefined("an 'if' within an expression was false, and it has no 'else'");
}

internal sealed class Calculation(int line, string sign, Expression left, Expression right) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? first = left.Value(frame), second = right.Value(frame);
        return ValueRules.Binary(Here(frame), sign, first, second);
    }
}

/// <summary><c>~</c>: values as texts, one behind the other.</summary>
internal sealed class Joined(int line, IReadOnlyList<Expression> parts) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        string[] texts = [.. parts.Select(part => ValueText.Of(frame.Run, part.Value(frame)))];
        frame.Run.Take(texts.Sum(static text => (long)text.Length));
        return string.Concat(texts);
    }
}

/// <summary>A row of comparisons, each of which has to hold.</summary>
internal sealed class Comparison(int line, Expression first, IReadOnlyList<(string Sign, Expression Right)> others) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? left = first.Value(frame);
        foreach (var (sign, expression) in others)
        {
            object? right = expression.Value(frame);
            if (!Holds(Here(frame), sign, left, right)) return false;
            left = right;
        }
        return true;
    }

    private static bool Holds(Run run, string sign, object? left, object? right) => sign switch
    {
        "==" => ValueRules.AreEqual(left, right),
        "!=" => !ValueRules.AreEqual(left, right),
        "<" => ValueRules.Compare(run, left, right) < 0,
        "<=" => ValueRules.Compare(run, left, right) <= 0,
        ">" => ValueRules.Compare(run, left, right) > 0,
        ">=" => ValueRules.Compare(run, left, right) >= 0,
        "in" => ValueRules.Contains(run, right, left),
        _ => !ValueRules.Contains(run, right, left),
    };
}

/// <summary><c>a.b</c>.</summary>
internal sealed class Attribute(int line, Expression owner, string name) : Expression(line)
{
    public Expression Owner => owner;

    public string Member => name;

    protected override object? Compute(Frame frame)
    {
        object? value = owner.Value(frame);
        return Members.Attribute(Here(frame), value, name);
    }
}

/// <summary><c>a[b]</c>.</summary>
internal sealed class Item(int line, Expression owner, Expression key) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? value = owner.Value(frame), place = key.Value(frame);
        return Members.Item(Here(frame), value, place);
    }
}

/// <summary><c>a[from:to:step]</c>.</summary>
internal sealed class Slice(int line, Expression owner, Expression? from, Expression? to, Expression? step) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? value = owner.Value(frame);
        long? start = Bound(frame, from), end = Bound(frame, to), stride = Bound(frame, step);
        return Members.Slice(Here(frame), value, start, end, stride ?? 1);
    }

    private long? Bound(Frame frame, Expression? expression)
    {
        if (expression?.Value(frame) is not { } value) return null;
        return ValueRules.WholeOf(value) ?? throw Here(frame).Fail($"a slice is cut at whole numbers, not at {ValueText.TypeOf(value)}");
    }
}

/// <summary>What a call, filter or test is given.</summary>
internal sealed record Given(IReadOnlyList<Expression> Values, IReadOnlyList<(string Name, Expression Value)> Named)
{
    public static readonly Given Nothing = new([], []);

    public Arguments Compute(Frame frame)
    {
        if (Values.Count == 0 && Named.Count == 0) return Arguments.None;
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        object?[] values = [.. Values.Select(value => value.Value(frame))];
        foreach (var (name, value) in Named) named[name] = value.Value(frame);
        return new Arguments(values, named);
    }
}

internal sealed class Call(int line, Expression callee, Given given) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? value = callee.Value(frame);
        var arguments = given.Compute(frame);
        var run = Here(frame);
        return value switch
        {
            Callable callable => callable.Call(run, arguments),
            Undefined undefined => throw run.Fail(undefined.Problem),
            _ => throw run.Fail($"{ValueText.TypeOf(value)} cannot be called"),
        };
    }
}

/// <summary><c>value | name(...)</c>.</summary>
internal sealed class Filter(int line, Expression value, string name, Given given) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? filtered = value.Value(frame);
        var arguments = given.Compute(frame);
        return Filters.Apply(Here(frame), name, filtered, arguments);
    }
}

/// <summary><c>value is name(...)</c>.</summary>
internal sealed class Test(int line, Expression value, string name, Given given) : Expression(line)
{
    protected override object? Compute(Frame frame)
    {
        object? tested = value.Value(frame);
        var arguments = given.Compute(frame);
        return ValueTests.Apply(Here(frame), name, tested, arguments);
    }
}
