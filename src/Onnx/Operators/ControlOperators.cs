namespace Graft.Onnx;

/// <summary>Operators that run graphs within them.</summary>
internal static class ControlOperators
{
    private const long MostRounds = 1 << 20;

    public static IEnumerable<Operator> Rows =>
    [
        new Operator("If", static node => node.RunBody(node.Host(0).GetInteger(0) != 0 ? "then_branch" : "else_branch")) { HostInputs = [0] },
        new Operator("Loop", Loop) { HostInputs = [0, 1] },
        new Operator("Scan", Scan),
    ];

    private static Value?[] Loop(NodeContext node)
    {
        long most = node.Has(0) ? node.Int64(0) : MostRounds;
        bool goesOn = !node.Has(1) || node.Host(1).GetInteger(0) != 0;
        int carried = Math.Max(0, node.Count - 2), collected = Math.Max(0, node.OutputCount - carried);
        var values = new Value?[carried];
        for (int i = 0; i < carried; i++) values[i] = node[i + 2];
        var rows = new List<TensorValue>[collected];
        for (int i = 0; i < collected; i++) rows[i] = [];
        for (long round = 0; goesOn && round < most; round++)
        {
            if (round >= MostRounds) throw new ArgumentException($"it goes round more than {MostRounds} times");
            var results = node.RunBody("body", [Elements.Int64.FromIntegers([], _ => round), Elements.Bool.FromIntegers([], _ => 1), .. values]);
            goesOn = results[0] is not TensorValue condition || AsHost(condition).GetInteger(0) != 0;
            for (int i = 0; i < carried; i++) values[i] = results[i + 1];
            for (int i = 0; i < collected; i++) rows[i].Add((TensorValue)results[carried + i + 1]!);
        }
        return [.. values, .. rows.Select(row => (Value?)Stacked(row, 0, node))];
    }

    private static Value?[] Scan(NodeContext node)
    {
        int scanned = (int)node.Attributes.Int("num_scan_inputs");
        // version 8 has a batch axis and the lengths of its sequences before all else
        bool isBatched = node.Version < 9;
        int offset = isBatched ? 1 : 0, states = node.Count - scanned - offset;
        if (isBatched) return Batched(node, scanned, states);
        long[] axes = node.Attributes.Ints("scan_input_axes") ?? new long[scanned], directions = node.Attributes.Ints("scan_input_directions") ?? new long[scanned];
        return Run(node, [.. Enumerable.Range(0, states).Select(i => node[i])], [.. Enumerable.Range(states, scanned).Select(node.Tensor)], axes, directions);
    }

    private static Value?[] Run(NodeContext node, Value?[] states, TensorValue[] inputs, long[] axes, long[] directions)
    {
        int collected = node.OutputCount - states.Length, length = inputs.Length == 0 ? 0 : inputs[0].Dims[Dimensions.Axis(axes[0], inputs[0].Rank)];
        var rows = new List<TensorValue>[collected];
        for (int i = 0; i < collected; i++) rows[i] = [];
        for (int step = 0; step < length; step++)
        {
            var slices = new Value?[inputs.Length];
            for (int i = 0; i < inputs.Length; i++)
            {
                int axis = Dimensions.Axis(axes[i], inputs[i].Rank), at = directions[i] == 0 ? step : length - 1 - step;
                var slice = Selection.Slice(inputs[i], axis, at, 1, 1);
                slices[i] = Selection.Reshape(slice, [.. slice.Dims[..axis], .. slice.Dims[(axis + 1)..]]);
            }
            var results = node.RunBody("body", [.. states, .. slices]);
            for (int i = 0; i < states.Length; i++) states[i] = results[i];
            for (int i = 0; i < collected; i++) rows[i].Add((TensorValue)results[states.Length + i]!);
        }
        long[] outputAxes = node.Attributes.Ints("scan_output_axes") ?? new long[collected], outputDirections = node.Attributes.Ints("scan_output_directions") ?? new long[collected];
        for (int i = 0; i < collected; i++)
            if (outputDirections[i] != 0) rows[i].Reverse();
        return [.. states, .. rows.Select((row, i) => (Value?)Stacked(row, outputAxes[i], node))];
    }

    private static Value?[] Batched(NodeContext node, int scanned, int states)
    {
        int batch = node.Dims(1 + states)[0];
        var results = new List<TensorValue>[node.OutputCount];
        for (int i = 0; i < results.Length; i++) results[i] = [];
        for (int example = 0; example < batch; example++)
        {
            var ofExample = Run(
                node, [.. Enumerable.Range(1, states).Select(i => (Value?)One(node.Tensor(i), example))],
                [.. Enumerable.Range(1 + states, scanned).Select(i => One(node.Tensor(i), example))], new long[scanned], node.Attributes.Ints("directions") ?? new long[scanned]);
            for (int i = 0; i < results.Length; i++) results[i].Add((TensorValue)ofExample[i]!);
        }
        return [.. results.Select(row => (Value?)Stacked(row, 0, node))];

        static TensorValue One(TensorValue x, int example) => Selection.Reshape(Selection.Slice(x, 0, example, 1, 1), x.Dims[1..]);
    }

    private static TensorValue Stacked(List<TensorValue> rows, long axis, NodeContext node)
    {
        if (rows.Count == 0) return Elements.Single.Zeros([0]);
        int at = Dimensions.Axis(axis, rows[0].Rank + 1);
        return Selection.Concat([.. rows.Select(row => Selection.Reshape(row, [.. row.Dims[..at], 1, .. row.Dims[at..]]))], at, node.Pass);
    }

    private static HostValue AsHost(TensorValue value) => value as HostValue ?? Conversion.ToHost((DeviceValue)value);
}
