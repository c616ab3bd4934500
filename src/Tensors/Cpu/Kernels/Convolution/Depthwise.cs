namespace Graft.Tensors;

// A depthwise convolution: as many groups as channels, so that each channel has a filter of its own and there is no product of
// matrices in it. A lane is some neighbouring channels of one pixel.

/// <summary>Writes the taps of all channels side by side, <c>[tap][channel]</c>; an item is a channel.</summary>
internal readonly unsafe struct PackDepthwiseFiltersKernel(float* first, FilterView weights, int channels, float* taps) : IRangeKernel
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

/// <summary>output = epilogue(sum over taps of input times filter), channel by channel; an item is a few lines of the grid.</summary>
internal readonly unsafe struct DepthwiseKernel<TRows, TEpilogue>(
    ConvolutionInput input, Product<TRows, TEpilogue> product, float* taps, nint lines) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    /// <summary>Lines of an item: neighbouring windows share what is read.</summary>
    public const int LinesPerItem = 4;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int channels = input.Channels;
        nint starts = ThreadWorkspace.RoundUp(LinesPerItem * (nint)input.GridWidth * sizeof(float*) / sizeof(float)), sumsLength = ThreadWorkspace.RoundUp(channels);
        using var workspace = new ThreadWorkspace(starts + sumsLength + input.CopyLength(LinesPerItem));
        float** indirection = (float**)workspace.Pointer;
        float* sums = workspace.Pointer + starts;
        for (nint item = begin; item < end; item++)
        {
            nint line = item * LinesPerItem, count = Math.Min(LinesPerItem, lines - line), row = line * input.GridWidth;
            input.Prepare(line, count, sums + sumsLength, indirection);
            for (nint pixel = 0; pixel < count * input.GridWidth; pixel++)
            {
                int channel = 0;
                for (; channel + S.Width <= channels; channel += S.Width) S.Store(Sum<S>(indirection[pixel] + channel, channel), sums + channel);
                for (; channel < channels; channel++) Lane1.Store(Sum<Lane1>(indirection[pixel] + channel, channel), sums + channel);
                product.Finish<S>(row + pixel, 0, channels, sums);
            }
        }
    }

    private S Sum<S>(float* window, int channel) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Splat(0f);
        float* tap = taps + channel;
        for (int row = 0; row < input.Rows.Count; row++)
        {
            float* at = window + row * input.Rows.Step * input.RowStep;
            for (int column = 0; column < input.Columns.Count; column++, at += input.Columns.Step * input.PixelStep, tap += input.Channels)
                sum = S.FusedMultiplyAdd(S.Load(at), S.Load(tap), sum);
        }
        return sum;
    }
}

/// <summary>sums [part][tap][channel] = the input times the output's gradient, over the lines of a part; an item is a
/// part. How many parts there are follows from the shape alone, since it shows in the bits.</summary>
internal readonly unsafe struct DepthwiseGradientKernel(ConvolutionInput input, float* gradient, nint gradientStep, float* sums, nint partLines) : IRangeKernel
{
    /// <summary>Lines of the grid in a part.</summary>
    public static nint LinesOfPart(in ConvolutionInput input) => Math.Max(1, Ceiling.Divide(input.Lines, Blocking.GradientParts));

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int channels = input.Channels, taps = input.Rows.Count * input.Columns.Count;
        nint starts = ThreadWorkspace.RoundUp(input.GridWidth * (nint)sizeof(float*) / sizeof(float));
        using var workspace = new ThreadWorkspace(starts + input.CopyLength(1));
        float** indirection = (float**)workspace.Pointer;
        for (nint part = begin; part < end; part++)
        {
            float* to = sums + part * taps * channels;
            new Span<float>(to, taps * channels).Clear();
            for (nint line = part * partLines; line < Math.Min(input.Lines, (part + 1) * partLines); line++)
            {
                input.Prepare(line, 1, workspace.Pointer + starts, indirection);
                Line<S>(indirection, gradient + line * input.GridWidth * gradientStep, to);
            }
        }
    }

    /// <summary>Adds a line of the grid: tap after tap, so that a channel's sum stays in a register along it.</summary>
    private void Line<S>(float** indirection, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < input.Rows.Count; row++)
        {
            for (int column = 0; column < input.Columns.Count; column++, to += input.Channels)
            {
                nint tap = row * input.Rows.Step * input.RowStep + column * input.Columns.Step * input.PixelStep;
                int channel = 0;
                for (; channel + 4 * S.Width <= input.Channels; channel += 4 * S.Width) FourLanes<S>(indirection, tap + channel, from + channel, to + channel);
                for (; channel + S.Width <= input.Channels; channel += S.Width) OneLane<S>(indirection, tap + channel, from + channel, to + channel);
                for (; channel < input.Channels; channel++) OneLane<Lane1>(indirection, tap + channel, from + channel, to + channel);
            }
        }
    }

    /// <summary>Four chains at once hide each other's latency.</summary>
    private void FourLanes<S>(float** indirection, nint tap, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        S a = S.Load(to), b = S.Load(to + S.Width), c = S.Load(to + 2 * S.Width), d = S.Load(to + 3 * S.Width);
        for (int x = 0; x < input.GridWidth; x++, from += gradientStep)
        {
            float* window = indirection[x] + tap;
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

    private void OneLane<S>(float** indirection, nint tap, float* from, float* to) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Load(to);
        for (int x = 0; x < input.GridWidth; x++, from += gradientStep) sum = S.FusedMultiplyAdd(S.Load(indirection[x] + tap), S.Load(from), sum);
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
