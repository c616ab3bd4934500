namespace Graft.Audio;

/// <summary>Triangular filters over the bins of a spectrum [M, K].</summary>
internal sealed class MelBands
{
    private const double SlaneyStep = 200.0 / 3, SlaneyCorner = 1000, SlaneyRatio = 27;

    private readonly double[][] filters;
    private readonly int[] starts;

    public MelBands(FeatureOptions options, int bins)
    {
        int bands = options.MelBands!.Value;
        double half = options.SampleRate / 2, low = options.LowestFrequency, high = options.HighestFrequency ?? half;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bands, nameof(options));
        if (!(low >= 0 && high > low && high <= half))
            throw new ArgumentException($"bands from {low} to {high} Hz are not within the 0 to {half} Hz of {options.SampleRate} samples a second", nameof(options));
        (filters, starts) = (new double[bands][], new int[bands]);
        double first = ToMel(low, options.MelScale), last = ToMel(high, options.MelScale);
        var edges = new double[bands + 2];
        for (int at = 0; at < edges.Length; at++) edges[at] = first + (last - first) * at / (bands + 1);
        var frequencies = new double[bins];
        for (int bin = 0; bin < bins; bin++) frequencies[bin] = bin * (double)options.SampleRate / options.FourierLength;
        var hertz = Array.ConvertAll(edges, edge => ToHertz(edge, options.MelScale));
        double[] places = options.AreTrianglesInMel ? Array.ConvertAll(frequencies, frequency => ToMel(frequency, options.MelScale)) : frequencies;
        double[] corners = options.AreTrianglesInMel ? edges : hertz;
        for (int band = 0; band < bands; band++)
        {
            double left = corners[band], middle = corners[band + 1], right = corners[band + 2];
            double size = options.IsMelNormalised ? 2 / (hertz[band + 2] - hertz[band]) : 1;
            // TensorFlow's bands never have the constant part
            int begin = Array.FindIndex(places, options.AreTrianglesInMel ? 1 : 0, place => place > left);
            int end = Array.FindIndex(places, place => place >= right);
            begin = begin < 0 ? bins : begin;
            end = end < 0 ? bins : end;
            var filter = new double[Math.Max(0, end - begin)];
            for (int at = 0; at < filter.Length; at++)
            {
                double place = places[begin + at];
                filter[at] = size * Math.Max(0, Math.Min((place - left) / (middle - left), (right - place) / (right - middle)));
            }
            (filters[band], starts[band]) = (filter, begin);
        }
    }

    public int Count => filters.Length;

    /// <summary>The bands of a spectrum.</summary>
    public void Apply(ReadOnlySpan<double> spectrum, Span<double> bands)
    {
        for (int band = 0; band < filters.Length; band++)
        {
            var filter = filters[band];
            double sum = 0;
            for (int at = 0; at < filter.Length; at++) sum += filter[at] * spectrum[starts[band] + at];
            bands[band] = sum;
        }
    }

    private static double ToMel(double hertz, MelScale scale) => scale switch
    {
        MelScale.Htk => 2595 * Math.Log10(1 + hertz / 700),
        _ when hertz >= SlaneyCorner => SlaneyCorner / SlaneyStep + Math.Log(hertz / SlaneyCorner) * SlaneyRatio / Math.Log(6.4),
        _ => hertz / SlaneyStep,
    };

    private static double ToHertz(double mel, MelScale scale) => scale switch
    {
        MelScale.Htk => 700 * (Math.Pow(10, mel / 2595) - 1),
        _ when mel >= SlaneyCorner / SlaneyStep => SlaneyCorner * Math.Exp((mel - SlaneyCorner / SlaneyStep) * Math.Log(6.4) / SlaneyRatio),
        _ => mel * SlaneyStep,
    };
}
