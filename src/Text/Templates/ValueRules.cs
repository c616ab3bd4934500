using System.Numerics;

namespace Graft.Text.Templates;

/// <summary>What can be done with values, by Python's rules: null (None), bool, long, double, string, <see cref="TemplateList"/>, <see cref="TemplateMap"/>,
/// <see cref="Generated"/>, <see cref="Undefined"/>, <see cref="Namespace"/>, <see cref="Callable"/>, <see cref="LoopState"/>.</summary>
internal static class ValueRules
{
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long whole => whole != 0,
        double real => real != 0,
        string text => text.Length > 0,
        TemplateList list => list.Items.Count > 0,
        TemplateMap map => map.Values.Count > 0,
        _ => true,
    };

    /// <summary>A whole number, true and false among them; null for anything else.</summary>
    public static long? WholeOf(object? value) => value switch { long whole => whole, bool flag => flag ? 1 : 0, _ => null };

    public static double? NumberOf(object? value) => value switch { double real => real, _ => WholeOf(value) };

    public static bool AreEqual(object? left, object? right)
    {
        if (ReferenceEquals(left, right)) return true;
        if (WholeOf(left) is { } first && WholeOf(right) is { } second) return first == second;
        if (NumberOf(left) is { } x && NumberOf(right) is { } y) return x == y;
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        return (left, right) switch
        {
            (string one, string other) => one == other,
            (Undefined, Undefined) => true,
            (TemplateList one, TemplateList other) => one.Kind == other.Kind
                && one.Items.Count == other.Items.Count && one.Items.Zip(other.Items).All(static pair => AreEqual(pair.First, pair.Second)),
            (TemplateMap one, TemplateMap other) => one.Values.Count == other.Values.Count
                && one.Values.All(pair => other.Values.TryGetValue(pair.Key, out object? value) && AreEqual(pair.Value, value)),
            _ => false,
        };
    }

    /// <summary>Which comes first: below 0 for the left.</summary>
    public static int Compare(Run run, object? left, object? right)
    {
        Require(run, left);
        Require(run, right);
        if (WholeOf(left) is { } first && WholeOf(right) is { } second) return first.CompareTo(second);
        if (NumberOf(left) is { } x && NumberOf(right) is { } y) return x < y ? -1 : x > y ? 1 : 0;
        if (left is string one && right is string other) return string.CompareOrdinal(one, other);
        if (left is TemplateList { IsSequence: true } some && right is TemplateList { IsSequence: true } others && some.Kind == others.Kind)
        {
            run.RequireStack();
            for (int i = 0; i < Math.Min(some.Items.Count, others.Items.Count); i++)
                if (!AreEqual(some.Items[i], others.Items[i])) return Compare(run, some.Items[i], others.Items[i]);
            return some.Items.Count.CompareTo(others.Items.Count);
        }
        throw run.Fail($"{ValueText.TypeOf(left)} and {ValueText.TypeOf(right)} have no order");
    }

    /// <summary>Elements in the order of their keys; equal ones keep theirs in both directions.</summary>
    public static List<T> Sorted<T>(Run run, IEnumerable<T> items, bool isReversed, Func<T, object?> key)
    {
        var order = Comparer<object?>.Create((left, right) => Compare(run, left, right));
        try
        {
            return [.. isReversed ? items.OrderByDescending(key, order) : items.OrderBy(key, order)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is TemplateException)
        {
            // a sort wraps what its comparisons throw
            throw run.Fail("its elements have no order among themselves");
        }
    }

    /// <summary>The elements that a loop goes through: of a text its letters, of a mapping its keys.</summary>
    public static IEnumerable<object?> Each(Run run, object? value) => value switch
    {
        Undefined => [],
        TemplateList list => list.Items,
        Generated generated => generated.Rest(),
        TemplateMap map => map.Values.Keys,
        string text => TextPoints.Letters(text),
        _ => throw run.Fail($"{ValueText.TypeOf(value)} has no elements to go through"),
    };

    public static long Length(Run run, object? value) => value switch
    {
        Undefined => 0,
        TemplateList list => list.Items.Count,
        TemplateMap map => map.Values.Count,
        string text => TextPoints.Count(text),
        _ => throw run.Fail($"{ValueText.TypeOf(value)} has no length"),
    };

    public static bool Contains(Run run, object? whole, object? part)
    {
        switch (whole)
        {
            case string text:
                if (part is Undefined undefined) throw run.Fail(undefined.Problem);
                return part is string piece ? text.Contains(piece, StringComparison.Ordinal) : throw run.Fail($"{ValueText.TypeOf(part)} is looked for in a text");
            case TemplateMap map: return map.TryGet(part, out _);
            case Namespace or Callable or LoopState or null or bool or long or double: throw run.Fail($"nothing can be looked for in {ValueText.TypeOf(whole)}");
            default: return Each(run, whole).Any(item => AreEqual(item, part));
        }
    }

    public static object? Binary(Run run, string sign, object? left, object? right)
    {
        Require(run, left);
        Require(run, right);
        if (WholeOf(left) is { } first && WholeOf(right) is { } second && Whole(run, sign, first, second) is { } result) return result;
        if (NumberOf(left) is { } x && NumberOf(right) is { } y) return Real(run, sign, x, y);
        switch (sign)
        {
            case "+" when left is string one && right is string other:
                run.Take(one.Length + (long)other.Length);
                return one + other;
            case "+" when left is TemplateList { IsSequence: true } one && right is TemplateList { IsSequence: true } other && one.Kind == other.Kind:
                run.Take(one.Items.Count + (long)other.Items.Count);
                return new TemplateList([.. one.Items, .. other.Items], one.Kind);
            case "*" when (WholeOf(left) ?? WholeOf(right)) is { } times:
                object? repeated = WholeOf(left) is null ? left : right;
                if (repeated is string text)
                {
                    run.Take(checked(text.Length * (Int128)Math.Max(0, times)) is var letters && letters > long.MaxValue / 2 ? long.MaxValue / 2 : (long)letters);
                    return string.Concat(Enumerable.Repeat(text, (int)Math.Max(0, times)));
                }
                if (repeated is TemplateList { IsSequence: true } list)
                {
                    run.Take((Int128)list.Items.Count * Math.Max(0, times) is var items && items > long.MaxValue / 2 ? long.MaxValue / 2 : (long)items);
                    return new TemplateList([.. Enumerable.Repeat(list.Items, list.Items.Count == 0 ? 0 : (int)Math.Max(0, times)).SelectMany(static part => part)], list.Kind);
                }
                break;
            case "%" when left is string: throw run.Fail("texts formatted with % are not supported");
        }
        throw run.Fail($"{ValueText.TypeOf(left)} {sign} {ValueText.TypeOf(right)} is not possible");
    }

    public static object Negative(Run run, object? value)
    {
        Require(run, value);
        if (WholeOf(value) is { } whole) return whole == long.MinValue ? throw run.Fail("a whole number leaves 64 bits") : -whole;
        return value is double real ? -real : throw run.Fail($"{ValueText.TypeOf(value)} has no negative");
    }

    /// <summary>Refuses what has no value.</summary>
    public static void Require(Run run, object? value)
    {
        if (value is Undefined undefined) throw run.Fail(undefined.Problem);
    }

    private static object? Whole(Run run, string sign, long left, long right)
    {
        if (sign is "//" or "%" or "/" && right == 0) throw run.Fail("a number is divided by zero");
        try
        {
            checked
            {
                return sign switch
                {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "//" => left / right - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0),
                    "%" => left % right is var rest && rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest,
                    "**" when right >= 0 => Power(left, right),
                    _ => null,
                };
            }
        }
        catch (OverflowException)
        {
            throw run.Fail("a whole number leaves 64 bits");
        }
    }

    private static object? Power(long left, long right)
    {
        if (left is 0 or 1 or -1) return left == -1 ? right % 2 == 0 ? 1L : -1L : right == 0 ? 1L : left;
        if (right > 63) throw new OverflowException();
        return checked((long)BigInteger.Pow(left, (int)right));
    }

    private static double Real(Run run, string sign, double left, double right)
    {
        if (sign is "//" or "%" or "/" && right == 0) throw run.Fail("a number is divided by zero");
        return sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => Math.Floor(left / right),
            "%" => left % right is var rest && rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest,
            _ => Math.Pow(left, right),
        };
    }
}
