namespace Graft.Audio;

/// <summary>What a front end makes of a sound: so many numbers for each of its frames.</summary>
public sealed class AudioFeatures
{
    /// <summary>Takes numbers as they are.</summary>
    /// <param name="values">[T, F], frame by frame.</param>
    /// <param name="frames">T.</param>
    /// <param name="width">F.</param>
    /// <exception cref="ArgumentException">They are not T x F.</exception>
    public AudioFeatures(float[] values, int frames, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(frames);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (values.Length != (long)frames * width) throw new ArgumentException($"{values.Length} numbers are not {frames} frames of {width}");
        (Values, Frames, Width) = (values, frames, width);
    }

    /// <summary>[T, F].</summary>
    public float[] Values { get; }

    /// <summary>T.</summary>
    public int Frames { get; }

    /// <summary>F.</summary>
    public int Width { get; }

    /// <summary>The numbers of a frame [F].</summary>
    /// <param name="frame">From 0.</param>
    public Span<float> Frame(int frame) => Values.AsSpan(frame * Width, Width);

    /// <summary>The numbers [F, T], as torchaudio and Whisper have them.</summary>
    public float[] ToChannelsFirst()
    {
        var turned = new float[Values.Length];
        for (int frame = 0; frame < Frames; frame++)
            for (int at = 0; at < Width; at++) turned[at * Frames + frame] = Values[frame * Width + at];
        return turned;
    }
}
