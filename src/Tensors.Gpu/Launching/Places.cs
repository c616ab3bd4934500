namespace Graft.Tensors.Gpu;

/// <summary>Where an operand keeps the elements of an iteration: element number to distance from its first, in elements.</summary>
/// <remarks>At most eight axes, innermost first, as fields, because GPU code cannot index a struct. Made by
/// <see cref="Iteration"/>.</remarks>
internal struct Places
{
    private int axes;
    private int length0, length1, length2, length3, length4, length5, length6;
    private int step0, step1, step2, step3, step4, step5, step6, step7;

    /// <summary>Element number = distance.</summary>
    public static Places Consecutive => default;

    /// <summary>The distance of one element.</summary>
    public readonly int Of(int index)
    {
        if (axes == 0) return index;
        if (axes == 1) return index * step0;
        int rest = index / length0;
        int place = (index - rest * length0) * step0;
        if (axes == 2) return place + rest * step1;
        index = rest;
        rest = index / length1;
        place += (index - rest * length1) * step1;
        if (axes == 3) return place + rest * step2;
        index = rest;
        rest = index / length2;
        place += (index - rest * length2) * step2;
        if (axes == 4) return place + rest * step3;
        index = rest;
        rest = index / length3;
        place += (index - rest * length3) * step3;
        if (axes == 5) return place + rest * step4;
        index = rest;
        rest = index / length4;
        place += (index - rest * length4) * step4;
        if (axes == 6) return place + rest * step5;
        index = rest;
        rest = index / length5;
        place += (index - rest * length5) * step5;
        if (axes == 7) return place + rest * step6;
        index = rest;
        rest = index / length6;
        return place + (index - rest * length6) * step6 + rest * step7;
    }

    /// <summary>Appends an axis outside those already there.</summary>
    public void Add(int length, int step)
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
