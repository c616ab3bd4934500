namespace Graft.Audio;

/// <summary>The low-pass filter of a change of rate.</summary>
public sealed record ResampleOptions
{
    /// <summary>How many zero crossings the filter has on each side (<c>lowpass_filter_width</c>).</summary>
    public int FilterWidth { get; init; } = 6;

    /// <summary>Where the filter ends, as a part of the lower of the two highest frequencies (<c>rolloff</c>).</summary>
    public double RollOff { get; init; } = 0.99;

    /// <summary>The beta of a Kaiser window; null for a Hann window.</summary>
    public double? KaiserBeta { get; init; }
}

/// <summary>Interpolates with a windowed sinc: output j of a period of the two rates has a filter of its own.</summary>
internal sealed class Resampler
{
    private readonly int from;
    private readonly int to;
    private readonly int[] starts;
    private readonly float[][] filters;

    public Resampler(int rate, int newRate, ResampleOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FilterWidth, 1);
        if (!(options.RollOff is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(options), options.RollOff, "the roll-off lies above 0 and up to 1");
        int common = Common(rate, newRate);
        (from, to) = (rate / common, newRate / common);
        double width = options.FilterWidth, cut = Math.Min(from, to) * options.RollOff, reach = width * from / cut;
        starts = new int[to];
        filters = new float[to][];
        for (int phase = 0; phase < to; phase++)
        {
            double place = (double)phase * from / to;
            int first = (int)Math.Ceiling(place - reach), last = (int)Math.Floor(place + reach);
            var filter = new float[last - first + 1];
            for (int tap = 0; tap < filter.Length; tap++)
            {
                double t = Math.Clamp(cut * ((first + tap) / (double)from - phase / (double)to), -width, width);
                filter[tap] = (float)(Sinc(Math.PI * t) * Window(t / width, options.KaiserBeta) * cut / from);
            }
            (starts[phase], filters[phase]) = (first, filter);
        }
    }

    public int LengthOf(int length) => checked((int)(((long)length * to + from - 1) / from));

    public void Run(ReadOnlySpan<float> samples, Span<float> resampled)
    {
        for (int at = 0; at < resampled.Length; at++)
        {
            int phase = at % to;
            long first = (long)(at / to) * from + starts[phase];
            var filter = filters[phase];
            int skipped = (int)Math.Max(0, -first), end = (int)Math.Min(filter.Length, samples.Length - first);
            double sum = 0;
            for (int tap = skipped; tap < end; tap++) sum += (double)filter[tap] * samples[(int)(first + tap)];
            resampled[at] = (float)sum;
        }
    }

    private static double Window(double place, double? beta)
    {
        if (beta is { } kaiser) return Bessel(kaiser * Math.Sqrt(Math.Max(0, 1 - place * place))) / Bessel(kaiser);
        double cosine = Math.Cos(place * Math.PI / 2);
        return cosine * cosine;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x) / x;

    /// <summary>The modified Bessel function of order 0, by its series.</summary>
    private static double Bessel(double x)
    {
        double sum = 1, term = 1;
        for (int k = 1; term > sum * 1e-17; k++)
        {
            term *= x * x / (4.0 * k * k);
            sum += term;
        }
        return sum;
    }

    private static int Common(int a, int b) => b == 0 ? a : Common(b, a % b);
}
