using System.Runtime.CompilerServices;

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

/// <summary>output = epilogue(sum over taps of input times filter), channel by channel; an item is a line of the grid. The input is read in place:
/// taps outside the image are left out.</summary>
internal readonly unsafe struct DepthwiseKernel<TRows, TEpilogue>(ConvolutionInput input, Product<TRows, TEpilogue> product, float* taps) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        using var workspace = new ThreadWorkspace(8 * S.Width);
        for (nint line = begin; line < end; line++)
        {
            nint image = line / input.GridHeight, row = line * input.GridWidth;
            int top = (int)(line - image * input.GridHeight) * input.Rows.Stride + input.Rows.Origin;
            float* to = product.Output.Row(row), residual = product.Residual.Row(row);
            bool isAlone = input.GridWidth == 1;
            Line<S>(new DepthwiseLine(
                input.Address(image, top, 0), input.Rows.Within(top, input.Height), to, residual,
                isAlone ? 0 : (nint)(product.Output.Row(row + 1) - to), isAlone ? 0 : (nint)(product.Residual.Row(row + 1) - residual), workspace.Pointer));
        }
    }

    private void Line<S>(in DepthwiseLine line) where S : unmanaged, IVectorLane<S>
    {
        var (first, last) = input.Columns.Inside(input.GridWidth, input.Width);
        int channel = 0;
        for (; channel + S.Width <= input.Channels; channel += S.Width)
        {
            int x = first;
            for (; x + 8 <= last; x += 8) Eight<S>(line, x, channel);
            for (; x + 4 <= last; x += 4) Four<S>(line, x, channel);
            for (; x < last; x++) One<S>(line, x, channel);
        }
        for (; channel < input.Channels; channel++)
            for (int x = first; x < last; x++) One<Lane1>(line, x, channel);
        for (int x = 0; x < first; x++) Edge<S>(line, x);
        for (int x = last; x < input.GridWidth; x++) Edge<S>(line, x);
    }

    /// <summary>A pixel at the left or right edge, all channels.</summary>
    private void Edge<S>(in DepthwiseLine line, int x) where S : unmanaged, IVectorLane<S>
    {
        int channel = 0;
        for (; channel + S.Width <= input.Channels; channel += S.Width) One<S>(line, x, channel);
        for (; channel < input.Channels; channel++) One<Lane1>(line, x, channel);
    }

    private void One<S>(in DepthwiseLine line, int x, int channel) where S : unmanaged, IVectorLane<S>
    {
        int left = x * input.Columns.Stride + input.Columns.Origin;
        var (firstColumn, lastColumn) = input.Columns.Within(left, input.Width);
        S sum = S.Splat(0f);
        for (int row = line.Taps.First; row < line.Taps.Last; row++)
        {
            float* at = line.Start + (row * input.Rows.Step * input.Width + left) * input.ImagePixelStep + channel, tap = taps + row * input.Columns.Count * input.Channels + channel;
            for (int column = firstColumn; column < lastColumn; column++)
                sum = S.FusedMultiplyAdd(S.Load(at + column * input.Columns.Step * input.ImagePixelStep), S.Load(tap + column * input.Channels), sum);
        }
        product.Finish(sum, line.To + x * line.ToStep + channel, line.Residual + x * line.ResidualStep + channel, channel);
    }

    /// <summary>Four pixels that lie inside: a tap's filter is read once for them, and their chains of sums hide each other's latency.</summary>
    private void Four<S>(in DepthwiseLine line, int x, int channel) where S : unmanaged, IVectorLane<S>
    {
        nint pixel = input.Columns.Stride * input.ImagePixelStep, tapStep = input.Columns.Step * input.ImagePixelStep;
        S a = S.Splat(0f), b = a, c = a, d = a;
        for (int row = line.Taps.First; row < line.Taps.Last; row++)
        {
            float* at = Window(line, row, x) + channel, tap = taps + row * input.Columns.Count * input.Channels + channel;
            for (int column = 0; column < input.Columns.Count; column++, at += tapStep, tap += input.Channels)
            {
                S filter = S.Load(tap);
                a = S.FusedMultiplyAdd(S.Load(at), filter, a);
                b = S.FusedMultiplyAdd(S.Load(at + pixel), filter, b);
                c = S.FusedMultiplyAdd(S.Load(at + 2 * pixel), filter, c);
                d = S.FusedMultiplyAdd(S.Load(at + 3 * pixel), filter, d);
            }
        }
        S.Store(a, line.Sums);
        S.Store(b, line.Sums + S.Width);
        S.Store(c, line.Sums + 2 * S.Width);
        S.Store(d, line.Sums + 3 * S.Width);
        Finish<S>(line, x, 4, channel);
    }

    private void Eight<S>(in DepthwiseLine line, int x, int channel) where S : unmanaged, IVectorLane<S>
    {
        nint pixel = input.Columns.Stride * input.ImagePixelStep, tapStep = input.Columns.Step * input.ImagePixelStep;
        S a = S.Splat(0f), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int row = line.Taps.First; row < line.Taps.Last; row++)
        {
            float* at = Window(line, row, x) + channel, tap = taps + row * input.Columns.Count * input.Channels + channel;
            for (int column = 0; column < input.Columns.Count; column++, at += tapStep, tap += input.Channels)
            {
                S filter = S.Load(tap);
                float* further = at + 4 * pixel;
                a = S.FusedMultiplyAdd(S.Load(at), filter, a);
                b = S.FusedMultiplyAdd(S.Load(at + pixel), filter, b);
                c = S.FusedMultiplyAdd(S.Load(at + 2 * pixel), filter, c);
                d = S.FusedMultiplyAdd(S.Load(at + 3 * pixel), filter, d);
                e = S.FusedMultiplyAdd(S.Load(further), filter, e);
                f = S.FusedMultiplyAdd(S.Load(further + pixel), filter, f);
                g = S.FusedMultiplyAdd(S.Load(further + 2 * pixel), filter, g);
                h = S.FusedMultiplyAdd(S.Load(further + 3 * pixel), filter, h);
            }
        }
        S.Store(a, line.Sums);
        S.Store(b, line.Sums + S.Width);
        S.Store(c, line.Sums + 2 * S.Width);
        S.Store(d, line.Sums + 3 * S.Width);
        S.Store(e, line.Sums + 4 * S.Width);
        S.Store(f, line.Sums + 5 * S.Width);
        S.Store(g, line.Sums + 6 * S.Width);
        S.Store(h, line.Sums + 7 * S.Width);
        Finish<S>(line, x, 8, channel);
    }

    private float* Window(in DepthwiseLine line, int row, int x) =>
        line.Start + (row * input.Rows.Step * input.Width + x * input.Columns.Stride + input.Columns.Origin) * input.ImagePixelStep;

    /// <summary>The output of neighbouring pixels. One place in the code for all: an epilogue is long, and the compiler inlines a few of it at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Finish<S>(in DepthwiseLine line, int x, int pixels, int channel) where S : unmanaged, IVectorLane<S>
    {
        float* to = line.To + x * line.ToStep + channel, residual = line.Residual + x * line.ResidualStep + channel, sums = line.Sums;
        for (int pixel = 0; pixel < pixels; pixel++, to += line.ToStep, residual += line.ResidualStep, sums += S.Width)
            product.Finish(S.Load(sums), to, residual, channel);
    }
}

/// <summary>A line of a depthwise convolution.</summary>
internal readonly unsafe ref struct DepthwiseLine(float* start, (int First, int Last) taps, float* to, float* residual, nint toStep, nint residualStep, float* sums)
{
    /// <summary>The image's pixel in column 0 under the windows' first row of taps, which may lie above the image.</summary>
    public readonly float* Start = start;

    /// <summary>The rows of taps within the image.</summary>
    public readonly (int First, int Last) Taps = taps;

    /// <summary>The line's first pixel of the output, and of the residual.</summary>
    public readonly float* To = to, Residual = residual;

    /// <summary>From a pixel of them to the next.</summary>
    public readonly nint ToStep = toStep, ResidualStep = residualStep;

    /// <summary>Room for the sums of eight pixels in one lane.</summary>
    public readonly float* Sums = sums;
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
