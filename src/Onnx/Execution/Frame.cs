using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>The values of one run of a program.</summary>
internal sealed class Frame(GraphProgram program, Pass pass)
{
    private readonly Value?[] values = new Value?[program.SlotCount];

    public Pass Pass => pass;

    /// <summary>A value: one that was computed, a constant, or a parameter.</summary>
    public Value? this[int slot]
    {
        get => slot < 0 ? null : values[slot] ?? (program.Constants[slot] is { } constant ? constant : Parameter(slot));
        set
        {
            if (slot >= 0) values[slot] = value;
        }
    }

    /// <summary>A value that has to be floats on the device.</summary>
    public Variable Variable(int slot) => this[slot] switch
    {
        DeviceValue device => device.Variable,
        HostValue host => Conversion.ToVariable(host, pass),
        _ => throw new ArgumentException($"'{Printable.Text(program.Names[slot])}' is no tensor"),
    };

    /// <summary>Whether a value was computed in this run.</summary>
    public bool IsComputed(int slot) => slot >= 0 && values[slot] is not null;

    private DeviceValue? Parameter(int slot)
    {
        if (program.Weights[slot] is not { } weight) return null;
        var variable = weight.IsBuffer ? pass.Constant(pass.ValueOf(weight.Parameter)) : pass.Of(weight.Parameter);
        var value = new DeviceValue(variable);
        values[slot] = value;
        return value;
    }
}

/// <summary>A parameter of a program, or a buffer.</summary>
internal sealed record ProgramWeight(Parameter Parameter, bool IsBuffer);
