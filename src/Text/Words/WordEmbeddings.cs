using Graft.Tensors;

namespace Graft.Text;

/// <summary>Pretrained word vectors at work: words looked up by a rule of capital letters, their neighbours and analogies, and tables of embeddings for
/// a vocabulary. Any number of threads may use it.</summary>
public sealed class WordEmbeddings
{
    // by how many letters the length of a word may differ that is spelled much alike
    private const int LeastReach = 2;

    private readonly Dictionary<string, int>? byLowerCase;

    /// <summary>Takes vectors.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="letterCase">How words are looked up.</param>
    public WordEmbeddings(WordVectors vectors, WordCase letterCase = WordCase.LowerIfMissing)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        (Vectors, Case) = (vectors, letterCase);
        if (letterCase != WordCase.Any) return;
        byLowerCase = new Dictionary<string, int>(vectors.Count, StringComparer.Ordinal);
        for (int row = 0; row < vectors.Count; row++) byLowerCase.TryAdd(vectors.Word(row).ToLowerInvariant(), row);
    }

    /// <summary>Reads a file of word vectors: word2vec's binary and text, GloVe's and fastText's text, or safetensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="letterCase">How words are looked up.</param>
    /// <exception cref="CheckpointException">The file is missing, damaged or holds no word vectors.</exception>
    public static WordEmbeddings Load(string path, WordCase letterCase = WordCase.LowerIfMissing) => new(WordVectors.Load(path), letterCase);

    /// <summary>The vectors.</summary>
    public WordVectors Vectors { get; }

    /// <summary>How words are looked up.</summary>
    public WordCase Case { get; }

    /// <summary>The row of a word by the rule of capital letters; -1 where it has no vector.</summary>
    /// <param name="word">The word.</param>
    public int IndexOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        int row = Vectors.IndexOf(word);
        if (row >= 0 || Case == WordCase.Exact) return row;
        string lower = word.ToLowerInvariant();
        row = Vectors.IndexOf(lower);
        return row < 0 && byLowerCase is not null ? byLowerCase.GetValueOrDefault(lower, -1) : row;
    }

    /// <summary>Words that are spelled much like one that has no vector: what may have been meant.</summary>
    /// <param name="word">The word.</param>
    /// <param name="count">How many at most, the nearest first, of equally near ones those that stand first.</param>
    public IReadOnlyList<string> NearSpellings(string word, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(word);
        int reach = Math.Max(LeastReach, word.Length / 3);
        return NearName.FindSome(
            word, Enumerable.Range(0, Vectors.Count).Select(Vectors.Word).Where(known => Math.Abs(known.Length - word.Length) <= reach), count);
    }

    /// <summary>How much of a vocabulary has vectors.</summary>
    /// <param name="words">The words.</param>
    public WordCoverage Coverage(IReadOnlyCollection<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return Covered(words, static _ => 1);
    }

    /// <summary>How much of a vocabulary, and of the text that it was counted in, has vectors.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    public WordCoverage Coverage(WordVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return Covered(vocabulary.Words, vocabulary.CountOf);
    }

    /// <summary>The vectors of a vocabulary as a table [V, D], row by row.</summary>
    /// <param name="words">V words.</param>
    /// <param name="unknown">What words without a vector get.</param>
    /// <param name="seed">The seed of what is drawn; a word's numbers depend on it and on the word alone.</param>
    public float[] Align(IReadOnlyList<string> words, UnknownWords unknown = UnknownWords.Random, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(words);
        int width = Vectors.Dimension;
        var table = new float[checked(words.Count * width)];
        float bound = unknown == UnknownWords.Random ? Bound() : 0;
        for (int index = 0; index < words.Count; index++)
        {
            var row = table.AsSpan(index * width, width);
            if (IndexOf(words[index]) is >= 0 and var known) Vectors.Vector(known).CopyTo(row);
            else if (bound > 0) new RandomStream(seed, $"word {words[index]}").FillUniform(row, -bound, bound);
        }
        return table;
    }

    /// <summary>A layer whose table has the vectors of a vocabulary.</summary>
    /// <param name="words">V words, in the order of their ids.</param>
    /// <param name="isFrozen">Whether training leaves the vectors as they are.</param>
    /// <param name="unknown">What words without a vector get.</param>
    /// <param name="paddingIndex">The id that fills sequences up, whose row is zero and stays so; null for none.</param>
    /// <param name="seed">The seed of what is drawn.</param>
    public Embedding ToEmbedding(
        IReadOnlyList<string> words, bool isFrozen = false, UnknownWords unknown = UnknownWords.Random, int? paddingIndex = null, ulong seed = 0)
    {
        float[] table = Align(words, unknown, seed);
        if (paddingIndex is { } row) table.AsSpan(row * Vectors.Dimension, Vectors.Dimension).Clear();
        var layer = new Embedding(words.Count, Vectors.Dimension, new Table(table), paddingIndex);
        if (isFrozen) layer.Freeze();
        return layer;
    }

    /// <summary>Writes the vectors of a vocabulary into a layer that is there, a model's.</summary>
    /// <param name="layer">A layer of as many rows as words, as wide as the vectors.</param>
    /// <param name="words">The words, in the order of their ids.</param>
    /// <param name="unknown">What words without a vector get.</param>
    /// <param name="paddingIndex">The id that fills sequences up, whose row becomes zero; null for none.</param>
    /// <param name="seed">The seed of what is drawn.</param>
    /// <returns>How many of the words have vectors.</returns>
    /// <exception cref="ArgumentException">The layer is of another size.</exception>
    public WordCoverage Fill(Embedding layer, IReadOnlyList<string> words, UnknownWords unknown = UnknownWords.Random, int? paddingIndex = null, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(layer);
        float[] table = Align(words, unknown, seed);
        if (layer.Weight.Shape != new Shape([words.Count, Vectors.Dimension]))
            throw new ArgumentException($"the layer's table {layer.Weight.Shape} is not that of {words.Count} words with vectors of {Vectors.Dimension}", nameof(layer));
        if (paddingIndex is { } row) table.AsSpan(row * Vectors.Dimension, Vectors.Dimension).Clear();
        layer.ChangeWeights(() => layer.Weight.Value.CopyFrom(table));
        return Coverage(words);
    }

    /// <summary>The words whose vectors are nearest to a word's, by the cosine of the angle between them, without the word itself.</summary>
    /// <param name="word">A word.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="KeyNotFoundException">It has no vector.</exception>
    public IReadOnlyList<WordSimilarity> Nearest(string word, int count = 10) => Analogy([word], [], count);

    /// <summary>What is to the last of the positive words as the others are to the negative ones: king, woman without man (3CosAdd; Mikolov et al.
    /// 2013, gensim's <c>most_similar</c>). Directions are added, not lengths; the question's own words are no answers.</summary>
    /// <param name="positive">Words whose directions are added.</param>
    /// <param name="negative">Words whose directions are taken away.</param>
    /// <param name="count">How many answers at most.</param>
    /// <exception cref="ArgumentException">No word is given.</exception>
    /// <exception cref="KeyNotFoundException">A word has no vector.</exception>
    public IReadOnlyList<WordSimilarity> Analogy(IReadOnlyList<string> positive, IReadOnlyList<string> negative, int count = 10)
    {
        ArgumentNullException.ThrowIfNull(positive);
        ArgumentNullException.ThrowIfNull(negative);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (positive.Count + negative.Count == 0) throw new ArgumentException("an analogy needs a word");
        var direction = new float[Vectors.Dimension];
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (word, sign) in positive.Select(static word => (word, 1.0)).Concat(negative.Select(static word => (word, -1.0))))
        {
            int row = IndexOf(word);
            if (row < 0) throw new KeyNotFoundException($"'{Printable.Text(word)}' is not among the {Vectors.Count} words");
            asked.Add(Vectors.Word(row));
            var vector = Vectors.Vector(row);
            double length = 0;
            foreach (float number in vector) length += (double)number * number;
            if (length == 0) continue;
            double share = sign / Math.Sqrt(length);
            for (int at = 0; at < direction.Length; at++) direction[at] += (float)(share * vector[at]);
        }
        return [.. Vectors.Nearest(direction, count + asked.Count).Where(near => !asked.Contains(near.Word)).Take(count)];
    }

    private WordCoverage Covered(IReadOnlyCollection<string> words, Func<int, long> countOf)
    {
        var missing = new List<string>();
        int index = 0, byCase = 0;
        long occurrences = 0, found = 0;
        foreach (string word in words)
        {
            long count = countOf(index++);
            occurrences += count;
            if (IndexOf(word) < 0)
            {
                missing.Add(word);
                continue;
            }
            found += count;
            if (Vectors.IndexOf(word) < 0) byCase++;
        }
        return new WordCoverage(index, index - missing.Count, byCase, occurrences, found, missing);
    }

    /// <summary>The bound of uniform numbers with the variance of all vectors.</summary>
    private float Bound()
    {
        double sum = 0, squares = 0;
        var numbers = Vectors.Matrix.Span;
        foreach (float number in numbers)
        {
            sum += number;
            squares += (double)number * number;
        }
        double mean = numbers.Length == 0 ? 0 : sum / numbers.Length;
        return numbers.Length == 0 ? 0 : (float)Math.Sqrt(3 * Math.Max(0, squares / numbers.Length - mean * mean));
    }

    private sealed class Table(float[] numbers) : Initialiser
    {
        public override void Fill(Span<float> destination, Shape shape, RandomStream random) => numbers.CopyTo(destination);
    }
}
