namespace Graft.Text.Templates;

/// <summary>What kind of list a list is.</summary>
internal enum ListKind
{
    List,
    Tuple,
    Keys,
    Values,
    Items,
}

/// <summary>A list, a tuple, or what a mapping gives of itself; none of them changes.</summary>
internal sealed class TemplateList(IReadOnlyList<object?> items, ListKind kind = ListKind.List)
{
    public IReadOnlyList<object?> Items => items;

    public ListKind Kind => kind;

    /// <summary>Whether its elements have numbers.</summary>
    public bool IsSequence => kind is ListKind.List or ListKind.Tuple;

    public static TemplateList Tuple(params object?[] items) => new(items, ListKind.Tuple);
}

/// <summary>Elements that can be gone through once (Python's generators): what filters such as <c>map</c> give.</summary>
internal sealed class Generated(IEnumerable<object?> items)
{
    private IEnumerator<object?>? source = items.GetEnumerator();

    /// <summary>The elements that are left.</summary>
    public IEnumerable<object?> Rest()
    {
        while (source is not null)
        {
            if (source.MoveNext()) yield return source.Current;
            else
            {
                source.Dispose();
                source = null;
            }
        }
    }
}

/// <summary>A mapping (Python's <c>dict</c>) in the order in which its keys came.</summary>
internal sealed class TemplateMap
{
    public OrderedDictionary<object, object?> Values { get; } = new(KeyComparer.Instance);

    public bool TryGet(object? key, out object? value)
    {
        value = null;
        return key is not null && Values.TryGetValue(key, out value);
    }

    /// <summary>Keys are the same by Python's rule: 1, 1.0 and True are one.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? left, object? right) => ValueRules.AreEqual(left, right);

        public int GetHashCode(object key) => key switch
        {
            bool flag => (flag ? 1.0 : 0.0).GetHashCode(),
            long whole => ((double)whole).GetHashCode(),
            TemplateList list => list.Items.Count,
            _ => key.GetHashCode(),
        };
    }
}
