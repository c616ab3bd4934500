namespace Graft.Audio;

/// <summary>Makes features of sounds (Hugging Face's feature extractors, torchaudio's <c>MFCC</c>). Any number of threads may use one.</summary>
public sealed class FeatureExtractor
{
    private const double NaturalFloor = 1e-12, DecimalFloor = 1e-10, DecibelRange = 80, WhisperRange = 8;

    private readonly int windowLength;
    private readonly int hop;
    private readonly double[] window;
    private readonly MelBands? bands;
    private readonly double[][]? cosines;

    /// <summary>Makes the tables that the options ask for.</summary>
    /// <param name="options">What is made of a sound.</param>
    /// <exception cref="ArgumentException">Sizes are below 1, the window is longer than the transform, bands leave the spectrum, or more coefficients are
    /// asked for than there are bands.</exception>
    public FeatureExtractor(FeatureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FourierLength, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SampleRate, nameof(options));
        windowLength = options.WindowLength ?? options.FourierLength;
        hop = options.HopLength ?? windowLength / 2;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windowLength, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(hop, nameof(options));
        if (windowLength > options.FourierLength)
            throw new ArgumentException($"a window of {windowLength} samples is longer than the transform of {options.FourierLength}", nameof(options));
        window = WindowOf(options.Window, windowLength);
        if (options.MelBands is not null) bands = new MelBands(options, Bins);
        if (options.Coefficients is not { } count) return;
        if (bands is null || count < 1 || count > bands.Count)
            throw new ArgumentException($"{count} cosine coefficients are not 1 to the {bands?.Count ?? 0} mel bands", nameof(options));
        cosines = CosinesOf(count, bands.Count, options.IsCosineOrthonormal);
    }

    /// <summary>What is made of a sound.</summary>
    public FeatureOptions Options { get; }

    /// <summary>F: how many numbers a frame has.</summary>
    public int Width => Options.Coefficients ?? Options.MelBands ?? Bins;

    private int Bins => Options.FourierLength / 2 + 1;

    private int FrameLength => Options.Framing == Framing.Windows ? windowLength : Options.FourierLength;

    /// <summary>T: how many frames so many samples make; 0 where they do not fill one.</summary>
    /// <param name="length">The number of samples.</param>
    public int FramesOf(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        int frames = Options.Framing switch
        {
            // a sound of half a frame cannot be mirrored
            Framing.Centred => length > Options.FourierLength / 2 ? 1 + length / hop : 0,
            _ => length < FrameLength ? 0 : 1 + (length - FrameLength) / hop,
        };
        return Options.SkipLastFrame ? Math.Max(0, frames - 1) : frames;
    }

    /// <summary>The features of a sound, of all its channels mixed, brought to the options' rate.</summary>
    /// <param name="sound">The sound.</param>
    /// <exception cref="ArgumentException">It is too short for one frame.</exception>
    public AudioFeatures Extract(Waveform sound)
    {
        ArgumentNullException.ThrowIfNull(sound);
        return Extract(sound.ToMono().Resample(Options.SampleRate).Samples);
    }

    /// <summary>The features of samples of one channel at the options' rate.</summary>
    /// <param name="samples">[N].</param>
    /// <exception cref="ArgumentException">They are too few for one frame.</exception>
    public AudioFeatures Extract(ReadOnlySpan<float> samples)
    {
        int frames = FramesOf(samples.Length), width = Width;
        if (frames == 0)
            throw new ArgumentException($"{samples.Length} samples are too few for a frame of {FrameLength}: the sound needs at least {Least} at {Options.SampleRate} a second");
        var plan = new FourierPlan(Options.FourierLength);
        var values = new float[checked(frames * width)];
        double[] frame = new double[Options.FourierLength], spectrum = new double[Bins], mel = new double[bands?.Count ?? 0];
        var logs = Options.Logarithm is FeatureLogarithm.Decibels or FeatureLogarithm.Whisper ? new double[checked(frames * (bands?.Count ?? Bins))] : null;
        for (int at = 0; at < frames; at++)
        {
            Fill(samples, at, frame);
            plan.Power(frame, spectrum);
            if (!Options.IsPower)
                for (int bin = 0; bin < spectrum.Length; bin++) spectrum[bin] = Math.Sqrt(spectrum[bin]);
            bands?.Apply(spectrum, mel);
            Span<double> row = bands is null ? spectrum : mel;
            if (logs is not null) row.CopyTo(logs.AsSpan(at * row.Length));
            else Finish(row, Options.Logarithm == FeatureLogarithm.Natural, values.AsSpan(at * width, width));
        }
        if (logs is not null) FinishAll(logs, frames, values);
        return new AudioFeatures(values, frames, width);
    }

    private int Least => Options.Framing == Framing.Centred ? Options.FourierLength / 2 + 1 : FrameLength;

    /// <summary>Windows one frame.</summary>
    private void Fill(ReadOnlySpan<float> samples, int number, double[] frame)
    {
        int length = Options.FourierLength, offset = Options.Framing == Framing.Windows ? 0 : (length - windowLength) / 2;
        int first = number * hop - (Options.Framing == Framing.Centred ? length / 2 : 0);
        Array.Clear(frame);
        for (int at = 0; at < windowLength; at++)
        {
            int place = Math.Abs(first + offset + at);
            if (place >= samples.Length) place = 2 * (samples.Length - 1) - place;
            frame[offset + at] = window[at] * samples[place];
        }
    }

    private void Finish(Span<double> row, bool isLogarithmTaken, Span<float> values)
    {
        if (isLogarithmTaken)
            for (int at = 0; at < row.Length; at++) row[at] = Math.Log(Math.Max(row[at], NaturalFloor));
        for (int at = 0; at < values.Length; at++)
        {
            if (cosines is null)
            {
                values[at] = (float)row[at];
                continue;
            }
            double sum = 0;
            var cosine = cosines[at];
            for (int band = 0; band < row.Length; band++) sum += cosine[band] * row[band];
            values[at] = (float)sum;
        }
    }

    /// <summary>Takes the logarithms that look at the loudest of all frames.</summary>
    private void FinishAll(double[] all, int frames, float[] values)
    {
        bool isWhisper = Options.Logarithm == FeatureLogarithm.Whisper;
        double largest = double.NegativeInfinity;
        for (int at = 0; at < all.Length; at++)
        {
            all[at] = (isWhisper ? 1 : 10) * Math.Log10(Math.Max(all[at], DecimalFloor));
            largest = Math.Max(largest, all[at]);
        }
        double floor = largest - (isWhisper ? WhisperRange : DecibelRange);
        for (int at = 0; at < all.Length; at++)
        {
            double held = Math.Max(all[at], floor);
            all[at] = isWhisper ? (held + 4) / 4 : held;
        }
        int row = all.Length / frames, width = Width;
        for (int at = 0; at < frames; at++) Finish(all.AsSpan(at * row, row), isLogarithmTaken: false, values.AsSpan(at * width, width));
    }

    private static double[] WindowOf(WindowForm form, int length)
    {
        var window = new double[length];
        for (int at = 0; at < length; at++)
        {
            double cosine = Math.Cos(2 * Math.PI * at / length);
            window[at] = form switch { WindowForm.Hann => 0.5 - 0.5 * cosine, WindowForm.Hamming => 0.54 - 0.46 * cosine, _ => 1 };
        }
        return window;
    }

    private static double[][] CosinesOf(int count, int bands, bool isOrthonormal)
    {
        var rows = new double[count][];
        for (int row = 0; row < count; row++)
        {
            rows[row] = new double[bands];
            double size = Math.Sqrt(2.0 / bands) * (isOrthonormal && row == 0 ? Math.Sqrt(0.5) : 1);
            for (int band = 0; band < bands; band++) rows[row][band] = size * Math.Cos(Math.PI / bands * row * (band + 0.5));
        }
        return rows;
    }
}
