using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Text;

/// <summary>Learns word vectors from how often words occur near each other (Pennington, Socher and Manning 2014, "GloVe: global vectors for word
/// representation").</summary>
/// <remarks>On one thread, so that a seed gives the same vectors everywhere. A word's vector is the sum of its two.</remarks>
public static class Glove
{
    private const int PairsBetweenReports = 1 << 16;

    /// <summary>Learns vectors.</summary>
    /// <param name="sentences">The words of each sentence; enumerated twice.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told of the progress every 65,536 pairs and at the end of each epoch.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The vectors, those of the most frequent word first.</returns>
    /// <exception cref="ArgumentException">No word occurs often enough, no two words are near each other, or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static WordVectors Train(
        IEnumerable<IReadOnlyList<string>> sentences, GloveOptions? options = null, IProgress<WordVectorProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        options ??= new GloveOptions();
        Require(options);
        var vocabulary = WordVocabulary.Of(sentences, options.MinimumCount);
        var pairs = Count(Word2Vec.Encode(sentences, vocabulary), options.Window, cancellation);
        if (pairs.Count == 0) throw new ArgumentException("no two words are near each other", nameof(sentences));
        var network = new GloveNetwork(vocabulary.Count, options);
        var order = new RandomStream(options.Seed, "pairs");
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            double loss = 0;
            int done = 0;
            foreach (int index in order.Permutation(pairs.Count, (ulong)epoch))
            {
                var pair = pairs[index];
                loss += network.Learn(pair.Word, pair.Near, pair.Count);
                if (++done % PairsBetweenReports != 0 && done != pairs.Count) continue;
                cancellation.ThrowIfCancellationRequested();
                double share = (epoch + (double)done / pairs.Count) / options.Epochs;
                progress?.Report(new WordVectorProgress(share, vocabulary.Count, (long)epoch * pairs.Count + done, loss / done));
            }
        }
        return new WordVectors(vocabulary.Words, options.Dimension, network.Sums());
    }

    /// <summary>How often each pair of words occurs, each time with one over the distance; in the order in which they first do.</summary>
    internal static List<(int Word, int Near, double Count)> Count(List<int[]> text, int window, CancellationToken cancellation = default)
    {
        var counts = new Dictionary<(int Word, int Near), double>();
        foreach (int[] sentence in text)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int at = 1; at < sentence.Length; at++)
            {
                for (int before = Math.Max(0, at - window); before < at; before++)
                {
                    double share = 1.0 / (at - before);
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, (sentence[at], sentence[before]), out _) += share;
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, (sentence[before], sentence[at]), out _) += share;
                }
            }
        }
        return [.. counts.Select(static pair => (pair.Key.Word, pair.Key.Near, pair.Value))];
    }

    private static void Require(GloveOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Window);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Epochs);
        if (!(options.LearningRate > 0 && float.IsFinite(options.LearningRate)))
            throw new ArgumentOutOfRangeException(nameof(options), options.LearningRate, "a learning rate is above 0");
        if (!(options.FullCount > 0)) throw new ArgumentOutOfRangeException(nameof(options), options.FullCount, "the full count is above 0");
    }
}
