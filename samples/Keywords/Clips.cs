using Graft.Audio;
using Graft.Tensors;

namespace Graft.Samples.Keywords;

/// <summary>Recordings as clips of two seconds with noise: each recording several times, elsewhere and in other noise.</summary>
internal sealed class Clips
{
    public const int Rate = 16000, Length = 2 * Rate;

    private Clips(List<float[]> samples, List<int> labels) => (Samples, Labels) = (samples, labels);

    /// <summary>[N], each of <see cref="Length"/> samples.</summary>
    public List<float[]> Samples { get; }

    /// <summary>1 for the keyword.</summary>
    public List<int> Labels { get; }

    /// <summary>The recordings of a folder with the folders <c>keyword</c> and <c>other</c>.</summary>
    public static Clips Read(string folder, int keywordCopies, int otherCopies, ulong seed)
    {
        var clips = new Clips([], []);
        foreach (var (kind, label, copies) in ((string, int, int)[])[("other", 0, otherCopies), ("keyword", 1, keywordCopies)])
            foreach (string file in Directory.GetFiles(Path.Combine(folder, kind), "*.wav").Order(StringComparer.Ordinal))
            {
                float[] sound = Waveform.Read(file).ToMono().Resample(Rate).Samples;
                for (int copy = 0; copy < copies; copy++)
                {
                    clips.Samples.Add(Place(sound, new RandomStream(seed, $"{kind}/{Path.GetFileName(file)}"), (ulong)copy));
                    clips.Labels.Add(label);
                }
            }
        return clips;
    }

    /// <summary>A sound that ends up to 0.4 s before the clip does, 5 to 20 dB above white noise.</summary>
    private static float[] Place(float[] sound, RandomStream random, ulong step)
    {
        int start = Math.Max(0, Length - sound.Length - random.Below(2 * Rate / 5, 0, step)), kept = Math.Min(sound.Length, Length - start);
        var clip = new float[Length];
        sound.AsSpan(sound.Length - kept).CopyTo(clip.AsSpan(start));
        return AudioAugmentation.AddWhiteNoise(clip, 5 + 15 * random.Uniform(1, step), random, step + 1000);
    }
}
