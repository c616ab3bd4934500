using Graft.Tensors;

namespace Graft.Text;

/// <summary>Learns word vectors from text: skip-gram and CBOW with negative sampling (Mikolov et al. 2013, "Distributed representations of words and
/// phrases and their compositionality").</summary>
/// <remarks>On one thread, so that a seed gives the same vectors everywhere. As in the published program CBOW's gradient goes whole to each word of the
/// mean.</remarks>
public static class Word2Vec
{
    private const float LowestRate = 1e-4f;

    private const int WordsBetweenReports = 10_000;

    /// <summary>Learns vectors.</summary>
    /// <param name="sentences">The words of each sentence; enumerated twice.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told of the progress every 10,000 words and at the end of each epoch.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The vectors, those of the most frequent word first.</returns>
    /// <exception cref="ArgumentException">No word occurs often enough, or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static WordVectors Train(
        IEnumerable<IReadOnlyList<string>> sentences, Word2VecOptions? options = null, IProgress<WordVectorProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        options ??= new Word2VecOptions();
        Require(options);
        var vocabulary = WordVocabulary.Of(sentences, options.MinimumCount);
        var text = Encode(sentences, vocabulary);
        int width = options.Dimension;
        var network = new NegativeSampling(vocabulary.Count, width, WordDraws.Of(vocabulary), options.NegativeSamples);
        new RandomStream(options.Seed, "word vectors").FillUniform(network.Inputs, -0.5f / width, 0.5f / width);
        float start = options.LearningRate ?? (options.Method == WordVectorMethod.SkipGram ? 0.025f : 0.05f);
        double all = (double)options.Epochs * vocabulary.Occurrences;
        long done = 0, told = 0, pairs = 0;
        var draws = new RandomStream(options.Seed, "word draws");
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            var random = new WordRandom(draws, (ulong)epoch);
            var kept = new List<int>();
            foreach (int[] sentence in text)
            {
                cancellation.ThrowIfCancellationRequested();
                float rate = Math.Max(start * (float)(1 - done / (all + 1)), start * LowestRate);
                done += sentence.Length;
                Subsample(sentence, kept, vocabulary, options.Subsampling, random);
                pairs += Learn(network, kept, options, rate, random);
                if (done - told < WordsBetweenReports) continue;
                told = done;
                progress?.Report(new WordVectorProgress(done / all, vocabulary.Count, pairs, Loss: null));
            }
            progress?.Report(new WordVectorProgress((epoch + 1.0) / options.Epochs, vocabulary.Count, pairs, Loss: null));
        }
        return new WordVectors(vocabulary.Words, width, network.Inputs);
    }

    /// <summary>Sentences as numbers, without the words that the vocabulary lacks.</summary>
    internal static List<int[]> Encode(IEnumerable<IReadOnlyList<string>> sentences, WordVocabulary vocabulary)
    {
        var text = new List<int[]>();
        foreach (var sentence in sentences)
        {
            int[] words = [.. sentence.Select(vocabulary.IndexOf).Where(static word => word >= 0)];
            if (words.Length > 0) text.Add(words);
        }
        return text;
    }

    /// <summary>The share of occurrences of a word that are kept: (sqrt(f / t) + 1) t / f of its frequency f and the threshold t.</summary>
    internal static double Kept(long count, long occurrences, double threshold)
    {
        if (threshold == 0) return 1;
        double expected = threshold * occurrences;
        return (Math.Sqrt(count / expected) + 1) * expected / count;
    }

    private static void Subsample(int[] sentence, List<int> kept, WordVocabulary vocabulary, double threshold, WordRandom random)
    {
        kept.Clear();
        foreach (int word in sentence)
            if (Kept(vocabulary.CountOf(word), vocabulary.Occurrences, threshold) is var share && (share >= 1 || random.Uniform() < share)) kept.Add(word);
    }

    /// <returns>How many pairs there were.</returns>
    private static long Learn(NegativeSampling network, List<int> words, Word2VecOptions options, float rate, WordRandom random)
    {
        Span<int> around = new int[2 * options.Window];
        long pairs = 0;
        for (int at = 0; at < words.Count; at++)
        {
            int reach = 1 + random.Below(options.Window), count = 0;
            for (int place = Math.Max(0, at - reach); place <= Math.Min(words.Count - 1, at + reach); place++)
                if (place != at) around[count++] = words[place];
            if (count == 0) continue;
            pairs += options.Method == WordVectorMethod.ContinuousBag ? 1 : count;
            if (options.Method == WordVectorMethod.ContinuousBag) network.Learn(around[..count], words[at], rate, random);
            else foreach (ref int input in around[..count]) network.Learn(new ReadOnlySpan<int>(ref input), words[at], rate, random);
        }
        return pairs;
    }

    private static void Require(Word2VecOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Window);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Epochs);
        ArgumentOutOfRangeException.ThrowIfNegative(options.NegativeSamples);
        if (!(options.Subsampling >= 0)) throw new ArgumentOutOfRangeException(nameof(options), options.Subsampling, "the share for subsampling is not below 0");
        if (options.LearningRate is { } rate && !(rate > 0 && float.IsFinite(rate))) throw new ArgumentOutOfRangeException(nameof(options), rate, "a learning rate is above 0");
    }
}
