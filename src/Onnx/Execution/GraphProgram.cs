using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>A graph that is ready to run: its steps in order, its values numbered.</summary>
internal sealed class GraphProgram
{
    private readonly int[] kept;

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
            if (kept[at] == Everything) continue;
            if (kept[at] == Nothing || frame[kept[at]] is HostValue) scope.KeepNothing();
            else if (frame[kept[at]] is DeviceValue { Ids: null } device) scope.KeepOnly(device.Variable);
            scope = frame.Pass.OpenScope();
        }
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
            live.AddRange(Steps[at].Outputs.Where(slot => slot >= 0));
            live.RemoveAll(slot => last[slot] <= at);
            kept[at] = live.Count > 1 ? Everything : live.Count == 1 ? live[0] : Nothing;
            if (live.Count <= 1) live.Clear();
        }
        return last;
    }
}
