namespace Graft.Tensors.Gpu;

/// <summary>Eight numbers in registers: fields, since an array of a thread lies in memory.</summary>
internal struct Eight(float s0, float s1, float s2, float s3, float s4, float s5, float s6, float s7)
{
    public const int Count = 8;

    public float S0 = s0, S1 = s1, S2 = s2, S3 = s3, S4 = s4, S5 = s5, S6 = s6, S7 = s7;

    /// <summary>this += left * right.</summary>
    public void Add(float left, Eight right)
    {
        S0 = GpuMath.FusedMultiplyAdd(left, right.S0, S0);
        S1 = GpuMath.FusedMultiplyAdd(left, right.S1, S1);
        S2 = GpuMath.FusedMultiplyAdd(left, right.S2, S2);
        S3 = GpuMath.FusedMultiplyAdd(left, right.S3, S3);
        S4 = GpuMath.FusedMultiplyAdd(left, right.S4, S4);
        S5 = GpuMath.FusedMultiplyAdd(left, right.S5, S5);
        S6 = GpuMath.FusedMultiplyAdd(left, right.S6, S6);
        S7 = GpuMath.FusedMultiplyAdd(left, right.S7, S7);
    }

    /// <summary>this *= factor.</summary>
    public void Scale(float factor)
    {
        S0 *= factor;
        S1 *= factor;
        S2 *= factor;
        S3 *= factor;
        S4 *= factor;
        S5 *= factor;
        S6 *= factor;
        S7 *= factor;
    }

    /// <summary>One of them: a choice between registers.</summary>
    public readonly float At(int index)
    {
        float low = (index & 1) == 0 ? S0 : S1, next = (index & 1) == 0 ? S2 : S3, third = (index & 1) == 0 ? S4 : S5, last = (index & 1) == 0 ? S6 : S7;
        float lower = (index & 2) == 0 ? low : next, upper = (index & 2) == 0 ? third : last;
        return (index & 4) == 0 ? lower : upper;
    }

    /// <summary>Number by number, the one or the other.</summary>
    public static Eight Choose(bool isFirst, Eight first, Eight second) => new(
        isFirst ? first.S0 : second.S0, isFirst ? first.S1 : second.S1, isFirst ? first.S2 : second.S2, isFirst ? first.S3 : second.S3,
        isFirst ? first.S4 : second.S4, isFirst ? first.S5 : second.S5, isFirst ? first.S6 : second.S6, isFirst ? first.S7 : second.S7);
}

/// <summary>The 8 x 8 sums of a thread.</summary>
internal struct ThreadSums
{
    private Eight r0, r1, r2, r3, r4, r5, r6, r7;

    /// <summary>this += left times right, a column times a row.</summary>
    public void Add(Eight left, Eight right)
    {
        r0.Add(left.S0, right);
        r1.Add(left.S1, right);
        r2.Add(left.S2, right);
        r3.Add(left.S3, right);
        r4.Add(left.S4, right);
        r5.Add(left.S5, right);
        r6.Add(left.S6, right);
        r7.Add(left.S7, right);
    }

    /// <summary>Multiplies each row by its own factor.</summary>
    public void Scale(Eight factors)
    {
        r0.Scale(factors.S0);
        r1.Scale(factors.S1);
        r2.Scale(factors.S2);
        r3.Scale(factors.S3);
        r4.Scale(factors.S4);
        r5.Scale(factors.S5);
        r6.Scale(factors.S6);
        r7.Scale(factors.S7);
    }

    /// <summary>One row.</summary>
    public readonly Eight Row(int index)
    {
        bool isEven = (index & 1) == 0, isFirst = (index & 2) == 0;
        Eight lower = Eight.Choose(isFirst, Eight.Choose(isEven, r0, r1), Eight.Choose(isEven, r2, r3));
        Eight upper = Eight.Choose(isFirst, Eight.Choose(isEven, r4, r5), Eight.Choose(isEven, r6, r7));
        return Eight.Choose((index & 4) == 0, lower, upper);
    }
}
