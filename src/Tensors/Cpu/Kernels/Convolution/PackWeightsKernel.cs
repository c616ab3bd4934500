using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>A weight [O, C, KH, KW] of any strides as the right operand of an implicit product: lines step along one channel
/// axis, the depth is (tap row, tap column, other channel axis).</summary>
/// <param name="LineStep">From a line to the next.</param>
/// <param name="Inner">How many channels a tap has.</param>
/// <param name="InnerStep">From a channel to the next.</param>
/// <param name="TapRows">Taps down.</param>
/// <param name="TapColumns">Taps across.</param>
/// <param name="TapRowStep">From a row of taps to the next.</param>
/// <param name="TapColumnStep">From a tap to the next in its row.</param>
internal readonly record struct FilterView(
    nint LineStep, int Inner, nint InnerStep, int TapRows, int TapColumns, nint TapRowStep, nint TapColumnStep);

/// <summary>Packs a weight, a panel an item: <c>[panel][depth][columns of a tile]</c>. A few channels at a time, all taps of them,
/// so that both sides stay in the first-level cache though a weight's taps lie together and a panel's far apart.</summary>
internal readonly unsafe struct PackWeightsKernel(float* start, FilterView weights, nint lines, int panelWidth, float* panels) : IRangeKernel
{
    private const int ChannelsTogether = 16;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint depth = (nint)weights.TapRows * weights.TapColumns * weights.Inner;
        for (nint panel = begin; panel < end; panel++)
        {
            float* to = panels + panel * panelWidth * depth;
            int count = (int)Math.Min(panelWidth, lines - panel * panelWidth);
            if (count < panelWidth) new Span<float>(to, checked((int)(depth * panelWidth))).Clear();
            for (int first = 0; first < weights.Inner; first += ChannelsTogether)
                Block(start + panel * panelWidth * weights.LineStep, to, first, Math.Min(weights.Inner, first + ChannelsTogether), count);
        }
    }

    private void Block(float* from, float* to, int first, int last, int count)
    {
        int i = 0;
        if (Transpose4x4.IsFast && TapsLieTogether)
            for (; i + 4 <= count; i += 4) FourLines(from + i * weights.LineStep, to + i, first, last);
        nint tapStep = (nint)weights.Inner * panelWidth;
        for (; i < count; i++)
        {
            for (int channel = first; channel < last; channel++)
            {
                float* row = from + i * weights.LineStep + channel * weights.InnerStep, target = to + (nint)channel * panelWidth + i;
                for (int tapRow = 0; tapRow < weights.TapRows; tapRow++, row += weights.TapRowStep)
                    for (int tapColumn = 0; tapColumn < weights.TapColumns; tapColumn++, target += tapStep) *target = row[tapColumn * weights.TapColumnStep];
            }
        }
    }

    /// <summary>Whether the taps of a line and a channel are neighbours in memory, in their order or reversed.</summary>
    private bool TapsLieTogether => Math.Abs(weights.TapColumnStep) == 1 && weights.TapRowStep == weights.TapColumns * weights.TapColumnStep;

    /// <summary>Four lines at a time, blocks of four taps transposed in registers.</summary>
    private void FourLines(float* from, float* to, int first, int last)
    {
        int taps = weights.TapRows * weights.TapColumns;
        bool flipped = weights.TapColumnStep < 0;
        // memory's first tap is the last one where they are in reverse order
        if (flipped) from -= taps - 1;
        nint step = (nint)weights.Inner * panelWidth, line = weights.LineStep;
        if (flipped)
        {
            to += (taps - 1) * step;
            step = -step;
        }
        for (int channel = first; channel < last; channel++)
        {
            float* a = from + channel * weights.InnerStep, target = to + (nint)channel * panelWidth;
            int tap = 0;
            for (; tap + 4 <= taps; tap += 4, a += 4, target += 4 * step)
            {
                Vector128<float> va = Vector128.Load(a), vb = Vector128.Load(a + line), vc = Vector128.Load(a + 2 * line), vd = Vector128.Load(a + 3 * line);
                Transpose4x4.Store(va, vb, vc, vd, target, step);
            }
            for (; tap < taps; tap++, a++, target += step)
            {
                target[0] = a[0];
                target[1] = a[line];
                target[2] = a[2 * line];
                target[3] = a[3 * line];
            }
        }
    }
}
