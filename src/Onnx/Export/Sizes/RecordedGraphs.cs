namespace Graft.Onnx.Export;

/// <summary>The same model recorded with batches of several sizes: what is the same in all of them is the model's, what differs follows
/// from the batch.</summary>
internal sealed class RecordedGraphs
{
    private readonly Dictionary<ExportValue, Size[]> shapes = [];
    private readonly Dictionary<SizesInitialiser, Size[]> sizes = [];

    private RecordedGraphs(ExportGraph graph, List<ExportValue> nodes) => (Graph, Nodes) = (graph, nodes);

    /// <summary>The first recording.</summary>
    public ExportGraph Graph { get; }

    /// <summary>What its nodes compute, in order, without what no output needs.</summary>
    public IReadOnlyList<ExportValue> Nodes { get; }

    /// <summary>The lengths of a value's axes, where they follow from the batch; null where they do not.</summary>
    public Size[]? ShapeOf(ExportValue value) => shapes.GetValueOrDefault(value);

    /// <summary>Lengths of the recording as functions of the batch.</summary>
    public Size[] SizesOf(SizesInitialiser initialiser) =>
        sizes.TryGetValue(initialiser, out var known) ? known : Array.ConvertAll(initialiser.Lengths, static length => new Size(length));

    /// <summary>One recording as it is: nothing varies.</summary>
    public static RecordedGraphs Of(ExportGraph graph)
    {
        var result = new RecordedGraphs(graph, graph.Used());
        foreach (var value in graph.Inputs.Concat(result.Nodes)) result.shapes[value] = [.. value.Shape.Select(static length => new Size(length))];
        return result;
    }

    /// <summary>Several recordings as one.</summary>
    /// <param name="graphs">The recordings.</param>
    /// <param name="recorded">The size of the batch of each.</param>
    /// <param name="difference">What does not follow from the batch, where there is no result.</param>
    public static RecordedGraphs? Merge(IReadOnlyList<ExportGraph> graphs, IReadOnlyList<BatchSize> recorded, out string difference)
    {
        difference = "";
        var used = graphs.Select(static graph => graph.Used()).ToList();
        var result = new RecordedGraphs(graphs[0], used[0]);
        if (used.Exists(nodes => nodes.Count != used[0].Count))
        {
            difference = $"there are {string.Join(" and ", used.Select(static nodes => nodes.Count).Distinct())} nodes";
            return null;
        }
        var counterparts = new Dictionary<ExportValue, ExportValue[]>();
        for (int input = 0; input < graphs[0].Inputs.Count; input++) result.Pair([.. graphs.Select(graph => graph.Inputs[input])], recorded, counterparts);
        for (int at = 0; at < used[0].Count; at++)
        {
            ExportValue[] same = [.. used.Select(nodes => nodes[at])];
            if (result.Difference(same, recorded, counterparts) is { } found)
            {
                difference = $"{same[0].Node!.Type}, node {at + 1} of {used[0].Count}: {found}";
                return null;
            }
            result.Pair(same, recorded, counterparts);
        }
        return result;
    }

    private void Pair(ExportValue[] same, IReadOnlyList<BatchSize> recorded, Dictionary<ExportValue, ExportValue[]> counterparts)
    {
        counterparts[same[0]] = same;
        if (Fit(recorded, [.. same.Select(static value => Array.ConvertAll(value.Shape.ToArray(), static length => (long)length))]) is { } shape) shapes[same[0]] = shape;
    }

    private string? Difference(ExportValue[] same, IReadOnlyList<BatchSize> recorded, Dictionary<ExportValue, ExportValue[]> counterparts)
    {
        var first = same[0].Node!;
        foreach (var other in same.Skip(1).Select(static value => value.Node!))
        {
            if (other.Type != first.Type) return $"it is {other.Type} in another batch";
            if (other.Inputs.Count != first.Inputs.Count) return "it has another number of inputs in another batch";
            if (!other.Attributes.SequenceEqual(first.Attributes)) return "its attributes differ from batch to batch";
        }
        for (int input = 0; input < first.Inputs.Count; input++)
        {
            ExportValue?[] operands = [.. same.Select(value => value.Node!.Inputs[input])];
            if (operands[0] is not { } operand)
            {
                if (Array.Exists(operands, static other => other is not null)) return $"input {input} is left out in one batch alone";
                continue;
            }
            if (operand.Initialiser is { } initialiser)
            {
                if (operands.Any(other => other?.Initialiser is not { } numbers || !numbers.IsSame(initialiser))) return $"the numbers of input {input} differ from batch to batch";
                if (initialiser is not SizesInitialiser own) continue;
                long[][] lengths = [.. operands.Select(static other => ((SizesInitialiser)other!.Initialiser!).Lengths)];
                if (Fit(recorded, lengths) is not { } fitted)
                    return $"the lengths of input {input} do not follow from the batch: {string.Join("; ", lengths.Select(static other => string.Join(", ", other)))}";
                sizes[own] = fitted;
                continue;
            }
            if (!counterparts[operand].SequenceEqual(operands)) return $"input {input} is another value in another batch";
        }
        return null;
    }

    private static Size[]? Fit(IReadOnlyList<BatchSize> recorded, long[][] lengths)
    {
        if (Array.Exists(lengths, other => other.Length != lengths[0].Length)) return null;
        var fitted = new Size[lengths[0].Length];
        for (int at = 0; at < fitted.Length; at++)
        {
            if (SizeFit.Of(recorded, [.. lengths.Select(other => other[at])]) is not { } size) return null;
            fitted[at] = size;
        }
        return fitted;
    }
}
