using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor that training moves: made when it is first used, kept between passes, frozen or not.</summary>
/// <remarks>Any number of passes on any threads may use a parameter. Whoever changes its numbers while others may be using it does so
/// through its model (<c>Load</c>, an optimiser's step, <c>ChangeWeights</c>) or within <see cref="WeightLock.Change"/> of its
/// <see cref="Lock"/>, which lets forwards end before and begin after.</remarks>
public abstract class Parameter
{
    private readonly Lock moving = new();
    private WeightLock? own;
    private Tensor<float>? value;
    private Tensor<float>? constant;
    private bool isPinned;
    private bool isGivenBack;

    /// <summary>A parameter whose name and first numbers the derived class knows.</summary>
    /// <param name="shape">The lengths of its axes.</param>
    protected Parameter(Shape shape) => Shape = shape;

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

    /// <summary>Whether its group lies below the first one that learns: frozen until that frontier moves. Groups of parameters set it.</summary>
    public bool IsBelowFrontier { get; set; }

    /// <summary>The numbers, on the device that used them last; made on the CPU if nobody has yet.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> Value
    {
        get
        {
            lock (moving) return Made();
        }
    }

    /// <summary>What keeps its numbers and those of its model whole; its own where it belongs to no model.</summary>
    public virtual WeightLock Lock
    {
        get
        {
            if (own is null) Interlocked.CompareExchange(ref own, new WeightLock(), null);
            return own;
        }
    }

    /// <summary>Whether the numbers have been made or read yet.</summary>
    public bool IsMade => value is not null;

    /// <summary>A parameter that belongs to no model: a learnt temperature, a prompt.</summary>
    /// <param name="name">Its key in a checkpoint.</param>
    /// <param name="shape">The lengths of its axes.</param>
    /// <param name="initialise">Writes all of the first numbers, in the order of the axes; called when the parameter is first used.</param>
    public static Parameter Create(string name, Shape shape, Action<Span<float>> initialise)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(initialise);
        return new FreeParameter(name, shape, initialise);
    }

    /// <summary>The numbers where a pass on <paramref name="device"/> reads them, moved there if they are elsewhere: what an optimiser
    /// writes to.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> ValueOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        lock (moving) return MovedTo(device.Home);
    }

    /// <summary>As <see cref="ValueOn"/>, with the memory held for the caller, who gives it back: it then stays as it is even where another
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

    /// <summary>Overwrites the numbers. What nobody has used yet is not made first, and nothing is held twice on the CPU: a model's
    /// weights are most of its memory.</summary>
    /// <param name="fill">Writes all of its argument, in the order of the axes.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Fill(Action<Span<float>> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
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
    public void GiveBack()
    {
        lock (moving)
        {
            value?.Dispose();
            (value, constant, isGivenBack) = (null, null, true);
        }
    }

    /// <summary>Takes numbers that lie ready on the CPU in the order of the axes, and owns them: where nobody has used the parameter yet
    /// their memory becomes its own.</summary>
    /// <param name="numbers">Of the parameter's shape; not used again by the caller.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The numbers are not on the CPU in the order of their axes.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Adopt(Tensor<float> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        if (numbers.Shape != Shape) ShapeException.Throw("adopt", $"{numbers.Shape} does not fit {Name} {Shape}", "a parameter keeps its shape");
        if (numbers.Device is not CpuDevice || !numbers.IsContiguous)
            throw new ArgumentException($"{Name}: numbers to adopt lie on the CPU in the order of their axes: copy them there first");
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

    /// <summary>Writes the first numbers, where no checkpoint has any.</summary>
    /// <param name="numbers">As many as the shape has places, in the order of the axes; all are to be written.</param>
    protected abstract void Initialise(Span<float> numbers);

    private Tensor<float> Made()
    {
        RequireNotGivenBack();
        if (value is not null) return value;
        var numbers = Device.Cpu.Rent<float>(Shape);
        Initialise(numbers.Span());
        return value = numbers;
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

    private sealed class FreeParameter(string name, Shape shape, Action<Span<float>> initialise) : Parameter(shape)
    {
        public override string Name => name;

        protected override void Initialise(Span<float> numbers) => initialise(numbers);
    }
}
