using NAudio.Codecs;
using NAudio.Wave;

namespace Graft.Audio;

/// <summary>Wave files: NAudio finds the chunks and turns numbers into floats.</summary>
internal static class WaveFile
{
    /// <summary>More channels than any microphone array's are a damaged header.</summary>
    private const int MostChannels = 64;

    private const int MostRate = 768_000;
    private const int FramesAtOnce = 8192;

    /// <summary>The samples of a stream [C, N]; of one that was cut, those that are there.</summary>
    public static Waveform Read(Stream stream, string name)
    {
        try
        {
            using var reader = new WaveFileReader(stream);
            return Read(reader, name);
        }
        // what NAudio says of damaged files, kind by kind
        catch (Exception exception) when (exception is FormatException or InvalidDataException or ArgumentException or InvalidOperationException
            or EndOfStreamException or NotSupportedException or OverflowException or IndexOutOfRangeException)
        {
            throw new AudioException(name, $"is no wave file that can be read ({Printable.Text(exception.Message)}); convert it to 16-bit PCM", exception);
        }
    }

    /// <summary>Writes 16-bit PCM; what is beyond -1 and 1 is clipped.</summary>
    public static void Write(Stream stream, Waveform sound)
    {
        using var writer = new WaveFileWriter(stream, new WaveFormat(sound.SampleRate, 16, sound.Channels));
        var bytes = new byte[2 * sound.Channels];
        for (int at = 0; at < sound.Length; at++)
        {
            for (int channel = 0; channel < sound.Channels; channel++)
            {
                float value = sound.Samples[channel * sound.Length + at] * 32768f;
                short number = (short)Math.Clamp(MathF.Round(value), short.MinValue, short.MaxValue);
                System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2 * channel), number);
            }
            writer.Write(bytes);
        }
    }

    private static Waveform Read(WaveFileReader reader, string name)
    {
        var format = reader.WaveFormat;
        if (format.Channels is < 1 or > MostChannels) throw new AudioException(name, $"has {format.Channels} channels, not 1 to {MostChannels}: it is damaged");
        if (format.SampleRate is < 1 or > MostRate) throw new AudioException(name, $"has {format.SampleRate} samples a second, not 1 to {MostRate}: it is damaged");
        long frames = reader.Length / format.BlockAlign;
        if (frames * format.Channels > Array.MaxLength)
            throw new AudioException(name, $"has {frames} samples in each of {format.Channels} channels, more than fit into memory at once: cut it into pieces");
        int channels = format.Channels;
        var samples = new float[frames * channels];
        var block = new float[FramesAtOnce * channels];
        var read = SourceOf(reader);
        int at = 0;
        for (int filled = 0; at < frames;)
        {
            int got = read(block.AsSpan(filled));
            if (got == 0) break;
            filled += got;
            int whole = (int)Math.Min(filled / channels, frames - at);
            for (int frame = 0; frame < whole; frame++, at++)
                for (int channel = 0; channel < channels; channel++) samples[channel * frames + at] = block[frame * channels + channel];
            block.AsSpan(whole * channels, filled - whole * channels).CopyTo(block);
            filled -= whole * channels;
        }
        if (at < frames)
        {
            for (int channel = 1; channel < channels; channel++) Array.Copy(samples, channel * frames, samples, (long)channel * at, at);
            Array.Resize(ref samples, at * channels);
        }
        int odd = samples.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return odd < 0 ? new Waveform(samples, format.SampleRate, channels)
            : throw new AudioException(name, $"has a sample that is {samples[odd]}, at {odd % Math.Max(1, at)} of channel {odd / Math.Max(1, at)}: it is damaged");
    }

    private static BlockReader SourceOf(WaveFileReader reader)
    {
        if (reader.WaveFormat.Encoding is WaveFormatEncoding.ALaw or WaveFormatEncoding.MuLaw && reader.WaveFormat.BitsPerSample == 8)
        {
            bool isA = reader.WaveFormat.Encoding == WaveFormatEncoding.ALaw;
            byte[] bytes = new byte[FramesAtOnce];
            return block =>
            {
                int got = reader.Read(bytes.AsSpan(0, Math.Min(bytes.Length, block.Length)));
                for (int at = 0; at < got; at++)
                    block[at] = (isA ? ALawDecoder.ALawToLinearSample(bytes[at]) : MuLawDecoder.MuLawToLinearSample(bytes[at])) / 32768f;
                return got;
            };
        }
        var samples = reader.ToSampleProvider();
        return samples.Read;
    }

    private delegate int BlockReader(Span<float> block);
}
