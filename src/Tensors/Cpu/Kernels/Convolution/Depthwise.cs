namespace Graft.Tensors;

// A depthwise convolution: as many groups as channels, so that each channel has a window of its own and there is no product of
// matrices in it. A lane is some neighbouring channels of one place.

/// <summary>Writes the taps of all channels side by side, <c>[tap][channel]</c>; an item is a channel.</summary>
internal readonly unsafe struct PackTapsKernel(float* first, WindowWeights weights, int channels, float* taps) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint channel = begin; channel < end; channel++)
        {
            float* from = first + channel * weights.LineStep, to = taps + channel;
            for (int row = 0; row < weights.TapRows; row++)
                for (int column = 0; column < weights.TapColumns; column++, to += channels) *to = from[row * weights.TapRowStep + column * weights.TapColumnStep];
        }
    }
}

/// <summary>output = epilogue(sum over taps of window times tap), channel by channel; an item is a few lines of the grid.</summary>
internal readonly unsafe struct DepthwiseKernel<TRows, TEpilogue>(
    Windows windows, Product<TRows, TEpilogue> product, float* taps, nint lines) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    /// <summary>Lines of an item: neighbouring windows share what is read.</summary>
    public const int LinesPerItem = 4;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int channels = windows.Channels;
        nint starts = Scratch.RoundUp(LinesPerItem * (nint)windows.GridWidth * sizeof(float*) / sizeof(float)), sumsLength = Scratch.RoundUp(channels);
        using var scratch = new Scratch(starts + sumsLength + windows.CopyLength(LinesPerItem));
        float** windowStarts = (float**)scratch.Pointer;
        float* sums = scratch.Pointer + starts;
        for (nint item = begin; item < end; item++)
        {
            nint line = item * LinesPerItem, count = Math.Min(LinesPerItem, lines - line), row = line * windows.GridWidth;
            windows.Open(line, count, sums + sumsLength, windowStarts);
            for (nint place = 0; place < count * windows.GridWidth; place++)
            {
                int channel = 0;
                for (; channel + S.Width <= channels; channel += S.Width) S.Store(Sum<S>(windowStarts[place] + channel, channel), sums + channel);
                for (; channel < channels; channel++) Lane1.Store(Sum<Lane1>(windowStarts[place] + channel, channel), sums + channel);
                product.Finish<S>(row + place, 0, channels, sums);
            }
        }
    }

    private S Sum<S>(float* window, int channel) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Splat(0f);
        float* tap = taps + channel;
        for (int row = 0; row < windows.Rows.Count; row++)
        {
            float* at = window + row * windows.Rows.Step * windows.RowStep;
            for (int column = 0; column < windows.Columns.Count; column++, at += windows.Columns.Step * windows.PixelStep, tap += windows.Channels)
                sum = S.FusedMultiplyAdd(S.Load(at), S.Load(tap), sum);
        }
        return sum;
    }
}

/// <summary>sums [part][tap][channel] = the windows' numbers times the output's gradient, over the lines of a part; an item is a
/// part. How many parts there are follows from the shape alone, since it shows in the bits.</summary>
internal readonly unsafe struct DepthwiseGradientKernel(Windows windows, float* gradient, nint gradientStep, float* sums, nint partLines) : IRangeKernel
{
    private const int MostParts = 16;

    /// <summary>Lines of the grid in a part.</summary>
    public static nint LinesOfPart(in Windows windows) => Math.Max(1, Ceiling.Divide(windows.Lines, MostParts));

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int channels = windows.Channels, taps = windows.Rows.Count * windows.Columns.Count;
        nint starts = Scratch.RoundUp(windows.GridWidth * (nint)sizeof(float*) / sizeof(float));
        using var scratch = new Scratch(starts + windows.CopyLength(1));
        float** windowStarts = (float**)scratch.Pointer;
        for (nint part = begin; part < end; part++)
        {
            float* to = sums + part * taps * channels;
            new Span<float>(to, taps * channels).Clear();
            for (nint line = part * partLines; line < Math.Min(windows.Lines, (part + 1) * partLines); line++)
            {
                windows.Open(line, 1, scratch.Pointer + starts, windowStarts);
                Line<S>(windowStarts, gradient + line * windows.GridWidth * gradientStep, to);
            }
        }
    }

    /// <summary>Adds a line of the grid: tap after tap, so that a channel's sum stays in a register along it.</summary>
    private void Line<S>(float** windowStarts, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < windows.Rows.Count; row++)
        {
            for (int column = 0; column < windows.Columns.Count; column++, to += windows.Channels)
            {
                nint tap = row * windows.Rows.Step * windows.RowStep + column * windows.Columns.Step * windows.PixelStep;
                int channel = 0;
                for (; channel + 4 * S.Width <= windows.Channels; channel += 4 * S.Width) FourLanes<S>(windowStarts, tap + channel, from + channel, to + channel);
                for (; channel + S.Width <= windows.Channels; channel += S.Width) OneLane<S>(windowStarts, tap + channel, from + channel, to + channel);
                for (; channel < windows.Channels; channel++) OneLane<Lane1>(windowStarts, tap + channel, from + channel, to + channel);
            }
        }
    }

    /// <summary>Four chains at once hide each other's latency.</summary>
    private void FourLanes<S>(float** windowStarts, nint tap, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        S a = S.Load(to), b = S.Load(to + S.Width), c = S.Load(to + 2 * S.Width), d = S.Load(to + 3 * S.Width);
        for (int x = 0; x < windows.GridWidth; x++, from += gradientStep)
        {
            float* window = windowStarts[x] + tap;
            a = S.FusedMultiplyAdd(S.Load(window), S.Load(from), a);
            b = S.FusedMultiplyAdd(S.Load(window + S.Width), S.Load(from + S.Width), b);
            c = S.FusedMultiplyAdd(S.Load(window + 2 * S.Width), S.Load(from + 2 * S.Width), c);
            d = S.FusedMultiplyAdd(S.Load(window + 3 * S.Width), S.Load(from + 3 * S.Width), d);
        }
        S.Store(a, to);
        S.Store(b, to + S.Width);
        S.Store(c, to + 2 * S.Width);
        S.Store(d, to + 3 * S.Width);
    }

    private void OneLane<S>(float** windowStarts, nint tap, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Load(to);
        for (int x = 0; x < windows.GridWidth; x++, from += gradientStep) sum = S.FusedMultiplyAdd(S.Load(windowStarts[x] + tap), S.Load(from), sum);
        S.Store(sum, to);
    }
}

/// <summary>weight gradient [C, 1, KH, KW] = the parts' sums, added up in order; an item is a channel.</summary>
internal readonly unsafe struct DepthwiseGatherKernel(float* sums, nint parts, int channels, int taps, float* weight) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint channel = begin; channel < end; channel++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                float sum = 0f;
                for (nint part = 0; part < parts; part++) sum += sums[(part * taps + tap) * channels + channel];
                weight[channel * taps + tap] = sum;
            }
        }
    }
}
