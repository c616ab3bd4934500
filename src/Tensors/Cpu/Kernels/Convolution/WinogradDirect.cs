namespace Graft.Tensors;

/// <summary>Squares that are not for <see cref="Winograd"/>. Each of its products mixes pixels of a patch, so that one pixel which is out of all proportion takes the digits of the
/// outputs around it that do not see it, and one that is no number makes all of them none. Such squares are summed directly.</summary>
internal static unsafe class WinogradDirect
{
    /// <summary>How many times as large as others pixels may be, so that what they cost outputs beside them stays below a ten-thousandth.</summary>
    private const float Proportion = 64;

    /// <summary>What pixels may be at most, so that no product overflows.</summary>
    private const float Largest = 1e30f;

    /// <summary>The products which hold pixels of even rows and columns, of even rows and odd columns, and so on: each pixel is in one of them.</summary>
    private static ReadOnlySpan<int> Parities => [0, Winograd.Patch - 1, Winograd.Patch * (Winograd.Patch - 1), Winograd.Products - 1];

    /// <summary>Whether the patch of a square is out of proportion: its largest numbers of some parity are, beside those of another.</summary>
    /// <param name="patch">Its first transformed number, of the first channel.</param>
    /// <param name="step">From a transformed number to the next.</param>
    /// <param name="channels">How many channels.</param>
    public static bool Needs<S>(float* patch, nint step, int channels) where S : unmanaged, IVectorLane<S>
    {
        float least = float.PositiveInfinity, most = 0;
        foreach (int parity in Parities)
        {
            float found = Magnitude<S>(patch + parity * step, channels);
            (least, most) = (Math.Min(least, found), Math.Max(most, found));
        }
        return most > Largest || most > Proportion * least;
    }

    /// <summary>The largest magnitude of some numbers; infinite where one is none.</summary>
    private static float Magnitude<S>(float* numbers, int count) where S : unmanaged, IVectorLane<S>
    {
        S largest = S.Splat(0f), zero = largest;
        for (int i = 0; i < count; i += S.Width)
        {
            var number = S.Load(numbers + i);
            largest = S.Max(S.Abs(number), largest);
            zero = S.FusedMultiplyAdd(number, S.Splat(0f), zero);
        }
        float* lanes = stackalloc float[2 * S.Width];
        S.Store(largest, lanes);
        S.Store(zero, lanes + S.Width);
        float found = 0;
        for (int lane = 0; lane < S.Width; lane++) found = Math.Max(found, lanes[S.Width + lane] == 0 ? lanes[lane] : float.PositiveInfinity);
        return found;
    }

    /// <summary>The 16 outputs of a square, of a lane of output channels.</summary>
    /// <param name="pixels">Where the patch's pixels lie, row by row.</param>
    /// <param name="channels">How many input channels.</param>
    /// <param name="filters">The transformed filters of the first channel.</param>
    /// <param name="channelStep">From a channel's filters to the next.</param>
    /// <param name="step">From a transformed filter's number to the next.</param>
    /// <param name="to">Where the first output goes.</param>
    /// <param name="toStep">From an output to the next.</param>
    public static void Outputs<S>(float** pixels, int channels, float* filters, nint channelStep, nint step, float* to, nint toStep) where S : unmanaged, IVectorLane<S>
    {
        float* taps = stackalloc float[Winograd.Taps * S.Width], between = stackalloc float[3 * Winograd.Patch * S.Width];
        for (int output = 0; output < Winograd.Square * Winograd.Square; output++) S.Store(S.Splat(0f), to + output * toStep);
        for (int channel = 0; channel < channels; channel++, filters += channelStep)
        {
            Winograd.FilterBack<S>(filters, step, taps, S.Width, between);
            for (int output = 0; output < Winograd.Square * Winograd.Square; output++)
            {
                float** window = pixels + output / Winograd.Square * Winograd.Patch + output % Winograd.Square;
                var sum = S.Load(to + output * toStep);
                for (int tap = 0; tap < Winograd.Taps; tap++)
                    sum = S.FusedMultiplyAdd(S.Splat(window[tap / 3 * Winograd.Patch + tap % 3][channel]), S.Load(taps + tap * S.Width), sum);
                S.Store(sum, to + output * toStep);
            }
        }
    }
}
