using System.Buffers.Binary;
using System.Text;
using Graft.Testing;

namespace Graft.Audio.Tests;

/// <summary>Wave files of every kind, whole, odd and damaged.</summary>
public sealed class WaveFileTests
{
    private static readonly float[] Sound = FeatureTests.Sound(200);

    [Theory]
    [InlineData(1, 8, 0.005)]
    [InlineData(1, 16, 2e-5)]
    [InlineData(1, 24, 1e-6)]
    [InlineData(1, 32, 1e-7)]
    [InlineData(3, 32, 0)]
    [InlineData(3, 64, 0)]
    public void Numbers_of_every_kind_are_read(int kind, int bits, double tolerance)
    {
        foreach (int channels in (int[])[1, 2])
            foreach (bool isExtensible in (bool[])[false, true])
            {
                var sound = Waveform.Read(File(kind, bits, channels, Encode(kind, bits), isExtensible: isExtensible));
                Assert.Equal((8000, channels, 200 / channels), (sound.SampleRate, sound.Channels, sound.Length));
                for (int at = 0; at < 200; at++) Assert.Equal(Sound[at], sound.Channel(at % channels)[at / channels], tolerance);
            }
    }

    [Theory]
    [InlineData(6, 0xD5, 8.0 / 32768)]
    [InlineData(6, 0x2A, -32256.0 / 32768)]
    [InlineData(7, 0xFF, 0)]
    [InlineData(7, 0x00, -32124.0 / 32768)]
    public void Telephone_codes_are_read(int kind, byte code, double value) =>
        Assert.Equal(value, Waveform.Read(File(kind, 8, 1, [code, code])).Samples[1], 1e-7);

    [Fact]
    public void A_file_that_was_cut_gives_what_is_there()
    {
        byte[] whole = File(1, 16, 2, Encode(1, 16));
        var cut = Waveform.Read(whole[..^101]);
        Assert.Equal(74, cut.Length);
        Assert.Equal(Waveform.Read(whole).Channel(1)[..74], cut.Channel(1));
        Assert.Equal(0, Waveform.Read(File(1, 16, 1, [])).Length);
        // a recorder that did not come to write the length
        Assert.Equal(200, Waveform.Read(File(1, 16, 1, Encode(1, 16), length: uint.MaxValue)).Length);
    }

    [Fact]
    public void What_is_no_sound_is_one_error_that_names_the_file()
    {
        byte[] notFinite = Encode(3, 32);
        BinaryPrimitives.WriteSingleLittleEndian(notFinite.AsSpan(40), float.NaN);
        foreach (byte[] file in (byte[][])[[], "RIFF"u8.ToArray(), Encoding.ASCII.GetBytes(new string('x', 500)), File(2, 4, 1, Encode(1, 16)), File(3, 32, 1, notFinite),
            File(1, 16, 1, Encode(1, 16), rate: 0)])
            Assert.StartsWith("x.wav: ", Assert.Throws<AudioException>(() => Waveform.Read(file, "x.wav")).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Waveform.Read(Path.Combine(Path.GetTempPath(), "there-is-none.wav")));
    }

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        var mutations = new Mutations(3);
        byte[] whole = File(1, 24, 2, Encode(1, 24), isExtensible: true);
        for (int round = 0; round < 3000; round++)
        {
            try
            {
                Waveform.Read(mutations.Of(whole));
            }
            catch (AudioException)
            {
            }
        }
    }

    [Fact]
    public void What_is_written_is_read()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".wav");
        try
        {
            new Waveform([0.5f, -0.25f, 2, -2, 0, 1 / 32768f], 11025, 2).Write(path);
            var sound = Waveform.Read(path);
            Assert.Equal((11025, 2), (sound.SampleRate, sound.Channels));
            Assert.Equal([0.5f, -0.25f, 32767 / 32768f, -1, 0, 1 / 32768f], sound.Samples);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void Sounds_are_mixed_cut_and_filled()
    {
        var sound = new Waveform([1, 2, 3, 0, 4, 5], 10, 2);
        Assert.Equal([0.5f, 3, 4], sound.ToMono().Samples);
        Assert.Equal([2f, 3, 4, 5], sound.Slice(1, 2).Samples);
        Assert.Equal([1f, 2, 3, 0, 0, 4, 5, 0], sound.PadOrTrim(4).Samples);
        Assert.Equal([1f, 0], sound.PadOrTrim(1).Samples);
        Assert.Equal(TimeSpan.FromSeconds(0.3), sound.Duration);
        Assert.Empty(new Waveform([], 8000).Resample(16000).Samples);
        Assert.Throws<ArgumentException>(() => new Waveform(new float[3], 8000, 2));
    }

    private static byte[] Encode(int kind, int bits)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (float value in Sound)
            switch (kind, bits)
            {
                case (1, 8): writer.Write((byte)MathF.Round(value * 128 + 128)); break;
                case (1, 16): writer.Write((short)MathF.Round(value * 32768)); break;
                case (1, 24): writer.Write(BitConverter.GetBytes((int)Math.Round(value * 8388608.0)).AsSpan(0, 3)); break;
                case (1, 32): writer.Write((int)Math.Round(value * 2147483648.0)); break;
                case (3, 32): writer.Write(value); break;
                default: writer.Write((double)value); break;
            }
        return stream.ToArray();
    }

    private static byte[] File(int kind, int bits, int channels, byte[] data, bool isExtensible = false, uint? length = null, int rate = 8000)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        int align = channels * bits / 8;
        writer.Write("RIFF"u8);
        writer.Write((uint)(data.Length + (isExtensible ? 72 : 48) + 4));
        writer.Write("WAVEfmt "u8);
        writer.Write(isExtensible ? 40 : 16);
        writer.Write((ushort)(isExtensible ? 0xFFFE : kind));
        writer.Write((ushort)channels);
        writer.Write(rate);
        writer.Write(rate * align);
        writer.Write((ushort)align);
        writer.Write((ushort)bits);
        if (isExtensible)
        {
            writer.Write((ushort)22);
            writer.Write((ushort)bits);
            writer.Write(0);
            writer.Write((ushort)kind);
            writer.Write(Convert.FromHexString("000000001000800000AA00389B71"));
        }
        // a chunk that nobody asked for, of odd length
        writer.Write("LIST"u8);
        writer.Write(3);
        writer.Write("abc\0"u8);
        writer.Write("data"u8);
        writer.Write(length ?? (uint)data.Length);
        writer.Write(data);
        return stream.ToArray();
    }
}
