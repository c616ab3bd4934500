using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor that training moves: made when it is first used, kept between passes, frozen or not.</summary>
/// <remarks>Any number of passes on any threads may use a parameter. To change its values while others may be using it, do so through its
/// model (<c>Load</c>, an optimiser's step, <c>ChangeWeights</c>) or within <see cref="WeightLock.Change"/> of its
/// <see cref="Lock"/>, which waits for running forwards and holds back new ones.</remarks>
public abstract class Parameter
{
    private readonly Lock moving = new();
    private WeightLock? own;
    private Tensor<float>? value;
    private Tensor<float>? constant;
    private MatrixWeight? matrix;
    private bool isPinned;
    private bool isGivenBack;

    /// <summary>A parameter whose name and initial values the derived class provides.</summary>
    /// <param name="shape">Its shape.</param>
    protected Parameter(Shape shape) => Shape = shape;

    /// <summary>Its key in a checkpoint, spelled from the model's root.</summary>
    public abstract string Name { get; }

    /// <summary>Its shape.</summary>
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

    /// <summary>Whether it was frozen by hand, through <see cref="IsFrozen"/>, whatever the frontier says.</summary>
    public bool IsFrozenByName => isPinned;

    /// <summary>Whether its group is below the frontier, the first one that learns: frozen until the frontier moves (fastai's
    /// <c>freeze_to</c>). Groups of parameters set it.</summary>
    public bool IsBelowFrontier { get; set; }

    /// <summary>The values, on the device that used them last; initialised on the CPU on first use.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> Value
    {
        get
        {
            lock (moving) return Made();
        }
    }

    /// <summary>The lock of its model's weights; one of its own where it belongs to no model.</summary>
    public virtual WeightLock Lock
    {
        get
        {
            if (own is null) Interlocked.CompareExchange(ref own, new WeightLock(), null);
            return own;
        }
    }

    /// <summary>Whether the values have been initialised or loaded.</summary>
    public bool IsMade => value is not null || matrix is not null;

    /// <summary>In which numbers it is kept: single ones, unless <see cref="Convert"/> has changed that.</summary>
    public WeightPrecision Precision => matrix?.Matrix.Precision ?? WeightPrecision.Float32;

    /// <summary>A parameter that belongs to no model: a learnt temperature, a prompt.</summary>
    /// <param name="name">Its key in a checkpoint.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initialise">Writes all initial values, row-major; called when the parameter is first used.</param>
    public static Parameter Create(string name, Shape shape, Action<Span<float>> initialise)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(initialise);
        return new FreeParameter(name, shape, initialise);
    }

    /// <summary>The values on <paramref name="device"/>, moved there if they are elsewhere: what an optimiser writes to.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> ValueOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        lock (moving) return MovedTo(device.Home);
    }

    /// <summary>As <see cref="ValueOn"/>, with the memory held for the caller, who releases it: it then stays valid even where another pass
    /// moves the parameter to another device.</summary>
    /// <param name="device">Where the values are read.</param>
    /// <param name="learns">Whether the caller needs a gradient; else kernels may keep packed forms of the values.</param>
    internal Tensor<float> Hold(Device device, bool learns)
    {
        lock (moving)
        {
            var there = MovedTo(device.Home);
            there.Memory.Retain();
            return learns ? there : constant ??= there.AsConstant();
        }
    }

    /// <summary>Keeps a matrix in another precision from here on, for inference alone: its single numbers are given back. Products and lookups read the narrower
    /// ones as they are; what else reads the parameter in a pass gets single numbers that are made for it.</summary>
    /// <param name="precision">The precision; single leaves all as it is.</param>
    /// <param name="outputAxis">The axis of the outputs, 0 or 1: each has a scale of its own where the numbers are whole.</param>
    /// <remarks>To be called within <see cref="WeightLock.Change"/> of its <see cref="Lock"/> where others may be using it.</remarks>
    /// <exception cref="ShapeException">It is no matrix.</exception>
    /// <exception cref="InvalidOperationException">It is in another precision already.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Convert(WeightPrecision precision, int outputAxis = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputAxis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputAxis, 1);
        lock (moving)
        {
            if (precision == Precision) return;
            var single = Made();
            if (Shape.Rank != 2) ShapeException.Throw("convert", $"{Name} {Shape}", "a weight that is kept in another precision is a matrix");
            matrix = new MatrixWeight(WeightMatrix.From(outputAxis == 0 ? single : single.Permute(1, 0), precision), AreLinesLast: outputAxis == 1);
            single.Dispose();
            (value, constant) = (null, null);
        }
    }

    /// <summary>The matrix on a device, its memory held for the caller; null where the parameter is of single numbers.</summary>
    internal MatrixWeight? HoldMatrix(Device device)
    {
        lock (moving)
        {
            if (matrix is null) return null;
            if (matrix.Matrix.Device != device.Home)
            {
                var moved = matrix with { Matrix = matrix.Matrix.To(device.Home) };
                matrix.Matrix.Dispose();
                matrix = moved;
            }
            matrix.Matrix.Numbers.Memory.Retain();
            matrix.Matrix.Scales?.Memory.Retain();
            return matrix;
        }
    }

    /// <summary>Overwrites the values. Unused parameters are not initialised first, and no second copy is held on the CPU: a model's
    /// weights are most of its memory.</summary>
    /// <param name="fill">Writes all of its argument, row-major.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Fill(Action<Span<float>> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        lock (moving)
        {
            RequireSingle();
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

    /// <summary>Releases the memory; the parameter is not used again.</summary>
    public void GiveBack()
    {
        lock (moving)
        {
            value?.Dispose();
            matrix?.Matrix.Dispose();
            (value, constant, matrix, isGivenBack) = (null, null, null, true);
        }
    }

    /// <summary>Takes ownership of values on the CPU, row-major: where the parameter has not been used yet their memory becomes its
    /// own.</summary>
    /// <param name="numbers">Of the parameter's shape; not used again by the caller.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The values are not row-major on the CPU.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Adopt(Tensor<float> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        if (numbers.Shape != Shape) ShapeException.Throw("adopt", $"{numbers.Shape} does not fit {Name} {Shape}", "a parameter keeps its shape");
        if (numbers.Device is not CpuDevice || !numbers.IsContiguous)
            throw new ArgumentException($"{Name}: values to adopt have to be row-major on the CPU: copy them there first");
        lock (moving)
        {
            RequireSingle();
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

    /// <summary>Writes the initial values, where no checkpoint was loaded.</summary>
    /// <param name="numbers">As many as the shape has elements, row-major; all are to be written.</param>
    protected abstract void Initialise(Span<float> numbers);

    private Tensor<float> Made()
    {
        RequireSingle();
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

    private void RequireSingle()
    {
        if (matrix is not null)
            throw new InvalidOperationException($"{Name} is kept in {Precision} for inference, and its single numbers are gone: load the model again to train, change, export or save it");
        if (isGivenBack) throw new ObjectDisposedException(Name, "its model was disposed of; load it again to use it");
    }

    private sealed class FreeParameter(string name, Shape shape, Action<Span<float>> initialise) : Parameter(shape)
    {
        public override string Name => name;

        protected override void Initialise(Span<float> numbers) => initialise(numbers);
    }
}
