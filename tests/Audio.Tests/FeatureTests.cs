using System.Text.Json;

namespace Graft.Audio.Tests;

/// <summary>Features and rates against torchaudio's, PyTorch's and NumPy's numbers (Golden/make_features.py).</summary>
public sealed class FeatureTests : IDisposable
{
    private readonly JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "features.json")));

    public static TheoryData<string> Names { get; } =
        ["spectrogram", "spectrogram_whole_512_400_160", "hamming_480", "mel", "mfcc", "whisper80", "whisper128", "tensorflow", "keyword"];

    public void Dispose() => golden.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void Features_are_those_of_their_conventions(string name)
    {
        var options = name switch
        {
            "spectrogram" => new FeatureOptions(),
            "spectrogram_whole_512_400_160" => new FeatureOptions { FourierLength = 512, WindowLength = 400, HopLength = 160, Framing = Framing.Whole, IsPower = false },
            "hamming_480" => new FeatureOptions { FourierLength = 480, HopLength = 160, Window = WindowForm.Hamming },
            "mel" => FeatureOptions.TorchaudioMelSpectrogram,
            "mfcc" => FeatureOptions.TorchaudioMfcc,
            "whisper80" => FeatureOptions.Whisper(),
            "whisper128" => FeatureOptions.Whisper(128),
            "tensorflow" => FeatureOptions.TensorFlowMfcc,
            _ => FeatureOptions.KeywordTransformer,
        };
        var (shape, expected) = Expected(name);
        var features = new FeatureExtractor(options).Extract(Sound(1600));
        Assert.Equal(shape[1], features.Width);
        if (!name.StartsWith("spectrogram", StringComparison.Ordinal) && name != "hamming_480") Assert.Equal(shape[0], features.Frames);
        // torchaudio's transform is of single precision: its decibels of weak bands are off by as much
        Close(expected, features.Values, name switch { "mfcc" => 2e-4, "whisper128" => 1e-4, _ => 2e-5 });
    }

    [Theory]
    [InlineData(44100, 16000)]
    [InlineData(8000, 16000)]
    [InlineData(48000, 16000)]
    [InlineData(16000, 11025)]
    [InlineData(22050, 22049)]
    [InlineData(3, 2)]
    public void Rates_change_as_torchaudio_changes_them(int from, int to)
    {
        var (_, expected) = Expected($"resample {from} {to}");
        var sound = new Waveform(Sound(1600), from).Resample(to);
        Assert.Equal((to, (1600 * (long)to + from - 1) / from), (sound.SampleRate, sound.Length));
        Close(expected, sound.Samples, 1e-6);
    }

    [Fact]
    public void A_Kaiser_window_filters_as_torchaudios()
    {
        var options = new ResampleOptions { FilterWidth = 16, RollOff = 0.85, KaiserBeta = 8.555504641634386 };
        Close(Expected("resample kaiser 44100 16000").Values, new Waveform(Sound(1600), 44100).Resample(16000, options).Samples, 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(97)]
    [InlineData(400)]
    [InlineData(510)]
    [InlineData(512)]
    public void Transforms_of_any_length_are_the_sums_that_define_them(int length)
    {
        var frame = Array.ConvertAll(Sound(length), value => (double)value);
        var power = new double[length / 2 + 1];
        new FourierPlan(length).Power(frame, power);
        for (int bin = 0; bin < power.Length; bin++)
        {
            double real = 0, imaginary = 0;
            for (int at = 0; at < length; at++)
            {
                real += frame[at] * Math.Cos(2 * Math.PI * at * bin / length);
                imaginary -= frame[at] * Math.Sin(2 * Math.PI * at * bin / length);
            }
            Assert.Equal(real * real + imaginary * imaginary, power[bin], 1e-9 * length * length);
        }
    }

    [Fact]
    public void Sounds_too_short_for_a_frame_are_refused_and_silence_is_a_number()
    {
        var whisper = new FeatureExtractor(FeatureOptions.Whisper());
        Assert.Contains("too few", Assert.Throws<ArgumentException>(() => whisper.Extract([])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => whisper.Extract(new float[200]));
        Assert.All(whisper.Extract(new float[16000]).Values, value => Assert.Equal(-1.5f, value));
        Assert.All(new FeatureExtractor(FeatureOptions.TorchaudioMfcc).Extract(new float[400]).Values, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(-27.63102f * MathF.Sqrt(160), new FeatureExtractor(FeatureOptions.KeywordTransformer).Extract(new float[480]).Values[0], 1e-2);
    }

    [Fact]
    public void A_sound_of_ten_minutes_in_two_channels_at_8_kHz_is_mixed_and_brought_to_the_rate()
    {
        var sound = new Waveform(new float[2 * 600 * 8000], 8000, 2);
        var features = new FeatureExtractor(FeatureOptions.KeywordTransformer with { HopLength = 1600 }).Extract(sound);
        Assert.Equal((6000, 40), (features.Frames, features.Width));
    }

    [Fact]
    public void Options_that_contradict_one_another_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new FeatureExtractor(new FeatureOptions { FourierLength = 100, WindowLength = 200 }));
        Assert.Throws<ArgumentException>(() => new FeatureExtractor(new FeatureOptions { Coefficients = 3 }));
        Assert.Throws<ArgumentException>(() => new FeatureExtractor(new FeatureOptions { MelBands = 10, HighestFrequency = 9000 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeatureExtractor(new FeatureOptions { HopLength = 0 }));
    }

    internal static float[] Sound(int length)
    {
        var samples = new float[length];
        for (int i = 0; i < length; i++) samples[i] = (float)(0.4 * Math.Sin(0.05 * i) + 0.2 * Math.Sin(0.31 * i + 1) + 0.1 * (i * 7919L % 1000 / 500.0 - 1));
        return samples;
    }

    private (int[] Shape, double[] Values) Expected(string name)
    {
        var one = golden.RootElement.GetProperty(name);
        return ([.. one.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32())], [.. one.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())]);
    }

    private static void Close(double[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        double largest = expected.Max(Math.Abs);
        for (int at = 0; at < expected.Length; at++)
            if (!(Math.Abs(expected[at] - actual[at]) <= tolerance * largest)) Assert.Fail($"at {at}: {actual[at]} is not {expected[at]}");
    }
}
