using System.Runtime.CompilerServices;
using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>How a test's tensor lies in memory.</summary>
internal enum Layout
{
    /// <summary>In the order of the axes.</summary>
    Contiguous,

    /// <summary>The channel axis innermost.</summary>
    ChannelsLast,

    /// <summary>The axes in reverse: a transposed view. Dense.</summary>
    Reversed,

    /// <summary>Only every second place is the tensor's: a sliced view.</summary>
    Stepped,

    /// <summary>Three foreign places after each row.</summary>
    PaddedRows,
}

/// <summary>A tensor inside a larger block, so that a kernel that reads or writes beside it is found out: foreign places hold
/// a NaN of their own and are looked at afterwards; an output starts as another NaN that must be gone.</summary>
internal sealed class Placed<T> where T : unmanaged
{
    private const int Before = 19;
    private const int After = 21;
    private const int ForeignBits = 0x7FC05AFE;
    private const int UnwrittenBits = 0x7FC0DEAD;

    private readonly Tensor<T> block;
    private readonly int[] places;
    private readonly bool[] own;

    /// <summary>Places a tensor; without <paramref name="values"/> it is an output, still unwritten.</summary>
    public Placed(Device device, Shape shape, Layout layout, T[]? values = null)
    {
        var strides = StridesOf(shape, layout);
        places = PlacesOf(shape, strides);
        int length = places.Length == 0 ? 0 : places.Max() + 1;
        var host = new T[Before + length + After];
        own = new bool[host.Length];
        Array.Fill(host, Unsafe.BitCast<int, T>(ForeignBits));
        for (int i = 0; i < places.Length; i++)
        {
            own[Before + places[i]] = true;
            host[Before + places[i]] = values is null ? Unsafe.BitCast<int, T>(UnwrittenBits) : values[i];
        }
        block = device.Rent<T>([host.Length]);
        device.Upload<T>(host, block);
        Tensor = block.View(shape, strides, Before);
    }

    public Tensor<T> Tensor { get; }

    /// <summary>The elements in the order of the axes; fails if one is unwritten or a foreign place was written to.</summary>
    public T[] Read(string what)
    {
        var host = new T[own.Length];
        Tensor.Device.Download(block, host);
        for (int i = 0; i < host.Length; i++)
        {
            if (!own[i] && Unsafe.BitCast<T, int>(host[i]) != ForeignBits)
                Assert.Fail($"{what}: wrote {host[i]} {i - Before} places from the tensor's first element, outside the tensor");
        }
        var values = new T[places.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = host[Before + places[i]];
            if (Unsafe.BitCast<T, int>(values[i]) == UnwrittenBits) Assert.Fail($"{what}: element {i} of {Tensor.Shape} was not written");
        }
        return values;
    }

    private static Strides StridesOf(Shape shape, Layout layout)
    {
        var strides = Strides.Dense(shape, layout == Layout.ChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        int step = layout == Layout.Stepped ? 2 : 1;
        if (layout == Layout.Reversed)
        {
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                strides.Set(axis, step);
                step *= Math.Max(1, shape[axis]);
            }
        }
        else if (layout is Layout.Stepped or Layout.PaddedRows)
        {
            for (int axis = shape.Rank - 1; axis >= 0; axis--)
            {
                strides.Set(axis, step);
                step *= Math.Max(1, shape[axis]);
                if (layout == Layout.PaddedRows && axis == shape.Rank - 1) step += 3;
            }
        }
        return strides;
    }

    private static int[] PlacesOf(Shape shape, Strides strides)
    {
        var places = new int[shape.ElementCount];
        var index = new int[shape.Rank];
        for (int i = 0; i < places.Length; i++)
        {
            for (int axis = 0; axis < index.Length; axis++) places[i] += index[axis] * strides[axis];
            for (int axis = index.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) index[axis] = 0;
        }
        return places;
    }
}
