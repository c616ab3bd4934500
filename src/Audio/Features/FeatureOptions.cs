namespace Graft.Audio;

/// <summary>How a sound becomes features: a spectrogram, its mel bands, their logarithm, and the cosine transform of that. The presets are the
/// conventions that published models were trained with.</summary>
public sealed record FeatureOptions
{
    /// <summary>How many samples a second the sound has to have.</summary>
    public int SampleRate { get; init; } = 16000;

    /// <summary>The length of the Fourier transform (<c>n_fft</c>).</summary>
    public int FourierLength { get; init; } = 400;

    /// <summary>The length of the window (<c>win_length</c>); null for that of the transform.</summary>
    public int? WindowLength { get; init; }

    /// <summary>How many samples lie between two frames (<c>hop_length</c>); null for half a window, as torchaudio has it.</summary>
    public int? HopLength { get; init; }

    /// <summary>The window's form.</summary>
    public WindowForm Window { get; init; } = WindowForm.Hann;

    /// <summary>Where the frames lie.</summary>
    public Framing Framing { get; init; } = Framing.Centred;

    /// <summary>Whether the last frame is left out, as Whisper leaves it out.</summary>
    public bool SkipLastFrame { get; init; }

    /// <summary>Whether the spectrum is |X|^2; else it is |X|.</summary>
    public bool IsPower { get; init; } = true;

    /// <summary>How many mel bands there are (<c>n_mels</c>); null for the spectrum itself.</summary>
    public int? MelBands { get; init; }

    /// <summary>Where the lowest band begins, in hertz (<c>f_min</c>).</summary>
    public double LowestFrequency { get; init; }

    /// <summary>Where the highest band ends, in hertz (<c>f_max</c>); null for half the rate.</summary>
    public double? HighestFrequency { get; init; }

    /// <summary>What mel means.</summary>
    public MelScale MelScale { get; init; } = MelScale.Htk;

    /// <summary>Whether each band is divided by its width (<c>norm="slaney"</c>).</summary>
    public bool IsMelNormalised { get; init; }

    /// <summary>Whether the bands are triangles over mel, as TensorFlow has them; else over hertz.</summary>
    public bool AreTrianglesInMel { get; init; }

    /// <summary>Which logarithm is taken.</summary>
    public FeatureLogarithm Logarithm { get; init; } = FeatureLogarithm.None;

    /// <summary>How many cosine coefficients are kept (<c>n_mfcc</c>); null for the bands themselves.</summary>
    public int? Coefficients { get; init; }

    /// <summary>Whether the cosine transform is orthonormal; else each coefficient is sqrt(2 / bands) of its sum, as TensorFlow has it.</summary>
    public bool IsCosineOrthonormal { get; init; } = true;

    /// <summary>torchaudio's <c>MelSpectrogram</c>: 128 bands of |X|^2 over 400 samples, every 200.</summary>
    public static FeatureOptions TorchaudioMelSpectrogram { get; } = new() { MelBands = 128 };

    /// <summary>torchaudio's <c>MFCC</c>: 40 coefficients of those bands in decibels.</summary>
    public static FeatureOptions TorchaudioMfcc { get; } = TorchaudioMelSpectrogram with { Logarithm = FeatureLogarithm.Decibels, Coefficients = 40 };

    /// <summary>TensorFlow's: |X| of windows padded to the next power of two, 40 bands over mel from 20 to 4000 Hz, 13 coefficients of their logarithm.</summary>
    public static FeatureOptions TensorFlowMfcc { get; } = new()
    {
        FourierLength = 512,
        WindowLength = 400,
        HopLength = 160,
        Framing = Framing.Windows,
        IsPower = false,
        MelBands = 40,
        LowestFrequency = 20,
        HighestFrequency = 4000,
        AreTrianglesInMel = true,
        Logarithm = FeatureLogarithm.Natural,
        Coefficients = 13,
        IsCosineOrthonormal = false,
    };

    /// <summary>That of the keyword transformer: 40 of 80 bands from 20 to 7600 Hz, windows of 30 ms every 10 ms.</summary>
    public static FeatureOptions KeywordTransformer { get; } =
        TensorFlowMfcc with { WindowLength = 480, MelBands = 80, HighestFrequency = 7600, Coefficients = 40 };

    /// <summary>Whisper's: the logarithm of Slaney's bands, at most 8 below the loudest, brought to about -1 to 1.</summary>
    /// <param name="melBands">80, or 128 for <c>large-v3</c>.</param>
    public static FeatureOptions Whisper(int melBands = 80) => new()
    {
        HopLength = 160,
        SkipLastFrame = true,
        MelBands = melBands,
        MelScale = MelScale.Slaney,
        IsMelNormalised = true,
        Logarithm = FeatureLogarithm.Whisper,
    };
}

/// <summary>The form of a window over a frame, periodic as a transform wants it.</summary>
public enum WindowForm
{
    /// <summary>A raised cosine.</summary>
    Hann,

    /// <summary>A raised cosine on a step of 0.08.</summary>
    Hamming,

    /// <summary>1 throughout.</summary>
    Rectangular,
}

/// <summary>Where frames lie in a sound.</summary>
public enum Framing
{
    /// <summary>Around their place, the sound being mirrored at both ends (<c>center=True</c> of <c>torch.stft</c>).</summary>
    Centred,

    /// <summary>As long as the transform, the window in their middle, none beyond the sound (<c>center=False</c> of <c>torch.stft</c>).</summary>
    Whole,

    /// <summary>As long as the window, with zeros behind it up to the transform's length (TensorFlow's <c>tf.signal.stft</c>).</summary>
    Windows,
}

/// <summary>What mel means.</summary>
public enum MelScale
{
    /// <summary>2595 log10(1 + f / 700).</summary>
    Htk,

    /// <summary>Linear below 1000 Hz and logarithmic above (Slaney's Auditory Toolbox).</summary>
    Slaney,
}

/// <summary>The logarithm of bands.</summary>
public enum FeatureLogarithm
{
    /// <summary>None.</summary>
    None,

    /// <summary>ln(max(x, 1e-12)).</summary>
    Natural,

    /// <summary>10 log10(max(x, 1e-10)), at most 80 below the largest (torchaudio's <c>AmplitudeToDB</c>).</summary>
    Decibels,

    /// <summary>(max(log10(max(x, 1e-10)), largest - 8) + 4) / 4.</summary>
    Whisper,
}
