using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor that training moves: made when it is first used, kept between passes, frozen or not.</summary>
/// <remarks>Any number of passes on any threads may use a parameter. Whoever changes its numbers while others may be using it does so
/// through its model (<c>Load</c>, an optimiser's step, <c>ChangeWeights</c>), which lets forwards end before and begin after.</remarks>
public abstract class Parameter
{
    private readonly Lock moving = new();
    private WeightLock? own;
    private Tensor<float>? value;
    private Tensor<float>? constant;
    private bool isPinned;
    private bool isGivenBack;

    internal Parameter(Shape shape) => Shape = shape;

    /// <summary>Its key in a checkpoint, spelled from the model's root.</summary>
    public abstract string Name { get; }

    /// <summary>The lengths of its axes.</summary>
    public Shape Shape { get; }

    /// <summary>Whether training leaves it as it is: no gradient, no decay, no clipping, no node on the tape. Set by hand it holds until
    /// it is set again, whatever the stages of its model do; setting false lets the parameter learn whatever froze it.</summary>
    public bool IsFrozen
    {
        get => isPinned || IsBelowFrontier;
        set
        {
            isPinned = value;
            if (!value) IsBelowFrontier = false;
        }
    }

    /// <summary>Whether its group lies below the first one that learns: frozen until that frontier moves.</summary>
    internal bool IsBelowFrontier { get; set; }

    /// <summary>The numbers, on the device that used them last; made on the CPU if nobody has yet.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> Value
    {
        get
        {
            lock (moving) return Made();
        }
    }

    /// <summary>What keeps its numbers and those of its model whole.</summary>
    internal virtual WeightLock Lock
    {
        get
        {
            if (own is null) Interlocked.CompareExchange(ref own, new WeightLock(), null);
            return own;
        }
    }

    /// <summary>Whether the numbers have been made or read yet.</summary>
    internal bool IsMade => value is not null;

    /// <summary>The numbers where a pass on <paramref name="device"/> reads them, moved there if they are elsewhere.</summary>
    internal Tensor<float> On(Device device)
    {
        lock (moving) return MovedTo(device.Home);
    }

    /// <summary>As <see cref="On"/>, with the memory held for the caller, who gives it back: it then stays as it is even where another
    /// pass moves the parameter to another device.</summary>
    /// <param name="device">Where the numbers are read.</param>
    /// <param name="learns">Whether the caller wants a gradient; else what kernels make of the numbers is kept.</param>
    internal Tensor<float> Hold(Device device, bool learns)
    {
        lock (moving)
        {
            var there = MovedTo(device.Home);
            there.Memory.Retain();
            return learns ? there : constant ??= there.AsConstant();
        }
    }

    /// <summary>Overwrites the numbers, in the order of the axes. What nobody has used yet is not made first, and nothing is held twice
    /// on the CPU: a model's weights are most of its memory.</summary>
    internal void Fill(Filling fill)
    {
        lock (moving)
        {
            RequireNotGivenBack();
            value ??= Device.Cpu.Rent<float>(Shape);
            if (value.Device is CpuDevice && value.IsContiguous)
            {
                fill(value.Span());
                value.Memory.Invalidate();
                return;
            }
            var numbers = new float[Shape.ElementCount];
            fill(numbers);
            value.CopyFrom(numbers);
        }
    }

    /// <summary>Gives the memory back; the parameter is not used again.</summary>
    internal void GiveBack()
    {
        lock (moving)
        {
            value?.Dispose();
            (value, constant, isGivenBack) = (null, null, true);
        }
    }

    /// <summary>Takes numbers that lie ready on the CPU in the order of the axes, and owns them: where nobody has used the parameter yet
    /// their memory becomes its own.</summary>
    internal void Adopt(Tensor<float> numbers)
    {
        lock (moving)
        {
            RequireNotGivenBack();
            if (value is null)
            {
                value = numbers;
                return;
            }
            if (value.Device is CpuDevice && value.IsContiguous)
            {
                numbers.Span().CopyTo(value.Span());
                value.Memory.Invalidate();
            }
            else
            {
                value.CopyFrom(numbers.Span());
            }
            numbers.Dispose();
        }
    }

    /// <summary>The first numbers, where no checkpoint has any.</summary>
    internal abstract Tensor<float> Create();

    private Tensor<float> Made()
    {
        RequireNotGivenBack();
        return value ??= Create();
    }

    private Tensor<float> MovedTo(Device home)
    {
        var here = Made();
        if (here.Device == home) return here;
        var moved = home.Rent<float>(Shape);
        if (here.Device is CpuDevice && here.IsContiguous) moved.CopyFrom(here.Span());
        else moved.CopyFrom(here.ToArray());
        here.Dispose();
        (value, constant) = (moved, null);
        return moved;
    }

    private void RequireNotGivenBack()
    {
        if (isGivenBack) throw new ObjectDisposedException(Name, "its model was disposed of; load it again to use it");
    }
}

/// <summary>Overwrites all of its argument.</summary>
internal delegate void Filling(Span<float> numbers);
