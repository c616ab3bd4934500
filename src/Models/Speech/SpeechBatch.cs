namespace Graft.Models;

/// <summary>Sounds side by side: B sounds of N samples, the shorter ones filled up with silence; or of N frames of F features each.</summary>
public sealed class SpeechBatch
{
    /// <summary>Takes a batch as it is.</summary>
    /// <param name="sounds">B.</param>
    /// <param name="length">N.</param>
    /// <param name="values">[B, N, F], row by row.</param>
    /// <param name="lengths">How many samples or frames of each sound count [B]; null for all.</param>
    /// <param name="width">F; 1 for samples.</param>
    /// <exception cref="ArgumentException">An array has another length, or a sound more samples than there are.</exception>
    public SpeechBatch(int sounds, int length, float[] values, int[]? lengths = null, int width = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sounds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)sounds * length * width)
            throw new ArgumentException($"{values.Length} numbers are not the {sounds} x {length}{(width == 1 ? "" : $" x {width}")} of the batch");
        if (lengths is not null && (lengths.Length != sounds || Array.Exists(lengths, one => one < 1 || one > length)))
            throw new ArgumentException($"{lengths.Length} lengths do not fit {sounds} sounds of up to {length} samples");
        (Sounds, Length, Values, Lengths, Width) = (sounds, length, values, lengths, width);
    }

    /// <summary>B.</summary>
    public int Sounds { get; }

    /// <summary>N.</summary>
    public int Length { get; }

    /// <summary>F; 1 for samples.</summary>
    public int Width { get; }

    /// <summary>[B, N, F].</summary>
    public float[] Values { get; }

    /// <summary>[B]; null where all samples count.</summary>
    public int[]? Lengths { get; }

    /// <summary>Frames [B, T] that training hides from the model, true for hidden (SpecAugment over time, <c>mask_time_indices</c>); null for none.</summary>
    public bool[]? HiddenFrames { get; init; }

    /// <summary>What a decoder reads of the words of each sound; null for models without one.</summary>
    public TextBatch? Decoder { get; init; }

    /// <summary>How many samples of a sound count.</summary>
    /// <param name="sound">From 0.</param>
    public int LengthOf(int sound) => Lengths is { } lengths ? lengths[sound] : Length;

    /// <summary>Sounds of any lengths, filled up with silence to the longest.</summary>
    /// <param name="sounds">The samples of each.</param>
    /// <param name="isNormalised">Whether each is brought to mean 0 and variance 1 first, as wav2vec 2.0 was trained (<c>do_normalize</c>).</param>
    /// <exception cref="ArgumentException">There is no sound, or one without samples.</exception>
    public static SpeechBatch Pad(IReadOnlyList<float[]> sounds, bool isNormalised = true)
    {
        ArgumentNullException.ThrowIfNull(sounds);
        int empty = sounds.Count == 0 ? 0 : sounds.ToList().FindIndex(static sound => sound.Length == 0);
        if (empty >= 0) throw new ArgumentException(sounds.Count == 0 ? "a batch needs a sound" : $"sound {empty} has no samples");
        int length = sounds.Max(static sound => sound.Length);
        var samples = new float[checked(sounds.Count * length)];
        for (int row = 0; row < sounds.Count; row++)
        {
            var to = samples.AsSpan(row * length, sounds[row].Length);
            sounds[row].CopyTo(to);
            if (isNormalised) Normalise(to);
        }
        return new SpeechBatch(sounds.Count, length, samples, sounds.All(sound => sound.Length == length) ? null : [.. sounds.Select(static sound => sound.Length)]);
    }

    /// <summary>Brings samples to mean 0 and variance 1; silence stays silence.</summary>
    private static void Normalise(Span<float> samples)
    {
        const double Least = 1e-7;
        double sum = 0, squares = 0;
        foreach (float sample in samples) sum += sample;
        double mean = sum / samples.Length;
        foreach (float sample in samples) squares += (sample - mean) * (sample - mean);
        double factor = 1 / Math.Sqrt(squares / samples.Length + Least);
        for (int at = 0; at < samples.Length; at++) samples[at] = (float)((samples[at] - mean) * factor);
    }
}
