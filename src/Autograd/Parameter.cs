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

    /// <summary>The numbers on <paramref name="device"/>, moved there if they are elsewhere.</summary>
    internal Tensor<float> On(Device device)
    {
        if (Value.Device == device) return Value;
        var moved = device.Rent<float>(Shape);
        moved.CopyFrom(Value.ToArray());
        value!.Dispose();
        value = moved;
        return moved;
    }

    /// <summary>The first numbers, where no checkpoint has any.</summary>
    internal abstract Tensor<float> Create();
}
