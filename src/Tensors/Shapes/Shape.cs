using System.Collections;
using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>The lengths of a tensor's axes, outermost first: <c>Shape images = [32, 3, 224, 224]</c>.</summary>
/// <remarks>At most <see cref="MaximumRank"/> axes, none negative. The shape of a scalar is empty: <c>[]</c>.</remarks>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    /// <summary>The most axes that a tensor can have.</summary>
    public const int MaximumRank = AxisValues.Capacity;

    private readonly AxisValues lengths;

    /// <summary>Makes a shape of the given axis lengths.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaximumRank"/> axes, a negative length, or more elements than 64 bits count.</exception>
    public Shape(ReadOnlySpan<int> lengths)
    {
        if (lengths.Length > MaximumRank)
            throw new ArgumentException($"a shape has at most {MaximumRank} axes, not {lengths.Length}");
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] < 0) throw new ArgumentException($"axis {axis} of a shape has the negative length {lengths[axis]}");
            this.lengths[axis] = lengths[axis];
        }
        Rank = lengths.Length;
        if (IsBeyondCounting(lengths)) throw new ArgumentException($"{this} has more elements than can be counted (2^63)");
    }

    /// <summary>The number of axes.</summary>
    public int Rank { get; }

    /// <summary>The product of all axis lengths: 1 for a scalar, 0 where an axis is empty.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            for (int axis = 0; axis < Rank; axis++) count *= lengths[axis];
            return count;
        }
    }

    /// <summary>The length of an axis; <c>shape[^1]</c> is the innermost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int this[Index axis]
    {
        get
        {
            int at = axis.GetOffset(Rank);
            return (uint)at < (uint)Rank ? lengths[at] : throw new ArgumentOutOfRangeException(nameof(axis), $"{this} has no axis {axis}");
        }
    }

    /// <summary>A shape of the given axis lengths (what a collection expression calls).</summary>
    public static Shape Create(ReadOnlySpan<int> lengths) => new(lengths);

    /// <summary>This shape with one axis of another length.</summary>
    public Shape With(Index axis, int length)
    {
        Span<int> changed = stackalloc int[MaximumRank];
        CopyTo(changed);
        changed[axis.GetOffset(Rank)] = length;
        return new Shape(changed[..Rank]);
    }

    /// <summary>This shape without one axis.</summary>
    public Shape Without(Index axis)
    {
        Span<int> kept = stackalloc int[MaximumRank];
        int at = axis.GetOffset(Rank);
        for (int from = 0, to = 0; from < Rank; from++)
            if (from != at) kept[to++] = lengths[from];
        return new Shape(kept[..(Rank - 1)]);
    }

    /// <summary>This shape with more axes inside its last.</summary>
    public Shape Append(params ReadOnlySpan<int> inner)
    {
        Span<int> extended = stackalloc int[MaximumRank + inner.Length];
        CopyTo(extended);
        inner.CopyTo(extended[Rank..]);
        return new Shape(extended[..(Rank + inner.Length)]);
    }

    /// <summary>This shape with axes of length 1 outside its first, so that there are <paramref name="rank"/> in all.</summary>
    public Shape AlignedTo(int rank)
    {
        Span<int> aligned = stackalloc int[rank];
        aligned.Fill(1);
        CopyTo(aligned[(rank - Rank)..]);
        return new Shape(aligned);
    }

    /// <summary>Copies the axis lengths to <paramref name="destination"/>.</summary>
    public void CopyTo(Span<int> destination)
    {
        for (int axis = 0; axis < Rank; axis++) destination[axis] = lengths[axis];
    }

    /// <summary>The axis lengths as an array.</summary>
    public int[] ToArray()
    {
        var array = new int[Rank];
        CopyTo(array);
        return array;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        if (Rank != other.Rank) return false;
        for (int axis = 0; axis < Rank; axis++)
            if (lengths[axis] != other.lengths[axis]) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (int axis = 0; axis < Rank; axis++) hash.Add(lengths[axis]);
        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same axes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ in an axis.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The axes in brackets: <c>[32, 3, 224, 224]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    private static bool IsBeyondCounting(ReadOnlySpan<int> lengths)
    {
        // an empty axis makes any shape empty
        if (lengths.Contains(0)) return false;
        long count = 1;
        foreach (int length in lengths)
        {
            if (count > long.MaxValue / length) return true;
            count *= length;
        }
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
