using System.Globalization;

namespace Graft.Onnx;

/// <summary>Sequences, optional values, and texts.</summary>
internal static class SequenceOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("SequenceConstruct", static node => new SequenceValue([.. Enumerable.Range(0, node.Count).Select(at => node[at])])),
        Operator.Of("SequenceEmpty", static _ => new SequenceValue([])),
        Operator.Of("SequenceLength", static node => new HostValue<long>(Elements.Int64, [], [Row(node).Items.Count])),
        Operator.Of("SequenceAt", static node => Row(node).Items[Dimensions.Axis(node.Int64(1), Row(node).Items.Count)], 1),
        Operator.Of("SequenceErase", static node =>
        {
            var items = Row(node).Items.ToList();
            items.RemoveAt(node.Has(1) ? Dimensions.Axis(node.Int64(1), items.Count) : items.Count - 1);
            return new SequenceValue(items);
        }, 1),
        Operator.Of("SequenceInsert", static node =>
        {
            var items = Row(node).Items.ToList();
            long at = node.Has(2) ? node.Int64(2) : items.Count;
            items.Insert(at == items.Count ? items.Count : Dimensions.Axis(at, items.Count), node[1]);
            return new SequenceValue(items);
        }, 2),
        Operator.Of("ConcatFromSequence", static node =>
        {
            var parts = Row(node).Items.Cast<TensorValue>().ToList();
            bool isStack = node.Attributes.Flag("new_axis");
            int axis = Dimensions.Axis(node.Attributes.Int("axis"), parts[0].Rank + (isStack ? 1 : 0));
            if (isStack) parts = [.. parts.Select(part => Selection.Reshape(part, [.. part.Dims[..axis], 1, .. part.Dims[axis..]]))];
            return Selection.Concat(parts, axis, node.Pass);
        }),
        Operator.Of("SplitToSequence", SplitToSequence, 1),
        Operator.Of("Optional", static node => node[0]),
        Operator.Of("OptionalGetElement", static node => node[0] ?? throw new ArgumentException("there is nothing in it")),
        Operator.Of("OptionalHasElement", static node => new HostValue<bool>(Elements.Bool, [], [node.Has(0)])),
        Operator.Of("StringConcat", static node =>
        {
            var (left, right) = (Texts(node, 0), Texts(node, 1));
            int[] dims = Dimensions.Broadcast(left.Dims, right.Dims);
            int[] first = Dimensions.Places(left.Dims, dims), second = Dimensions.Places(right.Dims, dims);
            return new HostValue<string>(Elements.Text, dims, [.. first.Select((place, at) => left.Values[place] + right.Values[second[at]])]);
        }),
        Operator.Of("StringNormalizer", Normalise),
    ];

    private static SequenceValue Row(NodeContext node) => node[0] as SequenceValue ?? throw new ArgumentException("the first input has to be a sequence");

    private static HostValue<string> Texts(NodeContext node, int at) => node.Host(at) as HostValue<string> ?? throw new ArgumentException($"{node.Tensor(at)} are no texts");

    private static SequenceValue SplitToSequence(NodeContext node)
    {
        var x = node.Tensor(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank), length = x.Dims[axis];
        bool isSingle = !node.Has(1);
        int each = isSingle ? 1 : node.Dims(1).Length == 0 ? (int)node.Int64(1) : 0;
        if (each < 0 || (each == 0 && node.Dims(1).Length == 0)) throw new ArgumentException("parts of no length are none");
        int[] lengths = each > 0 ? [.. Enumerable.Range(0, (length + each - 1) / each).Select(part => Math.Min(each, length - part * each))] : node.Int32s(1);
        var parts = new List<Value?>();
        for (int i = 0, start = 0; i < lengths.Length; start += lengths[i++])
        {
            var part = Selection.Slice(x, axis, start, lengths[i], 1);
            parts.Add(isSingle && !node.Attributes.Flag("keepdims", true) ? Selection.Reshape(part, [.. part.Dims[..axis], .. part.Dims[(axis + 1)..]]) : part);
        }
        return new SequenceValue(parts);
    }

    /// <summary>Texts without some words, in one case.</summary>
    private static HostValue<string> Normalise(NodeContext node)
    {
        var x = Texts(node, 0);
        bool isExact = node.Attributes.Flag("is_case_sensitive");
        var stops = new HashSet<string>(node.Attributes.Texts("stopwords") ?? [], isExact ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        var culture = CultureInfo.InvariantCulture;
        string[] left = [.. x.Values.Where(text => !stops.Contains(text)).Select(text => node.Attributes.Text("case_change_action", "NONE") switch
        {
            "LOWER" => text.ToLower(culture),
            "UPPER" => text.ToUpper(culture),
            _ => text,
        })];
        if (left.Length == 0) left = [""];
        return new HostValue<string>(Elements.Text, x.Rank == 2 ? [1, left.Length] : [left.Length], left);
    }
}
