using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Recurrent layers over sequences [T, N, I]: gates are linear maps of the input and of the state, step by step.</summary>
internal static class RecurrentOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        new Operator("LSTM", static node => Run(node, 4, ["Sigmoid", "Tanh", "Tanh"], LongShortTerm)) { HasWeights = true, HostInputs = [4] },
        new Operator("GRU", static node => Run(node, 3, ["Sigmoid", "Tanh"], Gated)) { HasWeights = true, HostInputs = [4] },
        new Operator("RNN", static node => Run(node, 1, ["Tanh"], Plain)) { HasWeights = true, HostInputs = [4] },
    ];

    /// <summary>One step: from what the input adds to the gates and the state to the next state.</summary>
    private delegate (Variable Hidden, Variable? Cell) Step(Direction direction, Variable input, Variable hidden, Variable? cell);

    private static Value?[] Run(NodeContext node, int gates, string[] usual, Step step)
    {
        bool isBatchFirst = node.Attributes.Flag("layout");
        var x = node.Variable(0);
        if (isBatchFirst) x = x.Transpose(0, 1);
        int length = x.Shape[0], batch = x.Shape[1], directions = node.Dims(1)[0], width = node.Dims(2)[2];
        string[] names = node.Attributes.Texts("activations") ?? [.. Enumerable.Repeat(usual, directions).SelectMany(one => one)];
        int[]? lengths = node.Has(4) ? node.Int32s(4) : null;
        if (lengths is not null && lengths.All(own => own == length)) lengths = null;
        string way = node.Attributes.Text("direction", "forward");
        var outputs = new List<Variable>();
        var (hiddens, cells) = (new List<Variable>(), new List<Variable>());
        for (int at = 0; at < directions; at++)
        {
            bool isReverse = way == "reverse" || at == 1;
            var direction = new Direction(node, at, gates, width, [.. names.Skip(at * usual.Length).Take(usual.Length).Select(Function)]);
            var inputs = x.Linear(direction.Input, direction.InputBias);
            var hidden = Initial(node, 5, at, batch, width, isBatchFirst);
            Variable? cell = usual.Length == 3 ? Initial(node, 6, at, batch, width, isBatchFirst) : null;
            var steps = new Variable[length];
            for (int time = 0; time < length; time++)
            {
                int now = isReverse ? length - 1 - time : time;
                var (nextHidden, nextCell) = step(direction, inputs.Slice(0, now, 1).Squeeze(0), hidden, cell);
                if (lengths is not null)
                {
                    // a sequence that has ended keeps its state, and gives zeros
                    var runs = node.Upload([batch, 1], Array.ConvertAll(lengths, own => now < own ? 1f : 0f));
                    var ended = 1f - runs;
                    nextHidden = nextHidden * runs + hidden * ended;
                    if (cell is not null) nextCell = nextCell! * runs + cell * ended;
                    steps[now] = nextHidden * runs;
                }
                else steps[now] = nextHidden;
                (hidden, cell) = (nextHidden, nextCell);
            }
            outputs.Add(Variable.Stack(steps));
            hiddens.Add(hidden);
            if (cell is not null) cells.Add(cell);
        }
        // [T, D, N, H], or batches first: [N, T, D, H]
        var all = Variable.Stack([.. outputs], 1);
        var results = new List<Variable> { isBatchFirst ? all.Permute(2, 0, 1, 3) : all, Last(hiddens) };
        if (cells.Count > 0) results.Add(Last(cells));
        return [.. results.Select(result => (Value?)Operator.Typed(result, node))];

        Variable Last(List<Variable> states)
        {
            var stacked = Variable.Stack([.. states]);
            return isBatchFirst ? stacked.Transpose(0, 1) : stacked;
        }
    }

    private static Variable Initial(NodeContext node, int input, int direction, int batch, int width, bool isBatchFirst)
    {
        if (!node.Has(input)) return node.Upload([batch, width], new float[batch * width]);
        var given = node.Variable(input);
        if (isBatchFirst) given = given.Transpose(0, 1);
        return given.Slice(0, direction, 1).Squeeze(0);
    }

    private static Func<Variable, Variable> Function(string name) => ActivationOperators.Named(name) is { } activation
        ? activation.Apply : throw new ArgumentException($"the activation '{Printable.Text(name)}' is not known");

    private static (Variable, Variable?) Plain(Direction direction, Variable input, Variable hidden, Variable? cell) =>
        (direction.Functions[0](direction.Held(input + hidden.Linear(direction.State, direction.StateBias))), null);

    /// <summary>Gates: update, reset, new.</summary>
    private static (Variable, Variable?) Gated(Direction direction, Variable input, Variable hidden, Variable? cell)
    {
        int width = direction.Width;
        Variable Gate(Variable of, int at) => of.Slice(1, at * width, width);

        var state = hidden.Linear(direction.State, direction.StateBias);
        var update = direction.Functions[0](direction.Held(Gate(input, 0) + Gate(state, 0)));
        var reset = direction.Functions[0](direction.Held(Gate(input, 1) + Gate(state, 1)));
        Variable candidate;
        if (direction.IsLinearBeforeReset) candidate = Gate(input, 2) + reset * Gate(state, 2);
        else
        {
            var rows = direction.State.Slice(0, 2 * width, width);
            candidate = Gate(input, 2) + (reset * hidden).Linear(rows, direction.StateBias?.Slice(0, 2 * width, width));
        }
        candidate = direction.Functions[1](direction.Held(candidate));
        return ((1f - update) * candidate + update * hidden, null);
    }

    /// <summary>Gates: input, output, forget, cell (Hochreiter and Schmidhuber 1997), with peepholes where there are any.</summary>
    private static (Variable, Variable?) LongShortTerm(Direction direction, Variable input, Variable hidden, Variable? cell)
    {
        int width = direction.Width;
        var gates = input + hidden.Linear(direction.State, direction.StateBias);
        Variable Gate(int at) => gates.Slice(1, at * width, width);
        Variable Peeked(Variable gate, Variable of, int at) => direction.Peepholes is { } peepholes ? gate + of * peepholes.Slice(0, at * width, width) : gate;

        var enters = direction.Functions[0](direction.Held(Peeked(Gate(0), cell!, 0)));
        var stays = direction.IsCoupled ? 1f - enters : direction.Functions[0](direction.Held(Peeked(Gate(2), cell!, 2)));
        var next = stays * cell! + enters * direction.Functions[1](direction.Held(Gate(3)));
        var leaves = direction.Functions[0](direction.Held(Peeked(Gate(1), next, 1)));
        return (leaves * direction.Functions[2](next), next);
    }

    /// <summary>The weights of one direction.</summary>
    private sealed class Direction
    {
        private readonly float clip;

        public Direction(NodeContext node, int at, int gates, int width, Func<Variable, Variable>[] functions)
        {
            Width = width;
            Functions = functions;
            Input = node.Variable(1).Slice(0, at, 1).Squeeze(0);
            State = node.Variable(2).Slice(0, at, 1).Squeeze(0);
            if (node.VariableOrNull(3) is { } bias)
            {
                var own = bias.Slice(0, at, 1).Squeeze(0);
                InputBias = own.Slice(0, 0, gates * width);
                StateBias = own.Slice(0, gates * width, gates * width);
            }
            if (gates == 4 && node.VariableOrNull(7) is { } peepholes) Peepholes = peepholes.Slice(0, at, 1).Squeeze(0);
            clip = node.Attributes.Float("clip");
            IsLinearBeforeReset = node.Attributes.Flag("linear_before_reset");
            IsCoupled = node.Attributes.Flag("input_forget");
        }

        public int Width { get; }

        public Func<Variable, Variable>[] Functions { get; }

        public Variable Input { get; }

        public Variable State { get; }

        public Variable? InputBias { get; }

        public Variable? StateBias { get; }

        public Variable? Peepholes { get; }

        public bool IsLinearBeforeReset { get; }

        public bool IsCoupled { get; }

        /// <summary>What an activation is given: held within the clip, where there is one.</summary>
        public Variable Held(Variable x) => clip > 0 ? x.Clamp(-clip, clip) : x;
    }
}
