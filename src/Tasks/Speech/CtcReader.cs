using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Writes down what a network hears that tells a sign for each frame.</summary>
/// <remarks>A sound longer than a chunk is heard in windows of that length; each has a sixth of it on both sides that serves as context alone, and the logits
/// between are put together before they are read (Hugging Face's <c>chunk_length_s</c> with its usual stride).</remarks>
internal static class CtcReader
{
    private const int SidesOfChunk = 6;

    /// <summary>The logits [T, V] of each sound, in order.</summary>
    /// <exception cref="ArgumentException">A chunk is too short for the model.</exception>
    public static IEnumerable<float[]> Logits(
        SpeechModel model, Device device, SpeechPreparation preparation, IEnumerable<(string Name, float[] Samples)> sounds, double chunkSeconds, CancellationToken cancellation)
    {
        double samples = chunkSeconds * preparation.SampleRate;
        if (!(samples > 0)) throw new ArgumentException(FormattableString.Invariant($"a chunk of {chunkSeconds} seconds is none: give a number above 0"));
        int stride = model.Stride, window = samples >= int.MaxValue ? int.MaxValue : (int)samples / stride * stride, side = window / SidesOfChunk / stride * stride;
        if (window < int.MaxValue && (side == 0 || model.FramesOf(window) < (window - side) / stride))
            throw new ArgumentException(FormattableString.Invariant($"a chunk of {chunkSeconds} seconds is too short for {model.Name}: its overlaps would be shorter than a frame"));
        var pieces = new Queue<int>();
        var parts = new List<float[]>();
        foreach (float[] logits in SpeechInference.Logits(model, device, preparation, sounds.SelectMany(Cut), cancellation))
        {
            parts.Add(logits);
            if (parts.Count < pieces.Peek()) continue;
            yield return pieces.Dequeue() == 1 ? logits : Joined();
            parts.Clear();
        }

        IEnumerable<(string, float[])> Cut((string Name, float[] Samples) sound)
        {
            int length = sound.Samples.Length, step = window - 2 * side, count = length <= window ? 1 : 1 + (length - window + step - 1) / step;
            pieces.Enqueue(count);
            for (int piece = 0; piece < count; piece++)
                yield return count == 1 ? sound : (sound.Name, sound.Samples[(piece * step)..Math.Min(length, piece * step + window)]);
        }

        float[] Joined()
        {
            int classes = parts[0].Length / model.FramesOf(window);
            var whole = new List<float>();
            for (int piece = 0; piece < parts.Count; piece++)
            {
                int from = piece == 0 ? 0 : side / stride, end = piece == parts.Count - 1 ? parts[piece].Length / classes : (window - side) / stride;
                whole.AddRange(parts[piece].AsSpan(from * classes, (end - from) * classes));
            }
            return [.. whole];
        }
    }

    /// <summary>What logits [T, V] say.</summary>
    /// <exception cref="ArgumentException">Times are asked of a search with beams.</exception>
    public static (string Text, IReadOnlyList<TranscriptSegment> Segments) Read(
        float[] logits, SpeechModel model, SpeechPreparation preparation, TranscriptionOptions options)
    {
        var vocabulary = preparation.Vocabulary!;
        var decoder = new CtcDecoder(vocabulary.Tokens.Count, model.Blank!.Value);
        int beams = options.Beams ?? 1;
        if (beams > 1 && options.HasTimestamps) throw new ArgumentException($"a search with {beams} beams tells no times of words: take 1");
        if (beams > 1) return (vocabulary.Decode(decoder.Beam(logits, beams)[0].Labels), []);
        var words = vocabulary.Words(decoder.Greedy(logits));
        double seconds = (double)model.Stride / preparation.SampleRate;
        return (
            string.Join(' ', words.Select(static word => word.Text)),
            options.HasTimestamps ? [.. words.Select(word => new TranscriptSegment(word.First * seconds, (word.Last + 1) * seconds, word.Text))] : []);
    }
}
