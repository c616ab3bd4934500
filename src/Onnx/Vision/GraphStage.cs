using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Steps of a program that one variable goes into and one comes out of.</summary>
internal sealed class GraphStage : Layer
{
    private readonly GraphProgram program;
    private readonly StageRange range;

    public GraphStage(GraphProgram program, StageRange range)
    {
        this.program = program;
        this.range = range;
        Add("", new PartModule(program.Steps[range.From..range.To]));
    }

    protected override Variable Compute(Variable x)
    {
        var frame = new Frame(program, x.Pass);
        frame[range.Input] = new DeviceValue(x);
        program.Execute(frame, range.From, range.To);
        return frame.Variable(range.Output);
    }
}

/// <summary>Steps of a program.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The one behind the last.</param>
/// <param name="Input">The value that goes into them.</param>
/// <param name="Output">The value that comes out.</param>
internal readonly record struct StageRange(int From, int To, int Input, int Output)
{
    /// <summary>Both in a row.</summary>
    public StageRange With(StageRange next) => new(From, next.To, Input, next.Output);
}
