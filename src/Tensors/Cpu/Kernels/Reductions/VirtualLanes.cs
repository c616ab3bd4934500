using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>A running reduction in sixteen places, whatever the width of the machine's lanes: place i takes the elements i,
/// i + 16, i + 32 ... of a stretch. So a sum has the same bits at every width.</summary>
internal static unsafe class VirtualLanes
{
    public const int Count = 16;

    /// <summary>Sets all sixteen places to the result over no numbers.</summary>
    public static void Clear<TReduction>(float* places) where TReduction : struct, IReduction =>
        new Span<float>(places, Count).Fill(TReduction.Identity);

    /// <summary>Takes in <paramref name="length"/> numbers that lie one after another.</summary>
    public static void Accumulate<TReduction, S>(float* places, float* x, nint length)
        where TReduction : struct, IReduction
        where S : unmanaged, IVectorLane<S>
    {
        nint i = 0;
        if (S.Width == 16)
        {
            var all = S.Load(places);
            for (; i + Count <= length; i += Count) all = TReduction.Accumulate(all, S.Load(x + i));
            S.Store(all, places);
        }
        else if (S.Width == 8)
        {
            var low = S.Load(places);
            var high = S.Load(places + 8);
            for (; i + Count <= length; i += Count)
            {
                low = TReduction.Accumulate(low, S.Load(x + i));
                high = TReduction.Accumulate(high, S.Load(x + i + 8));
            }
            S.Store(low, places);
            S.Store(high, places + 8);
        }
        else
        {
            for (; i + Count <= length; i += Count)
                for (int place = 0; place < Count; place += S.Width)
                    S.Store(TReduction.Accumulate(S.Load(places + place), S.Load(x + i + place)), places + place);
        }
        for (int place = 0; i < length; i++, place++)
            places[place] = TReduction.Accumulate(new Lane1(places[place]), new Lane1(x[i])).Value;
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
        nint i = 0;
        if (S.Width == 16)
        {
            var all = S.Splat(TReduction.Identity);
            for (; i + Count <= length; i += Count) all = terms.Accumulate(all, i);
            if (i < length) return Rest<TReduction, TTerms, S>(terms, all, all, i, length);
            return S.First(Fold<TReduction, S>(TReduction.Combine(all, S.MoveDown(all, 8))));
        }
        if (S.Width == 8)
        {
            var low = S.Splat(TReduction.Identity);
            var high = low;
            for (; i + Count <= length; i += Count)
            {
                low = terms.Accumulate(low, i);
                high = terms.Accumulate(high, i + 8);
            }
            if (i < length) return Rest<TReduction, TTerms, S>(terms, low, high, i, length);
            return S.First(Fold<TReduction, S>(TReduction.Combine(low, high)));
        }
        return InMemory<TReduction, TTerms, S>(terms, length);
    }

    /// <summary>Eight places become one.</summary>
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
        float* places = stackalloc float[Count];
        S.Store(low, places);
        if (S.Width == 8) S.Store(high, places + 8);
        for (int place = 0; from < length; from++, place++) places[place] = terms.Accumulate(new Lane1(places[place]), from).Value;
        low = S.Load(places);
        return S.First(Fold<TReduction, S>(TReduction.Combine(low, S.Width == 8 ? S.Load(places + 8) : S.MoveDown(low, 8))));
    }

    private static float InMemory<TReduction, TTerms, S>(TTerms terms, nint length)
        where TReduction : struct, IReduction
        where TTerms : unmanaged, IRowTerms
        where S : unmanaged, IVectorLane<S>
    {
        float* places = stackalloc float[Count];
        Clear<TReduction>(places);
        nint i = 0;
        for (; i + Count <= length; i += Count)
            for (int place = 0; place < Count; place += S.Width)
                S.Store(terms.Accumulate(S.Load(places + place), i + place), places + place);
        for (int place = 0; i < length; i++, place++) places[place] = terms.Accumulate(new Lane1(places[place]), i).Value;
        return Collapse<TReduction>(places);
    }

    /// <summary>The result over all sixteen places, combined pairwise in a fixed order.</summary>
    public static float Collapse<TReduction>(float* places) where TReduction : struct, IReduction
    {
        float* folded = stackalloc float[Count];
        new ReadOnlySpan<float>(places, Count).CopyTo(new Span<float>(folded, Count));
        for (int half = Count / 2; half > 0; half /= 2)
            for (int place = 0; place < half; place++)
                folded[place] = TReduction.Combine(new Lane1(folded[place]), new Lane1(folded[place + half])).Value;
        return folded[0];
    }
}

/// <summary>The terms of a sum, or another reduction, over a row.</summary>
internal interface IRowTerms
{
    /// <summary>The running result with the terms from place <paramref name="i"/> on, a term a place of the lane.</summary>
    S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S>;
}
