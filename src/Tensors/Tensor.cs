using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>Numbers in a device's memory, seen through a shape. A view shares the memory and never copies; there is no
/// arithmetic here.</summary>
/// <typeparam name="T">The element: <see cref="float"/> for values, <see cref="int"/> for labels and indices.</typeparam>
public sealed class Tensor<T> : IDisposable, ITensor where T : unmanaged
{
    private const uint HoldFlag = 1;
    private const uint ConstantFlag = 2;
    private const int FlagBits = 2;

    private readonly DeviceMemory memory;
    private readonly Layout layout;
    private readonly int offset;

    /// <summary>The memory's generation when the tensor was made, and below it whether the numbers are constant and whether the tensor
    /// holds the memory still: a training step makes thousands of these objects, so they are small.</summary>
    private uint state;

    /// <summary>A tensor that holds its memory once until it is disposed (<paramref name="owns"/>), or a view that does not.</summary>
    /// <param name="memory">The memory; of an owner it is held already, once, and the tensor takes that over.</param>
    /// <param name="shape">The lengths of the axes.</param>
    /// <param name="strides">How many elements a step along each axis moves.</param>
    /// <param name="offset">The element of the memory that is the tensor's first. Nothing checks that all elements lie in the memory.</param>
    /// <param name="owns">Whether disposing the tensor gives the memory back.</param>
    /// <param name="isConstant">See <see cref="IsConstant"/>.</param>
    public Tensor(DeviceMemory memory, Shape shape, in Strides strides, long offset = 0, bool owns = false, bool isConstant = false)
    {
        this.memory = memory;
        layout = Layout.Of(shape, strides);
        this.offset = checked((int)offset);
        state = ((uint)memory.Generation << FlagBits) | (isConstant ? ConstantFlag : 0u) | (owns ? HoldFlag : 0u);
    }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape => layout.Shape;

    /// <summary>The device that holds the memory.</summary>
    public Device Device => memory.Device;

    /// <summary>The number of elements.</summary>
    public long ElementCount => layout.ElementCount;

    /// <summary>The element of the memory that is the tensor's first.</summary>
    public long Offset => offset;

    /// <summary>How many elements a step along each axis moves in memory.</summary>
    public ref readonly Strides Strides => ref layout.Strides;

    /// <summary>The memory behind the tensor.</summary>
    /// <exception cref="ObjectDisposedException">The memory has gone back to the pool since the tensor was made.</exception>
    public DeviceMemory Memory
    {
        get
        {
            if (!IsAlive) ThrowGivenBack();
            return memory;
        }
    }

    DeviceMemory ITensor.Block => memory;

    /// <summary>Whether the memory has not gone back to the pool since the tensor was made.</summary>
    public bool IsAlive => (uint)memory.Generation << FlagBits == (state & ~(HoldFlag | ConstantFlag));

    /// <summary>Whether whoever handed the tensor out will use its numbers as they are more than once, so that what kernels make of them
    /// (packed weights) is worth keeping. It is the view that says so: one pass may learn what another only reads.</summary>
    /// <remarks>What oneDNN calls a constant tensor.</remarks>
    public bool IsConstant => (state & ConstantFlag) != 0;

    /// <summary>Whether the elements lie one after another in the order of the axes.</summary>
    public bool IsContiguous => layout.IsContiguous;

    /// <summary>Whether the channel axis (1) is innermost in memory and there are no gaps.</summary>
    public bool IsChannelsLast => layout.IsChannelsLast;

    /// <summary>Whether the elements fill their memory without gaps, in whatever order of axes.</summary>
    public bool IsDense => layout.IsDense;

    /// <summary>The elements in the order of the axes, copied to an array of the host.</summary>
    public T[] ToArray()
    {
        var array = new T[ElementCount];
        CopyTo(array);
        return array;
    }

    /// <summary>Copies the elements, in the order of the axes, to <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The destination is not as long as the tensor.</exception>
    public void CopyTo(Span<T> destination)
    {
        RequireLength(destination.Length);
        if (IsContiguous)
        {
            Device.Download(this, destination);
            return;
        }
        using var contiguous = Device.Rent<T>(Shape);
        Device.Copy(this, contiguous);
        Device.Download(contiguous, destination);
    }

    /// <summary>Overwrites the elements, in the order of the axes, with <paramref name="source"/>.</summary>
    /// <exception cref="ArgumentException">The source is not as long as the tensor.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        RequireLength(source.Length);
        if (IsContiguous)
        {
            Device.Upload(source, this);
            return;
        }
        using var contiguous = Device.Rent<T>(Shape);
        Device.Upload(source, contiguous);
        Device.Copy(contiguous, this);
    }

    /// <summary>The same memory under another shape of as many elements.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ, or the memory's order does not allow a view.</exception>
    public Tensor<T> Reshape(Shape shape)
    {
        if (shape.ElementCount != ElementCount)
            ShapeException.Throw("reshape", $"{Shape} does not fit {shape}", $"{ElementCount} elements are not {shape.ElementCount}");
        if (!IsContiguous)
            ShapeException.Throw("reshape", $"{Shape} to {shape}", "the memory is not in the order of the axes, so a view cannot show it; copy it first");
        return View(shape, Strides.Dense(shape), Offset);
    }

    /// <summary>The same memory with its axes in another order: axis <c>i</c> of the view is axis <c>order[i]</c> of this.</summary>
    /// <exception cref="ShapeException">The order does not name each axis once.</exception>
    public Tensor<T> Permute(params ReadOnlySpan<int> order)
    {
        Span<int> lengths = stackalloc int[Shape.MaximumRank];
        var permuted = new Strides();
        uint seen = 0;
        if (order.Length == Shape.Rank)
        {
            for (int axis = 0; axis < order.Length; axis++)
            {
                if ((uint)order[axis] >= (uint)order.Length) break;
                seen |= 1u << order[axis];
                lengths[axis] = Shape[order[axis]];
                permuted.Set(axis, Strides[order[axis]]);
            }
        }
        if (order.Length != Shape.Rank || seen != (1u << Shape.Rank) - 1)
            ShapeException.Throw("permute", $"{Shape} by ({string.Join(", ", order.ToArray())})", "the order has to name each axis once");
        return View(new Shape(lengths[..order.Length]), permuted, Offset);
    }

    /// <summary>Every <paramref name="step"/>th of <paramref name="length"/> indices of one axis, from <paramref name="start"/>.</summary>
    /// <exception cref="ShapeException">The indices lie outside the axis.</exception>
    public Tensor<T> Slice(Index axis, int start, int length, int step = 1)
    {
        int at = axis.GetOffset(Shape.Rank);
        if ((uint)at >= (uint)Shape.Rank || start < 0 || length < 0 || step < 1
            || (length > 0 && start + ((long)length - 1) * step >= Shape[at]))
            ShapeException.Throw("slice", $"{Shape} on axis {axis}", $"{length} indices from {start} by {step} lie outside it");
        var sliced = Strides;
        sliced.Set(at, Strides[at] * step);
        return View(Shape.With(at, length), sliced, Offset + (long)start * Strides[at]);
    }

    /// <summary>The same memory seen as a larger shape: new outer axes and axes of length 1 repeat.</summary>
    /// <exception cref="ShapeException">An axis is neither 1 nor the wanted length.</exception>
    public Tensor<T> Expand(Shape shape) => View(shape, StridesOver(shape), Offset);

    /// <summary>The strides with which the elements are read as a larger shape: 0 where they repeat.</summary>
    /// <exception cref="ShapeException">An axis is neither 1 nor the wanted length.</exception>
    public Strides StridesOver(Shape shape)
    {
        var expanded = new Strides();
        int added = shape.Rank - Shape.Rank;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            int from = axis - added;
            if (added < 0 || (from >= 0 && Shape[from] != 1 && Shape[from] != shape[axis]))
                ShapeException.Throw("expand", $"{Shape} to {shape}", "an axis has to be 1 or the wanted length, aligned at the last");
            expanded.Set(axis, from < 0 || Shape[from] == 1 ? 0 : Strides[from]);
        }
        return expanded;
    }

    /// <summary>The same memory read through strides of the caller's; nothing is checked (PyTorch's <c>as_strided</c>).</summary>
    public Tensor<T> View(Shape shape, in Strides view, long offset) => new(Memory, shape, view, offset, isConstant: IsConstant);

    /// <summary>The same numbers as one who only reads them sees them.</summary>
    public Tensor<T> AsConstant() => IsConstant ? this : new(Memory, Shape, Strides, Offset, isConstant: true);

    unsafe ITensor ITensor.On(DeviceMemory block, long first, bool isConstant) =>
        new Tensor<T>(block, Shape, Strides, offset + first / sizeof(T), isConstant: isConstant);

    bool ITensor.HasLayoutOf(ITensor other) =>
        other is Tensor<T> tensor && tensor.offset == offset && tensor.Shape == Shape && Tensors.Strides.Match(Shape, Strides, tensor.Strides);

    /// <summary>Gives the memory back to its device; needed only where waiting for the garbage collector is too late. A view
    /// has nothing to give back.</summary>
    public void Dispose()
    {
        // twice, perhaps by two threads: the memory is given back once
        if ((Interlocked.And(ref state, ~HoldFlag) & HoldFlag) != 0) memory.Release();
    }

    /// <summary>The element, the shape and the device, without a number: <c>Tensor of Single [2, 3] on cpu (2 threads, 16 lanes)</c>.</summary>
    public override string ToString() => $"Tensor of {typeof(T).Name} {Shape} on {Device.Name}{(IsAlive ? "" : ", given back")}";

    private void RequireLength(int length)
    {
        if (length != ElementCount) throw new ArgumentException($"{length} elements do not fill a tensor {Shape} of {ElementCount}");
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowGivenBack() => throw new ObjectDisposedException(
        $"Tensor {Shape}", "its memory was given back when the pass or the module that made it ended; copy what has to outlive it");
}

/// <summary>Makes tensors of the caller's numbers.</summary>
public static class Tensor
{
    /// <summary>A tensor on the CPU that holds a copy of <paramref name="elements"/>, in the order of the axes.</summary>
    /// <exception cref="ArgumentException">There are not as many elements as the shape has.</exception>
    public static Tensor<T> From<T>(Shape shape, ReadOnlySpan<T> elements) where T : unmanaged =>
        From(shape, elements, Device.Cpu);

    /// <summary>A tensor on <paramref name="device"/> that holds a copy of <paramref name="elements"/>.</summary>
    /// <exception cref="ArgumentException">There are not as many elements as the shape has.</exception>
    public static Tensor<T> From<T>(Shape shape, ReadOnlySpan<T> elements, Device device) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(device);
        var tensor = device.Rent<T>(shape);
        tensor.CopyFrom(elements);
        return tensor;
    }
}
