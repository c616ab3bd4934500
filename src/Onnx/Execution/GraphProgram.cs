using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>A graph that is ready to run: its steps in order, its values numbered.</summary>
internal sealed class GraphProgram
{
    // a value that is read within so many steps is no lasting one
    private const int MostSteps = 16;

    private readonly int[] kept;
    private readonly bool[] isBoundary;

    /// <param name="names">The values.</param>
    /// <param name="constants">The values that are there before a run.</param>
    /// <param name="weights">The parameters among the values.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="inputs">The values that a run is given.</param>
    /// <param name="outer">The values of the graph around it that it reads.</param>
    /// <param name="outputs">The values that a run gives.</param>
    public GraphProgram(string[] names, HostValue?[] constants, ProgramWeight?[] weights, Step[] steps, int[] inputs, int[] outer, int[] outputs)
    {
        (Names, Constants, Weights, Steps, Inputs, Outer, Outputs) = (names, constants, weights, steps, inputs, outer, outputs);
        isBoundary = new bool[steps.Length];
        LastUse = Uses(out kept);
    }

    /// <summary>The names of the values.</summary>
    public string[] Names { get; }

    public int SlotCount => Names.Length;

    public HostValue?[] Constants { get; }

    public ProgramWeight?[] Weights { get; }

    public Step[] Steps { get; }

    public int[] Inputs { get; }

    /// <summary>The values of the graph around it, in the order of <see cref="CheckedGraph.Outer"/>.</summary>
    public int[] Outer { get; }

    public int[] Outputs { get; }

    /// <summary>The step that reads each value last; the number of steps for outputs, -1 for none.</summary>
    public int[] LastUse { get; }

    /// <summary>Runs all steps.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="inputs">A value for each input.</param>
    /// <param name="outer">A value for each name of the graph around it.</param>
    public Value?[] Run(Pass pass, ReadOnlySpan<Value?> inputs, ReadOnlySpan<Value?> outer)
    {
        var frame = new Frame(this, pass);
        if (inputs.Length < Inputs.Length) throw new ArgumentException($"{inputs.Length} values are given to a graph of {Inputs.Length} inputs");
        for (int i = 0; i < Inputs.Length; i++) frame[Inputs[i]] = inputs[i];
        for (int i = 0; i < outer.Length; i++) frame[Outer[i]] = outer[i];
        Execute(frame, 0, Steps.Length);
        return Array.ConvertAll(Outputs, slot => frame[slot]);
    }

    /// <summary>Runs some steps. Where no more than one value goes on from a row of steps, the memory of the others is given back.</summary>
    public void Execute(Frame frame, int from, int to)
    {
        var scope = frame.Pass.OpenScope();
        for (int at = from; at < to; at++)
        {
            Run(Steps[at], frame);
            if (!isBoundary[at]) continue;
            if (kept[at] == Everything)
            {
                scope = frame.Pass.OpenScope();
                continue;
            }
            if (kept[at] == Nothing || frame[kept[at]] is HostValue) scope.KeepNothing();
            else if (frame[kept[at]] is DeviceValue { Ids: null } device) scope.KeepOnly(device.Variable);
            scope = frame.Pass.OpenScope();
        }
    }

    /// <summary>The steps as rows of about as many layers each, cut where little goes on.</summary>
    /// <param name="most">How many rows there are at most.</param>
    public IReadOnlyList<Step[]> Divide(int most)
    {
        var blocks = new List<List<Step>> { new() };
        bool learns = false;
        for (int at = 0; at < Steps.Length; at++)
        {
            blocks[^1].Add(Steps[at]);
            learns |= Steps[at].Module is not null;
            if (!isBoundary[at] || !learns) continue;
            blocks.Add([]);
            learns = false;
        }
        // what is left behind the last layer belongs to it
        if (blocks.Count > 1 && !learns)
        {
            blocks[^2].AddRange(blocks[^1]);
            blocks.RemoveAt(blocks.Count - 1);
        }
        int count = Math.Min(most, blocks.Count);
        return [.. Enumerable.Range(0, count).Select(row => blocks[(row * blocks.Count / count)..((row + 1) * blocks.Count / count)].SelectMany(block => block).ToArray())];
    }

    private const int Everything = -2;
    private const int Nothing = -1;

    private static void Run(Step step, Frame frame)
    {
        try
        {
            step.Run(frame);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException or IndexOutOfRangeException
            or OverflowException or InvalidCastException or DivideByZeroException or KeyNotFoundException or FormatException
            && exception is not (ObjectDisposedException or OnnxRunException))
        {
            string inputs = string.Join(", ", step.Inputs.Select(slot => slot < 0 ? "nothing" : frame[slot]?.ToString() ?? "nothing"));
            throw new OnnxRunException($"onnx: {step.Described} of {inputs}: {exception.Message}", exception);
        }
    }

    /// <summary>When each value is read last, and what is kept after each step: everything, nothing, or one value, where all that was computed since
    /// the last such place is no longer needed but that.</summary>
    private int[] Uses(out int[] kept)
    {
        var last = new int[SlotCount];
        Array.Fill(last, -1);
        for (int at = 0; at < Steps.Length; at++)
            foreach (int slot in Steps[at].Inputs)
                if (slot >= 0) last[slot] = at;
        foreach (int slot in Outputs) last[slot] = Steps.Length;
        kept = new int[Steps.Length];
        var live = new List<int>();
        for (int at = 0; at < Steps.Length; at++)
        {
            live.AddRange(Steps[at].Outputs.Where(slot => slot >= 0 && last[slot] >= 0));
            live.RemoveAll(slot => last[slot] <= at);
            // what most of the graph reads, a mask for one, is kept without being counted
            int lasting = live.Count(slot => last[slot] - at > Math.Max(MostSteps, Steps.Length / 4));
            kept[at] = live.Count == 0 ? Nothing : live.Count == 1 ? live[0] : Everything;
            if (live.Count - lasting <= 1)
            {
                isBoundary[at] = true;
                live.Clear();
            }
        }
        return last;
    }
}
