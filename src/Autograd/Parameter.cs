using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor that training moves: made when it is first used, kept between passes, frozen or not.</summary>
public abstract class Parameter
{
    private Tensor<float>? value;

    internal Parameter(Shape shape) => Shape = shape;

    /// <summary>Its key in a checkpoint, spelled from the model's root.</summary>
    public abstract string Name { get; }

    /// <summary>The lengths of its axes.</summary>
    public Shape Shape { get; }

    /// <summary>Whether training leaves it as it is: no gradient, no decay, no clipping, no node on the tape.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Whether the numbers have been made or read yet.</summary>
    internal bool IsMade => value is not null;

    /// <summary>The numbers, on the device that used them last; made on the CPU if nobody has yet.</summary>
    public Tensor<float> Value => value ??= Create();

    /// <summary>The numbers where a pass on <paramref name="device"/> reads them, moved there if they are elsewhere.</summary>
    internal Tensor<float> On(Device device)
    {
        if (Value.Device == device.Home) return Value;
        var moved = device.Home.Rent<float>(Shape);
        if (Value.Device is CpuDevice && Value.IsContiguous) moved.CopyFrom(Value.Span());
        else moved.CopyFrom(Value.ToArray());
        value!.Dispose();
        value = moved;
        return moved;
    }

    /// <summary>Overwrites the numbers, in the order of the axes. What nobody has used yet is not made first, and nothing is held twice
    /// on the CPU: a model's weights are most of its memory.</summary>
    internal void Fill(Filling fill)
    {
        value ??= Device.Cpu.Rent<float>(Shape);
        if (value.Device is CpuDevice && value.IsContiguous)
        {
            value.Memory.Derived.Drop();
            fill(value.Span());
            return;
        }
        var numbers = new float[Shape.ElementCount];
        fill(numbers);
        value.CopyFrom(numbers);
    }

    /// <summary>The first numbers, where no checkpoint has any.</summary>
    internal abstract Tensor<float> Create();
}

/// <summary>Overwrites all of its argument.</summary>
internal delegate void Filling(Span<float> numbers);
