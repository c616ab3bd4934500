using Graft.Tensors;

namespace Graft.Audio;

/// <summary>Changes sounds as rooms and microphones do. The same stream and step change the same way.</summary>
public static class AudioAugmentation
{
    /// <summary>Moves a sound in time by up to so many samples either way; silence comes in.</summary>
    /// <param name="samples">[N].</param>
    /// <param name="most">How far at most.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="step">The draw.</param>
    public static float[] TimeShift(ReadOnlySpan<float> samples, int most, RandomStream random, ulong step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        return Shift(samples, random.Below(2 * most + 1, 0, step) - most);
    }

    /// <summary>Moves a sound in time; silence comes in.</summary>
    /// <param name="samples">[N].</param>
    /// <param name="by">How far; negative towards the start.</param>
    public static float[] Shift(ReadOnlySpan<float> samples, int by)
    {
        var moved = new float[samples.Length];
        int kept = (int)Math.Max(0, samples.Length - Math.Abs((long)by));
        if (kept > 0) samples.Slice(Math.Max(0, -by), kept).CopyTo(moved.AsSpan(Math.Max(0, by)));
        return moved;
    }

    /// <summary>Adds a noise at a ratio of powers (torchaudio's <c>add_noise</c>); a silent sound or noise changes nothing.</summary>
    /// <param name="samples">[N].</param>
    /// <param name="noise">Repeated where it is shorter.</param>
    /// <param name="decibels">How much louder the sound is (<c>snr</c>).</param>
    public static float[] AddNoise(ReadOnlySpan<float> samples, ReadOnlySpan<float> noise, double decibels)
    {
        var mixed = samples.ToArray();
        if (noise.IsEmpty) return mixed;
        double sound = 0, other = 0;
        for (int at = 0; at < mixed.Length; at++)
        {
            sound += (double)mixed[at] * mixed[at];
            other += (double)noise[at % noise.Length] * noise[at % noise.Length];
        }
        if (sound == 0 || other == 0) return mixed;
        double factor = Math.Sqrt(sound / other / Math.Pow(10, decibels / 10));
        for (int at = 0; at < mixed.Length; at++) mixed[at] += (float)(factor * noise[at % noise.Length]);
        return mixed;
    }

    /// <summary>Adds white noise at a ratio of powers.</summary>
    /// <param name="samples">[N].</param>
    /// <param name="decibels">How much louder the sound is (<c>snr</c>).</param>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="step">The draw.</param>
    public static float[] AddWhiteNoise(ReadOnlySpan<float> samples, double decibels, RandomStream random, ulong step)
    {
        var noise = new float[samples.Length];
        random.FillNormal(noise, 0, 1, step);
        return AddNoise(samples, noise, decibels);
    }
}

/// <summary>Blanks stretches of time and bands of frequency (SpecAugment, Park et al. 2019).</summary>
public sealed record SpecAugment
{
    /// <summary>How many stretches of time are blanked.</summary>
    public int TimeMasks { get; init; } = 2;

    /// <summary>How many frames a stretch has at most.</summary>
    public int TimeMaskLength { get; init; } = 25;

    /// <summary>How many bands are blanked.</summary>
    public int FrequencyMasks { get; init; } = 2;

    /// <summary>How many of a frame's numbers a band has at most.</summary>
    public int FrequencyMaskLength { get; init; } = 7;

    /// <summary>What is written there.</summary>
    public float Value { get; init; }

    /// <summary>Changes features where they are.</summary>
    /// <param name="features">[T, F].</param>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="step">The draw.</param>
    public void Apply(AudioFeatures features, RandomStream random, ulong step)
    {
        ArgumentNullException.ThrowIfNull(features);
        ulong draw = 0;
        for (int mask = 0; mask < TimeMasks; mask++)
        {
            var (start, length) = Draw(features.Frames, TimeMaskLength);
            features.Values.AsSpan(start * features.Width, length * features.Width).Fill(Value);
        }
        for (int mask = 0; mask < FrequencyMasks; mask++)
        {
            var (start, length) = Draw(features.Width, FrequencyMaskLength);
            for (int frame = 0; frame < features.Frames; frame++) features.Frame(frame).Slice(start, length).Fill(Value);
        }

        (int Start, int Length) Draw(int whole, int most)
        {
            int length = Math.Min(whole, random.Below(most + 1, draw++, step));
            return (random.Below(whole - length + 1, draw++, step), length);
        }
    }
}
