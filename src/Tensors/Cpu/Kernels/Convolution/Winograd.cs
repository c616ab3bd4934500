using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>The tiles of 4 x 4 outputs that cover the planes of some images; called squares, as a tile is the micro-kernel's.</summary>
/// <param name="Down">Squares down an image.</param>
/// <param name="Across">Squares across an image.</param>
internal readonly record struct WinogradSquares(int Down, int Across)
{
    public static WinogradSquares Of(in ConvolutionInput input) => new(Winograd.Along(input.GridHeight), Winograd.Along(input.GridWidth));

    /// <summary>How many squares some images have.</summary>
    public nint In(int images) => (nint)images * Down * Across;

    /// <summary>The image of a square and the row and column of its first output.</summary>
    public (nint Image, int Y, int X) At(nint square)
    {
        nint inImages = square / Across, image = inImages / Down;
        return (image, (int)(inImages - image * Down) * Winograd.Square, (int)(square - inImages * Across) * Winograd.Square);
    }
}

/// <summary>Winograd's minimal filtering F(4x4, 3x3): a square of 4 x 4 outputs of a 3x3 window is made of 36 products a pair of
/// channels instead of 144 (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks").</summary>
/// <remarks>
/// outputs = A^T [(G g G^T) * (B^T d B)] A with the 6 x 6 patch d and the 3x3 filter g; the polynomials' points are 0, 11/16, -11/16,
/// 3/2, -3/2 and infinity. All sums over channels are products of matrices, 36 of them. With these points the error is a sixth of that with the usual 0, 1, -1, 2, -2
/// (Barabasz et al. 2020, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", on what makes points good): all pairs of
/// sixteenths were tried on normal numbers, and of the best these are the ones whose powers are floats. It is about that of summing directly.
/// Squares with pixels out of all proportion are summed directly (<see cref="WinogradDirect"/>); a gradient of weights, a sum over all squares, is not.
/// </remarks>
internal static unsafe class Winograd
{
    /// <summary>Outputs of a square along one axis.</summary>
    public const int Square = 4;

    /// <summary>Inputs of a patch along one axis.</summary>
    public const int Patch = 6;

    /// <summary>Products of a patch and a filter: one in each of 36 matrices.</summary>
    public const int Products = Patch * Patch;

    /// <summary>Taps of the window.</summary>
    public const int Taps = 9;

    private const int FewestChannels = 64, FewestSquares = 16;

    /// <summary>The points' distances from zero, and their squares and cubes.</summary>
    private const float Near = 11 / 16f, Near2 = Near * Near, Near3 = Near2 * Near, Far = 3 / 2f, Far2 = Far * Far, Far3 = Far2 * Far;

    /// <summary>What a filter's value at each point is multiplied by: one over the product of the point's distances from the others.</summary>
    private const double AtZero = 1.0 / ((double)Near2 * Far2), AtNear = 1.0 / (2.0 * Near2 * ((double)Near2 - Far2)), AtFar = 1.0 / (2.0 * Far2 * ((double)Far2 - Near2));

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Whether it is the faster way forward, and backward to the input: 3x3 windows that move by one; enough channels for
    /// the products to outweigh the transformations; planes of some size, since squares reach beyond the edge and transformed
    /// filters are four times as long. An image's shape alone decides, not how many images or threads there are, since it shows in
    /// the bits.</summary>
    public static bool Suits(in ConvolutionInput input, int outputs) =>
        Applies(input, outputs) && WinogradSquares.Of(input).In(images: 1) >= FewestSquares;

    /// <summary>Whether it is the faster way to the weight's gradient, which is a sum over all images.</summary>
    public static bool SuitsGradient(in ConvolutionInput input, int outputs) =>
        Applies(input, outputs) && outputs % 16 == 0 && WinogradSquares.Of(input).In(input.Images) >= FewestSquares;

    private static bool Applies(in ConvolutionInput input, int outputs) =>
        input.Rows is { Count: 3, Stride: 1, Step: 1 } && input.Columns is { Count: 3, Stride: 1, Step: 1 }
        && input.Channels % 16 == 0 && input.Channels >= FewestChannels && outputs >= FewestChannels;

    /// <summary>Squares along an axis.</summary>
    public static int Along(int length) => Ceiling.Divide(length, Square);

    /// <summary>B^T d B of a lane of channels: 36 numbers, <paramref name="step"/> apart.</summary>
    /// <param name="pixels">Where the patch's pixels lie, row by row.</param>
    /// <param name="channel">The first channel.</param>
    /// <param name="to">Where the first of them goes.</param>
    /// <param name="step">From one to the next.</param>
    /// <param name="between">Workspace of 36 lanes.</param>
    public static void Input<S>(float** pixels, nint channel, float* to, nint step, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < Patch; row++, pixels += Patch)
        {
            InputAlong(
                S.Load(pixels[0] + channel), S.Load(pixels[1] + channel), S.Load(pixels[2] + channel),
                S.Load(pixels[3] + channel), S.Load(pixels[4] + channel), S.Load(pixels[5] + channel),
                between + row * Patch * S.Width, S.Width);
        }
        nint down = Patch * S.Width;
        for (int column = 0; column < Patch; column++, between += S.Width, to += step)
        {
            InputAlong(
                S.Load(between), S.Load(between + down), S.Load(between + 2 * down),
                S.Load(between + 3 * down), S.Load(between + 4 * down), S.Load(between + 5 * down), to, Patch * step);
        }
    }

    /// <summary>A^T m A of a lane of output channels: 16 numbers, <paramref name="toStep"/> apart.</summary>
    public static void Output<S>(float* from, nint step, float* to, nint toStep, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < Patch; row++, from += Patch * step)
        {
            OutputAlong(
                S.Load(from), S.Load(from + step), S.Load(from + 2 * step), S.Load(from + 3 * step), S.Load(from + 4 * step), S.Load(from + 5 * step),
                between + row * Square * S.Width, S.Width);
        }
        nint down = Square * S.Width;
        for (int column = 0; column < Square; column++, between += S.Width, to += toStep)
        {
            OutputAlong(
                S.Load(between), S.Load(between + down), S.Load(between + 2 * down),
                S.Load(between + 3 * down), S.Load(between + 4 * down), S.Load(between + 5 * down), to, Square * toStep);
        }
    }

    /// <summary>G g G^T of a lane of filters: 36 numbers, <paramref name="toStep"/> apart, of nine, <paramref name="step"/> apart.</summary>
    public static void Filter<S>(float* from, nint step, float* to, nint toStep, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < 3; row++, from += 3 * step)
            FilterAlong(S.Load(from), S.Load(from + step), S.Load(from + 2 * step), between + row * Patch * S.Width, S.Width);
        nint down = Patch * S.Width;
        for (int column = 0; column < Patch; column++, between += S.Width, to += toStep)
            FilterAlong(S.Load(between), S.Load(between + down), S.Load(between + 2 * down), to, Patch * toStep);
    }

    /// <summary>The nine taps of a lane of filters, <paramref name="toStep"/> apart, that <see cref="Filter"/> has made 36 numbers of, <paramref name="step"/> apart.</summary>
    public static void FilterBack<S>(float* from, nint step, float* to, nint toStep, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < Patch; row++)
        {
            // the far points tell nothing that the others do not
            if (row is 3 or 4) continue;
            float* at = from + row * Patch * step;
            FilterBackAlong(S.Load(at), S.Load(at + step), S.Load(at + 2 * step), S.Load(at + 5 * step), between + row * 3 * S.Width, S.Width);
        }
        nint down = 3 * S.Width;
        for (int column = 0; column < 3; column++, between += S.Width, to += toStep)
            FilterBackAlong(S.Load(between), S.Load(between + down), S.Load(between + 2 * down), S.Load(between + 5 * down), to, 3 * toStep);
    }

    /// <summary>A dy A^T of a lane of output channels, what <see cref="Output"/> makes of a square the other way round: 36 numbers,
    /// <paramref name="step"/> apart.</summary>
    /// <param name="pixels">Where the square's pixels lie, row by row.</param>
    /// <param name="channel">The first channel.</param>
    /// <param name="to">Where the first of them goes.</param>
    /// <param name="step">From one to the next.</param>
    /// <param name="between">Workspace of 24 lanes.</param>
    public static void OutputGradient<S>(float** pixels, nint channel, float* to, nint step, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < Square; row++, pixels += Square)
        {
            OutputGradientAlong(
                S.Load(pixels[0] + channel), S.Load(pixels[1] + channel), S.Load(pixels[2] + channel), S.Load(pixels[3] + channel),
                between + row * Patch * S.Width, S.Width);
        }
        nint down = Patch * S.Width;
        for (int column = 0; column < Patch; column++, between += S.Width, to += step)
            OutputGradientAlong(S.Load(between), S.Load(between + down), S.Load(between + 2 * down), S.Load(between + 3 * down), to, Patch * step);
    }

    /// <summary>G^T du G of a lane of filters, what <see cref="Filter"/> makes of them the other way round: 9 numbers,
    /// <paramref name="toStep"/> apart, of 36, <paramref name="step"/> apart.</summary>
    public static void FilterGradient<S>(float* from, nint step, float* to, nint toStep, float* between) where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < Patch; row++, from += Patch * step)
        {
            FilterGradientAlong(
                S.Load(from), S.Load(from + step), S.Load(from + 2 * step), S.Load(from + 3 * step), S.Load(from + 4 * step), S.Load(from + 5 * step),
                between + row * 3 * S.Width, S.Width);
        }
        nint down = 3 * S.Width;
        for (int column = 0; column < 3; column++, between += S.Width, to += toStep)
        {
            FilterGradientAlong(
                S.Load(between), S.Load(between + down), S.Load(between + 2 * down),
                S.Load(between + 3 * down), S.Load(between + 4 * down), S.Load(between + 5 * down), to, 3 * toStep);
        }
    }

    [MethodImpl(Inline)]
    private static void OutputGradientAlong<S>(S y0, S y1, S y2, S y3, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S even = S.FusedMultiplyAdd(y2, S.Splat(Near2), y0), odd = S.FusedMultiplyAdd(y3, S.Splat(Near3), y1 * S.Splat(Near));
        S farEven = S.FusedMultiplyAdd(y2, S.Splat(Far2), y0), farOdd = S.FusedMultiplyAdd(y3, S.Splat(Far3), y1 * S.Splat(Far));
        S.Store(y0, to);
        S.Store(even + odd, to + step);
        S.Store(even - odd, to + 2 * step);
        S.Store(farEven + farOdd, to + 3 * step);
        S.Store(farEven - farOdd, to + 4 * step);
        S.Store(y3, to + 5 * step);
    }

    [MethodImpl(Inline)]
    private static void FilterGradientAlong<S>(S u0, S u1, S u2, S u3, S u4, S u5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S near = u1 + u2, far = u3 + u4;
        S.Store(S.FusedMultiplyAdd(u0, S.Splat((float)AtZero), S.FusedMultiplyAdd(far, S.Splat((float)AtFar), near * S.Splat((float)AtNear))), to);
        S.Store(S.FusedMultiplyAdd(u3 - u4, S.Splat((float)(AtFar * Far)), (u1 - u2) * S.Splat((float)(AtNear * Near))), to + step);
        S.Store(S.FusedMultiplyAdd(far, S.Splat((float)(AtFar * Far2)), S.FusedMultiplyAdd(near, S.Splat((float)(AtNear * Near2)), u5)), to + 2 * step);
    }

    [MethodImpl(Inline)]
    private static void FilterBackAlong<S>(S atZero, S atNear, S atMinusNear, S last, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S.Store(atZero * S.Splat((float)(1 / AtZero)), to);
        S.Store((atNear - atMinusNear) * S.Splat((float)(0.5 / (AtNear * Near))), to + step);
        S.Store(last, to + 2 * step);
    }

    [MethodImpl(Inline)]
    private static void InputAlong<S>(S d0, S d1, S d2, S d3, S d4, S d5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S product = S.Splat(Near2 * Far2), minusSum = S.Splat(-(Near2 + Far2)), minusNear2 = S.Splat(-Near2), minusFar2 = S.Splat(-Far2);
        S even = S.FusedMultiplyAdd(d2, minusFar2, d4), odd = S.FusedMultiplyAdd(d1, minusFar2, d3);
        S farEven = S.FusedMultiplyAdd(d2, minusNear2, d4), farOdd = S.FusedMultiplyAdd(d1, minusNear2, d3);
        S.Store(S.FusedMultiplyAdd(d0, product, S.FusedMultiplyAdd(d2, minusSum, d4)), to);
        S.Store(S.FusedMultiplyAdd(odd, S.Splat(Near), even), to + step);
        S.Store(S.FusedMultiplyAdd(odd, S.Splat(-Near), even), to + 2 * step);
        S.Store(S.FusedMultiplyAdd(farOdd, S.Splat(Far), farEven), to + 3 * step);
        S.Store(S.FusedMultiplyAdd(farOdd, S.Splat(-Far), farEven), to + 4 * step);
        S.Store(S.FusedMultiplyAdd(d1, product, S.FusedMultiplyAdd(d3, minusSum, d5)), to + 5 * step);
    }

    [MethodImpl(Inline)]
    private static void OutputAlong<S>(S m0, S m1, S m2, S m3, S m4, S m5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S near = m1 + m2, nearOdd = m1 - m2, far = m3 + m4, farOdd = m3 - m4;
        S.Store(m0 + near + far, to);
        S.Store(S.FusedMultiplyAdd(farOdd, S.Splat(Far), nearOdd * S.Splat(Near)), to + step);
        S.Store(S.FusedMultiplyAdd(far, S.Splat(Far2), near * S.Splat(Near2)), to + 2 * step);
        S.Store(S.FusedMultiplyAdd(farOdd, S.Splat(Far3), S.FusedMultiplyAdd(nearOdd, S.Splat(Near3), m5)), to + 3 * step);
    }

    [MethodImpl(Inline)]
    private static void FilterAlong<S>(S g0, S g1, S g2, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S near = S.Splat((float)AtNear), far = S.Splat((float)AtFar);
        S even = S.FusedMultiplyAdd(g2, S.Splat(Near2), g0), odd = g1 * S.Splat(Near), farEven = S.FusedMultiplyAdd(g2, S.Splat(Far2), g0), farOdd = g1 * S.Splat(Far);
        S.Store(g0 * S.Splat((float)AtZero), to);
        S.Store((even + odd) * near, to + step);
        S.Store((even - odd) * near, to + 2 * step);
        S.Store((farEven + farOdd) * far, to + 3 * step);
        S.Store((farEven - farOdd) * far, to + 4 * step);
        S.Store(g2, to + 5 * step);
    }
}
