namespace Graft.Tensors.Gpu;

/// <summary>An operand's side of a <see cref="StridedIteration"/> as a kernel's field: the number of an element becomes its offset from
/// the operand's first. Elements are numbered in the order of the first operand's memory, so that neighbouring threads touch
/// neighbouring elements of it.</summary>
/// <remarks>At most eight axes, innermost first, as fields, because GPU code cannot index a struct.</remarks>
internal struct StridedIndex
{
    private int axes;
    private int length0, length1, length2, length3, length4, length5, length6;
    private int step0, step1, step2, step3, step4, step5, step6, step7;

    private StridedIndex(in StridedIteration iteration, int operand)
    {
        bool consecutive = true;
        int dense = 1;
        for (int axis = iteration.Rank - 1; axis >= 0; axis--)
        {
            int length = iteration.Length(axis), step = iteration.Step(operand, axis);
            Add(length, step);
            consecutive &= step == dense || length == 1;
            dense *= length;
        }
        if (consecutive) axes = 0;
    }

    /// <summary>The number of an element is its offset.</summary>
    public static StridedIndex Consecutive => default;

    /// <summary>The index of one operand that is alone.</summary>
    public static StridedIndex Of(Shape shape, in Strides strides) => new(new StridedIteration(shape, strides), 0);

    /// <summary>The indices of several operands of one shape (0 is the step of a broadcast axis); the first one's memory sets the
    /// order.</summary>
    public static void Of(Shape shape, ReadOnlySpan<Strides> operands, Span<StridedIndex> indices)
    {
        var iteration = new StridedIteration(shape, operands);
        for (int operand = 0; operand < operands.Length; operand++) indices[operand] = new StridedIndex(iteration, operand);
    }

    /// <summary>The offset of one element.</summary>
    public readonly int Offset(int index)
    {
        if (axes == 0) return index;
        if (axes == 1) return index * step0;
        int rest = index / length0;
        int offset = (index - rest * length0) * step0;
        if (axes == 2) return offset + rest * step1;
        index = rest;
        rest = index / length1;
        offset += (index - rest * length1) * step1;
        if (axes == 3) return offset + rest * step2;
        index = rest;
        rest = index / length2;
        offset += (index - rest * length2) * step2;
        if (axes == 4) return offset + rest * step3;
        index = rest;
        rest = index / length3;
        offset += (index - rest * length3) * step3;
        if (axes == 5) return offset + rest * step4;
        index = rest;
        rest = index / length4;
        offset += (index - rest * length4) * step4;
        if (axes == 6) return offset + rest * step5;
        index = rest;
        rest = index / length5;
        offset += (index - rest * length5) * step5;
        if (axes == 7) return offset + rest * step6;
        index = rest;
        rest = index / length6;
        return offset + (index - rest * length6) * step6 + rest * step7;
    }

    /// <summary>Appends an axis outside those already there.</summary>
    private void Add(int length, int step)
    {
        switch (axes++)
        {
            case 0: (length0, step0) = (length, step); break;
            case 1: (length1, step1) = (length, step); break;
            case 2: (length2, step2) = (length, step); break;
            case 3: (length3, step3) = (length, step); break;
            case 4: (length4, step4) = (length, step); break;
            case 5: (length5, step5) = (length, step); break;
            case 6: (length6, step6) = (length, step); break;
            default: step7 = step; break;
        }
    }
}
