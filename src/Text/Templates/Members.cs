namespace Graft.Text.Templates;

/// <summary>Members, elements and slices of values.</summary>
internal static class Members
{
    /// <summary><c>value.name</c>: a method or member, else an element of that name.</summary>
    public static object? Attribute(Run run, object? value, string name)
    {
        ValueRules.Require(run, value);
        switch (value)
        {
            case Namespace names: return names.Values.TryGetValue(name, out object? member) ? member : new Undefined($"the namespace has no attribute '{Printable.Text(name)}'");
            case LoopState loop: return loop.Find(name);
        }
        if (Methods.Find(run, value, name) is { } method) return method;
        return value is TemplateMap map && map.TryGet(name, out object? element) ? element : Nothing(value, name);
    }

    /// <summary><c>value[key]</c>: an element, else a method or member of that name.</summary>
    public static object? Item(Run run, object? value, object? key)
    {
        ValueRules.Require(run, value);
        if (value is TemplateMap map && map.TryGet(key, out object? element)) return element;
        if (value is string or TemplateList && ValueRules.WholeOf(key) is { } place)
        {
            if (value is TemplateList { IsSequence: false }) throw run.Fail($"the elements of {ValueText.TypeOf(value)} have no numbers: make a list of it");
            return Element(value, place) is { } found ? found.Value : new Undefined($"{ValueText.TypeOf(value)} has no element {place}");
        }
        return key is string name ? Attribute(run, value, name) : Nothing(value, ValueText.Of(run, key));
    }

    /// <summary>A part of a text, list or tuple, by Python's rule.</summary>
    public static object? Slice(Run run, object? value, long? from, long? to, long step)
    {
        ValueRules.Require(run, value);
        if (step == 0) throw run.Fail("the step of a slice is 0");
        step = Math.Clamp(step, -int.MaxValue, int.MaxValue);
        if (value is TemplateList { IsSequence: true } list) return run.Made(Places(list.Items.Count, from, to, step).Select(place => list.Items[place]).ToList(), list.Kind);
        if (value is not string text) throw run.Fail($"{ValueText.TypeOf(value)} cannot be sliced");
        string[] letters = [.. TextPoints.Letters(text)];
        return run.Made(string.Concat(Places(letters.Length, from, to, step).Select(place => letters[place])));
    }

    /// <summary>A value as a key of a mapping.</summary>
    public static object Key(Run run, object? value) => IsKey(value) || value is TemplateList { Kind: ListKind.Tuple } list && list.Items.All(IsKey)
        ? value! : throw run.Fail($"{ValueText.TypeOf(value)} cannot be a key");

    private static bool IsKey(object? value) => value is string or bool or long or double;

    private static Undefined Nothing(object? value, string name) => new($"{ValueText.TypeOf(value)} has no attribute '{Printable.Text(name)}'");

    private static (object? Value, bool _)? Element(object value, long place)
    {
        if (value is TemplateList list)
        {
            long at = place < 0 ? place + list.Items.Count : place;
            return at >= 0 && at < list.Items.Count ? (list.Items[(int)at], true) : null;
        }
        string[] letters = [.. TextPoints.Letters((string)value)];
        long index = place < 0 ? place + letters.Length : place;
        return index >= 0 && index < letters.Length ? (letters[index], true) : null;
    }

    private static IEnumerable<int> Places(int count, long? from, long? to, long step)
    {
        long Clamp(long place) => Math.Clamp(place < 0 ? place + count : place, step > 0 ? 0 : -1, step > 0 ? count : count - 1);
        long at = from is { } first ? Clamp(first) : step > 0 ? 0 : count - 1, end = to is { } last ? Clamp(last) : step > 0 ? count : -1;
        for (; step > 0 ? at < end : at > end; at += step) yield return (int)at;
    }
}
