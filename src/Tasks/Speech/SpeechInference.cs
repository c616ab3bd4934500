using Graft.Audio;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Runs a model over sounds without training it.</summary>
internal static class SpeechInference
{
    /// <summary>How many sounds are sorted by length together: what is held in memory of a stream.</summary>
    private const int SoundsTogether = 64;

    /// <summary>The most sounds of a batch, and the most samples, padding included.</summary>
    private const int MostSounds = 8, MostSamples = 60 * 16000;

    /// <summary>The <c>logits</c> of each sound, in order; sounds are read as they are needed. Those whose padding is hidden from the model, or that all have one
    /// length for it, are computed together; others alone, so that no sound's answer depends on its neighbours.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="preparation">What is done to sounds.</param>
    /// <param name="sounds">The name and the samples of each.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">A sound is too short for the model.</exception>
    /// <exception cref="NonFiniteException">The model makes of a sound numbers that are not finite.</exception>
    public static IEnumerable<float[]> Logits(
        SpeechModel model, Device device, SpeechPreparation preparation, IEnumerable<(string Name, float[] Samples)> sounds, CancellationToken cancellation)
    {
        bool isTogether = preparation.HidesPadding || preparation.Window is not null;
        foreach (var together in sounds.Chunk(SoundsTogether))
        {
            foreach (var (name, samples) in together) RequireFrame(model, preparation, name, samples.Length);
            var rows = new float[together.Length][];
            foreach (int[] chosen in Batches(Array.ConvertAll(together, static sound => sound.Samples.Length), isTogether))
            {
                cancellation.ThrowIfCancellationRequested();
                var batch = preparation.Batch(model, Array.ConvertAll(chosen, index => together[index].Samples));
                using var pass = Pass.Infer(device);
                float[] logits = model.Forward(pass, batch)["logits"].Value.ToArray();
                int row = logits.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
                if (row >= 0)
                    throw new NonFiniteException($"{Printable.Whole(together[chosen[row / (logits.Length / chosen.Length)]].Name)}: the network makes of it numbers that are not finite; "
                        + "its weights are damaged or diverged in training");
                int width = logits.Length / chosen.Length;
                for (int at = 0; at < chosen.Length; at++)
                {
                    int counted = model.Blank is null ? width : width / model.FramesOf(batch.Length) * model.FramesOf(batch.LengthOf(at));
                    rows[chosen[at]] = logits.AsSpan(at * width, counted).ToArray();
                }
            }
            foreach (float[] row in rows) yield return row;
        }
    }

    /// <exception cref="AudioException">So many samples are too few.</exception>
    public static void RequireFrame(SpeechModel model, SpeechPreparation preparation, string name, int length)
    {
        if (preparation.Window is null && model.FramesOf(length) < 1)
            throw new AudioException(name, $"is too short: its {length} samples at {preparation.SampleRate} a second do not fill a frame of {model.Name}");
    }

    /// <summary>Batches of sounds, the longest first.</summary>
    private static IEnumerable<int[]> Batches(int[] lengths, bool isTogether)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Length).OrderByDescending(sound => lengths[sound])];
        for (int start = 0; start < order.Length;)
        {
            int count = isTogether ? Math.Clamp(MostSamples / Math.Max(1, lengths[order[start]]), 1, MostSounds) : 1, end = Math.Min(order.Length, start + count);
            yield return order[start..end];
            start = end;
        }
    }
}
