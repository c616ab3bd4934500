using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>A running reduction in sixteen partial results, whatever the width of the machine's lanes: partial i takes the elements i,
/// i + 16, i + 32 ... of a stretch. So a sum has the same bits at every width.</summary>
internal static unsafe class VirtualLanes
{
    public const int Count = 16;

    /// <summary>Numbers of a row whose partials are added one after another; further ones begin anew, and the results are added up.</summary>
    private const int StepLength = 64 * Count;

    /// <summary>Sets all sixteen partials to the result over no numbers.</summary>
    public static void Clear<TReduction>(float* partials) where TReduction : struct, IReduction =>
        new Span<float>(partials, Count).Fill(TReduction.Identity);

    /// <summary>Combines partials with totals, and clears them.</summary>
    public static void Move<TReduction, S>(float* partials, float* totals)
        where TReduction : struct, IReduction
        where S : unmanaged, IVectorLane<S>
    {
        for (int lane = 0; lane < Count; lane += S.Width) S.Store(TReduction.Combine(S.Load(totals + lane), S.Load(partials + lane)), totals + lane);
        Clear<TReduction>(partials);
    }

    /// <summary>Takes in <paramref name="length"/> numbers that lie one after another.</summary>
    public static void Accumulate<TReduction, S>(float* partials, float* x, nint length)
        where TReduction : struct, IReduction
        where S : unmanaged, IVectorLane<S>
    {
        nint i = 0;
        if (S.Width == 16)
        {
            var all = S.Load(partials);
            for (; i + Count <= length; i += Count) all = TReduction.Accumulate(all, S.Load(x + i));
            S.Store(all, partials);
        }
        else if (S.Width == 8)
        {
            var low = S.Load(partials);
            var high = S.Load(partials + 8);
            for (; i + Count <= length; i += Count)
            {
                low = TReduction.Accumulate(low, S.Load(x + i));
                high = TReduction.Accumulate(high, S.Load(x + i + 8));
            }
            S.Store(low, partials);
            S.Store(high, partials + 8);
        }
        else
        {
            for (; i + Count <= length; i += Count)
                for (int lane = 0; lane < Count; lane += S.Width)
                    S.Store(TReduction.Accumulate(S.Load(partials + lane), S.Load(x + i + lane)), partials + lane);
        }
        for (int lane = 0; i < length; i++, lane++)
            partials[lane] = TReduction.Accumulate(new Lane1(partials[lane]), new Lane1(x[i])).Value;
    }

    /// <summary>The sum over one row, from start to end.</summary>
    public static float Sum<TTerms, S>(TTerms terms, nint length)
        where TTerms : unmanaged, IRowTerms
        where S : unmanaged, IVectorLane<S> => Reduce<SumOf, TTerms, S>(terms, length);

    /// <summary>A reduction over one row, from start to end: in registers, where no number is left over.</summary>
    public static float Reduce<TReduction, TTerms, S>(TTerms terms, nint length)
        where TReduction : struct, IReduction
        where TTerms : unmanaged, IRowTerms
        where S : unmanaged, IVectorLane<S>
    {
        nint i = 0, full = length - length % Count;
        if (S.Width == 16)
        {
            var all = S.Splat(TReduction.Identity);
            while (i < full)
            {
                var step = S.Splat(TReduction.Identity);
                for (nint last = Math.Min(full, i + StepLength); i < last; i += Count) step = terms.Accumulate(step, i);
                all = TReduction.Combine(all, step);
            }
            if (i < length) return Rest<TReduction, TTerms, S>(terms, all, all, i, length);
            return S.First(Fold<TReduction, S>(TReduction.Combine(all, S.MoveDown(all, 8))));
        }
        if (S.Width == 8)
        {
            var low = S.Splat(TReduction.Identity);
            var high = low;
            while (i < full)
            {
                var lowStep = S.Splat(TReduction.Identity);
                var highStep = lowStep;
                for (nint last = Math.Min(full, i + StepLength); i < last; i += Count)
                {
                    lowStep = terms.Accumulate(lowStep, i);
                    highStep = terms.Accumulate(highStep, i + 8);
                }
                low = TReduction.Combine(low, lowStep);
                high = TReduction.Combine(high, highStep);
            }
            if (i < length) return Rest<TReduction, TTerms, S>(terms, low, high, i, length);
            return S.First(Fold<TReduction, S>(TReduction.Combine(low, high)));
        }
        return InMemory<TReduction, TTerms, S>(terms, length);
    }

    /// <summary>Eight partials become one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static S Fold<TReduction, S>(S eight)
        where TReduction : struct, IReduction
        where S : unmanaged, IVectorLane<S>
    {
        eight = TReduction.Combine(eight, S.MoveDown(eight, 4));
        eight = TReduction.Combine(eight, S.MoveDown(eight, 2));
        return TReduction.Combine(eight, S.MoveDown(eight, 1));
    }

    private static float Rest<TReduction, TTerms, S>(TTerms terms, S low, S high, nint from, nint length)
        where TReduction : struct, IReduction
        where TTerms : unmanaged, IRowTerms
        where S : unmanaged, IVectorLane<S>
    {
        float* partials = stackalloc float[Count];
        S.Store(low, partials);
        if (S.Width == 8) S.Store(high, partials + 8);
        for (int lane = 0; from < length; from++, lane++) partials[lane] = terms.Accumulate(new Lane1(partials[lane]), from).Value;
        low = S.Load(partials);
        return S.First(Fold<TReduction, S>(TReduction.Combine(low, S.Width == 8 ? S.Load(partials + 8) : S.MoveDown(low, 8))));
    }

    private static float InMemory<TReduction, TTerms, S>(TTerms terms, nint length)
        where TReduction : struct, IReduction
        where TTerms : unmanaged, IRowTerms
        where S : unmanaged, IVectorLane<S>
    {
        float* steps = stackalloc float[Count], partials = stackalloc float[Count];
        Clear<TReduction>(steps);
        Clear<TReduction>(partials);
        nint i = 0, full = length - length % Count;
        while (i < full)
        {
            for (nint last = Math.Min(full, i + StepLength); i < last; i += Count)
                for (int lane = 0; lane < Count; lane += S.Width)
                    S.Store(terms.Accumulate(S.Load(steps + lane), i + lane), steps + lane);
            Move<TReduction, S>(steps, partials);
        }
        for (int lane = 0; i < length; i++, lane++) partials[lane] = terms.Accumulate(new Lane1(partials[lane]), i).Value;
        return Collapse<TReduction>(partials);
    }

    /// <summary>The result over all sixteen partials, combined pairwise in a fixed order.</summary>
    public static float Collapse<TReduction>(float* partials) where TReduction : struct, IReduction
    {
        float* folded = stackalloc float[Count];
        new ReadOnlySpan<float>(partials, Count).CopyTo(new Span<float>(folded, Count));
        for (int half = Count / 2; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                folded[lane] = TReduction.Combine(new Lane1(folded[lane]), new Lane1(folded[lane + half])).Value;
        return folded[0];
    }
}

/// <summary>The terms of a sum, or another reduction, over a row.</summary>
internal interface IRowTerms
{
    /// <summary>The running result with the terms from <paramref name="i"/> on, a term an element of the lane.</summary>
    S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S>;
}
