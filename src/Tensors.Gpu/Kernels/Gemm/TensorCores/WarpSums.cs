namespace Graft.Tensors.Gpu;

/// <summary>A lane's share of four columns' fragments, eight columns each.</summary>
internal struct SumFragments
{
    public const int Count = 4;

    private SumFragment f0, f1, f2, f3;

    /// <summary>this += left * right.</summary>
    public void Add<TFormat>(LeftFragment left, RightFragment b0, RightFragment b1, RightFragment b2, RightFragment b3) where TFormat : struct, IMatrixFormat
    {
        f0 = TFormat.MultiplyAdd(left, b0, f0);
        f1 = TFormat.MultiplyAdd(left, b1, f1);
        f2 = TFormat.MultiplyAdd(left, b2, f2);
        f3 = TFormat.MultiplyAdd(left, b3, f3);
    }

    /// <summary>One of its numbers: which fragment, and which number of it.</summary>
    public readonly float At(int fragment, int number)
    {
        float low = Of(f0, number), next = Of(f1, number), third = Of(f2, number), last = Of(f3, number);
        float lower = (fragment & 1) == 0 ? low : next, upper = (fragment & 1) == 0 ? third : last;
        return (fragment & 2) == 0 ? lower : upper;
    }

    private static float Of(SumFragment fragment, int number)
    {
        float upper = (number & 1) == 0 ? fragment.C0 : fragment.C1, lower = (number & 1) == 0 ? fragment.C2 : fragment.C3;
        return (number & 2) == 0 ? upper : lower;
    }
}

/// <summary>The sums of a warp, 64 rows by 32 columns: 64 of them a lane.</summary>
internal struct WarpSums
{
    private SumFragments r0, r1, r2, r3;

    /// <summary>this += left * right, four fragments each.</summary>
    public void Add<TFormat>(
        LeftFragment a0, LeftFragment a1, LeftFragment a2, LeftFragment a3, RightFragment b0, RightFragment b1, RightFragment b2, RightFragment b3) where TFormat : struct, IMatrixFormat
    {
        r0.Add<TFormat>(a0, b0, b1, b2, b3);
        r1.Add<TFormat>(a1, b0, b1, b2, b3);
        r2.Add<TFormat>(a2, b0, b1, b2, b3);
        r3.Add<TFormat>(a3, b0, b1, b2, b3);
    }

    /// <summary>One of its numbers: of which row of fragments, which fragment of it, and which number of that.</summary>
    public readonly float At(int row, int fragment, int number)
    {
        float low = r0.At(fragment, number), next = r1.At(fragment, number), third = r2.At(fragment, number), last = r3.At(fragment, number);
        float lower = (row & 1) == 0 ? low : next, upper = (row & 1) == 0 ? third : last;
        return (row & 2) == 0 ? lower : upper;
    }
}
