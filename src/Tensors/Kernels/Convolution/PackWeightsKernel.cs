namespace Graft.Tensors;

/// <summary>A weight [O, C, KH, KW] of any strides as the right operand of a product of windows: lines step along one channel
/// axis, the depth is (tap row, tap column, other channel axis).</summary>
/// <param name="LineStep">From a line to the next.</param>
/// <param name="Inner">How many channels a tap has.</param>
/// <param name="InnerStep">From a channel to the next.</param>
/// <param name="TapRows">Taps down.</param>
/// <param name="TapColumns">Taps across.</param>
/// <param name="TapRowStep">From a row of taps to the next.</param>
/// <param name="TapColumnStep">From a tap to the next in its row.</param>
internal readonly record struct WindowWeights(
    nint LineStep, int Inner, nint InnerStep, int TapRows, int TapColumns, nint TapRowStep, nint TapColumnStep);

/// <summary>Packs a weight, a panel an item: <c>[panel][depth][columns of a tile]</c>. A few channels at a time, all taps of them,
/// so that both sides stay in the first-level cache though a weight's taps lie together and a panel's far apart.</summary>
internal readonly unsafe struct PackWeightsKernel(float* start, WindowWeights weights, nint lines, int panelWidth, float* panels) : IRangeKernel
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
        nint tapStep = (nint)weights.Inner * panelWidth;
        for (int i = 0; i < count; i++)
        {
            for (int channel = first; channel < last; channel++)
            {
                float* row = from + i * weights.LineStep + channel * weights.InnerStep, place = to + (nint)channel * panelWidth + i;
                for (int tapRow = 0; tapRow < weights.TapRows; tapRow++, row += weights.TapRowStep)
                    for (int tapColumn = 0; tapColumn < weights.TapColumns; tapColumn++, place += tapStep) *place = row[tapColumn * weights.TapColumnStep];
            }
        }
    }
}
