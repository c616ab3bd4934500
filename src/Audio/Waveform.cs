namespace Graft.Audio;

/// <summary>A sound: samples from -1 to 1, so many a second, of one channel or several.</summary>
public sealed class Waveform
{
    /// <summary>Takes samples as they are.</summary>
    /// <param name="samples">[C, N]: the first channel's, then the next's.</param>
    /// <param name="sampleRate">How many a second.</param>
    /// <param name="channels">C.</param>
    /// <exception cref="ArgumentException">The samples do not fall into the channels.</exception>
    public Waveform(float[] samples, int sampleRate, int channels = 1)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        if (samples.Length % channels != 0) throw new ArgumentException($"{samples.Length} samples do not fall into {channels} channels of equal length");
        (Samples, SampleRate, Channels) = (samples, sampleRate, channels);
    }

    /// <summary>[C, N].</summary>
    public float[] Samples { get; }

    /// <summary>How many samples a second.</summary>
    public int SampleRate { get; }

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <summary>N: the samples of a channel.</summary>
    public int Length => Samples.Length / Channels;

    /// <summary>How long it lasts.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Length / SampleRate);

    /// <summary>Reads a wave file: PCM of 8, 16, 24 or 32 bits, floats of 32 or 64, A-law and mu-law, RF64 too. Of a file that was cut what is there
    /// is read.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioException">It is none, it is damaged, or its numbers are of another kind.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Waveform Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = File.OpenRead(path);
        return WaveFile.Read(stream, path);
    }

    /// <summary>Reads a wave file that is in memory.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="AudioException">It is none, it is damaged, or its numbers are of another kind.</exception>
    public static Waveform Read(byte[] bytes, string name = "sound")
    {
        ArgumentNullException.ThrowIfNull(bytes);
        using var stream = new MemoryStream(bytes, writable: false);
        return WaveFile.Read(stream, name);
    }

    /// <summary>Writes a wave file of 16-bit PCM; what is beyond -1 and 1 is clipped.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = File.Create(path);
        WaveFile.Write(stream, this);
    }

    /// <summary>The samples of one channel [N].</summary>
    /// <param name="channel">From 0.</param>
    public ReadOnlySpan<float> Channel(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(channel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, Channels);
        return Samples.AsSpan(channel * Length, Length);
    }

    /// <summary>One channel, the mean of all.</summary>
    public Waveform ToMono()
    {
        if (Channels == 1) return this;
        var mixed = new float[Length];
        for (int at = 0; at < mixed.Length; at++)
        {
            double sum = 0;
            for (int channel = 0; channel < Channels; channel++) sum += Samples[channel * mixed.Length + at];
            mixed[at] = (float)(sum / Channels);
        }
        return new Waveform(mixed, SampleRate);
    }

    /// <summary>The same sound at another rate, by windowed sinc interpolation (torchaudio's <c>resample</c>).</summary>
    /// <param name="sampleRate">The new rate.</param>
    /// <param name="options">The filter; null for torchaudio's.</param>
    public Waveform Resample(int sampleRate, ResampleOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        if (sampleRate == SampleRate) return this;
        var resampler = new Resampler(SampleRate, sampleRate, options ?? new ResampleOptions());
        int length = resampler.LengthOf(Length);
        var samples = new float[checked(length * Channels)];
        for (int channel = 0; channel < Channels; channel++) resampler.Run(Channel(channel), samples.AsSpan(channel * length, length));
        return new Waveform(samples, sampleRate, Channels);
    }

    /// <summary>The first samples of every channel, with silence behind them where there are fewer.</summary>
    /// <param name="length">How many.</param>
    public Waveform PadOrTrim(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == Length) return this;
        var samples = new float[checked(length * Channels)];
        for (int channel = 0; channel < Channels; channel++) Channel(channel)[..Math.Min(length, Length)].CopyTo(samples.AsSpan(channel * length));
        return new Waveform(samples, SampleRate, Channels);
    }

    /// <summary>A part of every channel.</summary>
    /// <param name="start">The first sample.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not all there.</exception>
    public Waveform Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - start);
        var samples = new float[length * Channels];
        for (int channel = 0; channel < Channels; channel++) Channel(channel).Slice(start, length).CopyTo(samples.AsSpan(channel * length));
        return new Waveform(samples, SampleRate, Channels);
    }
}
