namespace Graft.Text;

/// <summary>Draws words by weights in constant time (Vose's alias method).</summary>
internal sealed class WordDraws
{
    private readonly double[] keep;
    private readonly int[] other;

    public WordDraws(ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights) sum += weight;
        keep = new double[weights.Length];
        other = new int[weights.Length];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (int word = 0; word < keep.Length; word++)
        {
            keep[word] = weights[word] / sum * keep.Length;
            other[word] = word;
            (keep[word] < 1 ? small : large).Push(word);
        }
        while (small.Count > 0 && large.Count > 0)
        {
            int less = small.Pop(), more = large.Pop();
            other[less] = more;
            keep[more] -= 1 - keep[less];
            (keep[more] < 1 ? small : large).Push(more);
        }
        foreach (int word in small.Concat(large)) keep[word] = 1;
    }

    /// <summary>The unigram distribution to the power of 3/4, from which word2vec draws.</summary>
    public static WordDraws Of(WordVocabulary vocabulary)
    {
        var weights = new double[vocabulary.Count];
        for (int word = 0; word < weights.Length; word++)
        {
            double root = Math.Sqrt(vocabulary.CountOf(word));
            weights[word] = root * Math.Sqrt(root);
        }
        return new WordDraws(weights);
    }

    public int Draw(WordRandom random)
    {
        int word = random.Below(keep.Length);
        return random.Uniform() < keep[word] ? word : other[word];
    }
}
