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
/// outputs = A^T [(G g G^T) * (B^T d B)] A with the 6 x 6 patch d and the 3x3 filter g; the polynomials' points are 0, 1, -1, 2, -2
/// and infinity. All sums over channels are products of matrices, 36 of them. The error is a few times that of summing directly, still
/// a few millionths of the sum of magnitudes. An input that is not finite spreads over the squares that it belongs to.
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
        S even = y0 + y2, odd = y1 + y3;
        S evenAtTwo = S.FusedMultiplyAdd(y2, S.Splat(4f), y0), oddAtTwo = S.FusedMultiplyAdd(y3, S.Splat(8f), y1 + y1);
        S.Store(y0, to);
        S.Store(even + odd, to + step);
        S.Store(even - odd, to + 2 * step);
        S.Store(evenAtTwo + oddAtTwo, to + 3 * step);
        S.Store(evenAtTwo - oddAtTwo, to + 4 * step);
        S.Store(y3, to + 5 * step);
    }

    [MethodImpl(Inline)]
    private static void FilterGradientAlong<S>(S u0, S u1, S u2, S u3, S u4, S u5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S sixth = S.Splat(1f / 6f), sumOne = u1 + u2, sumTwo = u3 + u4;
        S.Store(S.FusedMultiplyAdd(u0, S.Splat(0.25f), S.FusedMultiplyAdd(sumTwo, S.Splat(1f / 24f), -(sixth * sumOne))), to);
        S.Store(S.FusedMultiplyAdd(u3 - u4, S.Splat(1f / 12f), sixth * (u2 - u1)), to + step);
        S.Store(S.FusedMultiplyAdd(sumTwo - sumOne, sixth, u5), to + 2 * step);
    }

    [MethodImpl(Inline)]
    private static void InputAlong<S>(S d0, S d1, S d2, S d3, S d4, S d5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S minusFour = S.Splat(-4f), minusFive = S.Splat(-5f), four = S.Splat(4f), two = S.Splat(2f);
        S even = S.FusedMultiplyAdd(d2, minusFour, d4), odd = S.FusedMultiplyAdd(d1, minusFour, d3);
        S outerEven = d4 - d2, outerOdd = two * (d3 - d1);
        S.Store(S.FusedMultiplyAdd(d0, four, S.FusedMultiplyAdd(d2, minusFive, d4)), to);
        S.Store(even + odd, to + step);
        S.Store(even - odd, to + 2 * step);
        S.Store(outerEven + outerOdd, to + 3 * step);
        S.Store(outerEven - outerOdd, to + 4 * step);
        S.Store(S.FusedMultiplyAdd(d1, four, S.FusedMultiplyAdd(d3, minusFive, d5)), to + 5 * step);
    }

    [MethodImpl(Inline)]
    private static void OutputAlong<S>(S m0, S m1, S m2, S m3, S m4, S m5, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S sumOne = m1 + m2, differenceOne = m1 - m2, sumTwo = m3 + m4, differenceTwo = m3 - m4;
        S.Store(m0 + sumOne + sumTwo, to);
        S.Store(S.FusedMultiplyAdd(differenceTwo, S.Splat(2f), differenceOne), to + step);
        S.Store(S.FusedMultiplyAdd(sumTwo, S.Splat(4f), sumOne), to + 2 * step);
        S.Store(S.FusedMultiplyAdd(differenceTwo, S.Splat(8f), differenceOne) + m5, to + 3 * step);
    }

    [MethodImpl(Inline)]
    private static void FilterAlong<S>(S g0, S g1, S g2, float* to, nint step) where S : unmanaged, IVectorLane<S>
    {
        S sixth = S.Splat(1f / 6f), twentyFourth = S.Splat(1f / 24f);
        S sum = g0 + g2, outer = S.FusedMultiplyAdd(g2, S.Splat(4f), g0), twice = g1 + g1;
        S.Store(S.Splat(0.25f) * g0, to);
        S.Store(-(sixth * (sum + g1)), to + step);
        S.Store(sixth * (g1 - sum), to + 2 * step);
        S.Store(twentyFourth * (outer + twice), to + 3 * step);
        S.Store(twentyFourth * (outer - twice), to + 4 * step);
        S.Store(g2, to + 5 * step);
    }
}
