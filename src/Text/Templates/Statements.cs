namespace Graft.Text.Templates;

/// <summary>How it goes on behind a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>What is done.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    public abstract Flow Run(Frame frame);

    protected static Flow Run(IReadOnlyList<Statement> body, Frame frame)
    {
        foreach (var statement in body)
        {
            frame.Run.Step(statement.Line);
            if (statement.Run(frame) is var flow && flow != Flow.Next) return flow;
        }
        return Flow.Next;
    }
}

internal sealed class Data(int line, string text) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        frame.Run.Write(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ value }}</c>.</summary>
internal sealed class Output(int line, Expression value) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        object? written = value.Value(frame);
        frame.Run.Line = Line;
        frame.Run.Write(ValueText.Of(frame.Run, written));
        return Flow.Next;
    }
}

/// <summary>Statements one after the other.</summary>
internal sealed class Block(int line, IReadOnlyList<Statement> body) : Statement(line)
{
    public override Flow Run(Frame frame) => Run(body, frame);
}

internal sealed class If(int line, IReadOnlyList<(Expression? Condition, Block Body)> branches) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        foreach (var (condition, body) in branches)
            if (condition is null || ValueRules.IsTrue(condition.Value(frame))) return body.Run(frame);
        return Flow.Next;
    }
}

internal sealed class For(int line, Expression target, Expression source, Expression? filter, Block body, Block? otherwise) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        var run = frame.Run;
        object? value = source.Value(frame);
        run.Line = Line;
        var items = new List<object?>();
        foreach (object? item in ValueRules.Each(run, value))
        {
            run.Take(1);
            if (filter is not null)
            {
                var tried = new Frame(run, frame);
                Targets.Assign(tried, target, item);
                if (!ValueRules.IsTrue(filter.Value(tried))) continue;
            }
            items.Add(item);
        }
        var state = new LoopState(items);
        for (int at = 0; at < items.Count; at++)
        {
            run.Step(Line);
            state.At = at;
            var inner = new Frame(run, frame);
            inner.Set("loop", state);
            Targets.Assign(inner, target, items[at]);
            if (body.Run(inner) == Flow.Break) break;
        }
        if (items.Count == 0 && otherwise is not null) return otherwise.Run(new Frame(run, frame));
        return Flow.Next;
    }
}

/// <summary><c>break</c> and <c>continue</c>.</summary>
internal sealed class Leave(int line, Flow flow) : Statement(line)
{
    public override Flow Run(Frame frame) => flow;
}

internal sealed class Set(int line, Expression target, Expression value) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        object? given = value.Value(frame);
        frame.Run.Line = Line;
        Targets.Assign(frame, target, given);
        return Flow.Next;
    }
}

/// <summary><c>{% set x %}...{% endset %}</c> and <c>{% filter x %}...{% endfilter %}</c>: what is written becomes a value, or is written changed.</summary>
/// <param name="line">The line.</param>
/// <param name="target">What becomes the value; null to write it.</param>
/// <param name="body">What writes it.</param>
/// <param name="filters">What is done to it, in turn.</param>
internal sealed class Captured(int line, Expression? target, Block body, IReadOnlyList<(string Name, Given Given)> filters) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        var run = frame.Run;
        object? value = run.Capture(() => body.Run(new Frame(run, frame)));
        foreach (var (name, given) in filters)
        {
            var arguments = given.Compute(frame);
            run.Line = Line;
            value = Filters.Apply(run, name, value, arguments);
        }
        if (target is null) run.Write(ValueText.Of(run, value));
        else Targets.Assign(frame, target, value);
        return Flow.Next;
    }
}

internal sealed class Macro(int line, string name, IReadOnlyList<(string Name, Expression? Standard)> parameters, Block body) : Statement(line)
{
    public override Flow Run(Frame frame)
    {
        string[] names = [.. parameters.Select(static parameter => parameter.Name)];
        frame.Set(name, new Callable(name, (run, arguments) =>
        {
            var bound = arguments.Bind(run, $"the macro {name}", 0, names);
            var inner = new Frame(run, frame);
            for (int i = 0; i < names.Length; i++)
                inner.Set(names[i], bound.Has(i) ? bound[i] : parameters[i].Standard is { } standard ? standard.Value(inner) : new Undefined($"parameter '{names[i]}' was not provided"));
            return run.Enter(() => body.Run(inner));
        }));
        return Flow.Next;
    }
}

/// <summary>What a value is given to: a name, several names, a member of a namespace.</summary>
internal static class Targets
{
    public static void Assign(Frame frame, Expression target, object? value)
    {
        var run = frame.Run;
        switch (target)
        {
            case Name name: frame.Set(name.Text, value); break;
            case Attribute { Owner: Name owner } attribute:
                if (frame.Find(owner.Text) is not Namespace names) throw run.Fail($"'{owner.Text}' is no namespace, so nothing of it can be set");
                names.Values[attribute.Member] = value;
                break;
            case ListOf list:
                object?[] items = [.. ValueRules.Each(run, value)];
                if (items.Length != list.Items.Count) throw run.Fail($"{items.Length} values are given to {list.Items.Count} names");
                for (int i = 0; i < items.Length; i++) Assign(frame, list.Items[i], items[i]);
                break;
            default: throw run.Fail("nothing can be set there");
        }
    }
}
