using System.Text;

namespace Graft.Models;

/// <summary>Word vectors in memory: word2vec's binary and text files, GloVe's and fastText's text files (gensim's <c>KeyedVectors</c>).</summary>
/// <remarks>Words are UTF-8; bytes that are not are shown as U+FFFD and compared as they stand. Of a word that a file has twice the first vector is
/// found.</remarks>
public sealed class WordVectors
{
    private readonly float[] vectors;
    private readonly byte[] letters;
    private readonly int[] ends;

    // open addressing: the row + 1, 0 for a free place
    private readonly int[] places;

    /// <summary>Takes words and their vectors.</summary>
    /// <param name="words">V words, the most frequent first as a rule.</param>
    /// <param name="dimension">D.</param>
    /// <param name="vectors">[V, D] numbers, row-major; kept as they are.</param>
    /// <exception cref="ArgumentException">The vectors are not as many as the words.</exception>
    public WordVectors(IReadOnlyList<string> words, int dimension, float[] vectors)
        : this(words.Count, dimension, words.Sum(static word => (long)Encoding.UTF8.GetByteCount(word)), vectors, row => Encoding.UTF8.GetBytes(words[row]))
    {
        if (vectors.Length != (long)words.Count * dimension)
            throw new ArgumentException($"{vectors.Length} numbers are not {words.Count} vectors of {dimension}", nameof(vectors));
    }

    private WordVectors(int count, int dimension, long bytes, float[] vectors, Func<int, byte[]> wordOf)
    {
        (Count, Dimension, this.vectors) = (count, dimension, vectors);
        letters = new byte[bytes];
        ends = new int[Count];
        places = new int[(int)Math.Min(Array.MaxLength, Count + Count / 2L + 1)];
        int end = 0;
        for (int row = 0; row < Count; row++)
        {
            byte[] word = wordOf(row);
            word.CopyTo(letters, end);
            ends[row] = end += word.Length;
            int place = Place(word);
            if (places[place] == 0) places[place] = row + 1;
        }
    }

    /// <summary>V, the number of words.</summary>
    public int Count { get; }

    /// <summary>D, the length of a vector.</summary>
    public int Dimension { get; }

    /// <summary>All vectors, row-major [V, D].</summary>
    public ReadOnlyMemory<float> Matrix => vectors;

    /// <summary>The vector [D] of a word.</summary>
    /// <exception cref="KeyNotFoundException">It is not in the vocabulary.</exception>
    public ReadOnlySpan<float> this[string word] => IndexOf(word) is >= 0 and var row
        ? Vector(row) : throw new KeyNotFoundException($"'{word}' is not among the {Count} words");

    /// <summary>Reads a file of word vectors; its format is recognised by its content.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, damaged or holds no word vectors.</exception>
    public static WordVectors Load(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        return Load(checkpoint);
    }

    /// <summary>Reads the word vectors of an open checkpoint.</summary>
    /// <param name="checkpoint">A checkpoint whose format is <c>word2vec-binary</c>, <c>word2vec-text</c> or <c>glove</c>, or safetensors with <c>weight</c>
    /// [V, D] and <c>words</c>, the bytes of V words with a line break behind each.</param>
    /// <exception cref="CheckpointException">It is damaged, or of another format.</exception>
    public static WordVectors Load(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint is WordVectorCheckpoint { Words: var file }) return Read(file);
        if (checkpoint.TryGet("words", out var words) && checkpoint.TryGet("weight", out var weight)) return Read(checkpoint.Path, words, weight);
        throw new CheckpointException(checkpoint.Path, $"a checkpoint ({checkpoint.Format}), not a file of word vectors");
    }

    /// <summary>The word of a row.</summary>
    /// <param name="index">From 0, in the order of the file, which is that of frequency as a rule.</param>
    public string Word(int index) => Encoding.UTF8.GetString(Letters(index));

    /// <summary>The vector [D] of a row.</summary>
    /// <param name="index">From 0.</param>
    public ReadOnlySpan<float> Vector(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return vectors.AsSpan(index * Dimension, Dimension);
    }

    /// <summary>The row of a word; -1 where it is not in the vocabulary.</summary>
    public int IndexOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return places[Place(Encoding.UTF8.GetBytes(word))] - 1;
    }

    /// <summary>The words whose vectors are nearest to one, by the cosine of the angle between them, nearest first.</summary>
    /// <param name="vector">[D] numbers.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="ArgumentException">The vector is of another length.</exception>
    public IReadOnlyList<WordSimilarity> Nearest(ReadOnlySpan<float> vector, int count = 10) => Nearest(vector, count, passedOver: -1);

    /// <summary>The words whose vectors are nearest to that of another word, without it (gensim's <c>most_similar</c>).</summary>
    /// <param name="word">A word of the vocabulary.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="KeyNotFoundException">It is not in the vocabulary.</exception>
    public IReadOnlyList<WordSimilarity> Nearest(string word, int count = 10) => Nearest(this[word], count, IndexOf(word));

    private List<WordSimilarity> Nearest(ReadOnlySpan<float> vector, int count, int passedOver)
    {
        if (vector.Length != Dimension) throw new ArgumentException($"{vector.Length} numbers are no vector of {Dimension}", nameof(vector));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var nearest = new PriorityQueue<int, (float Similarity, int Order)>(Math.Min(count, Count) + 1);
        double length = Length(vector);
        for (int row = 0; row < Count; row++)
        {
            if (row == passedOver) continue;
            double product = length * Length(Vector(row));
            // a vector of zeros has no direction
            float similarity = product > 0 ? (float)(Dot(vector, Vector(row)) / product) : 0;
            if (float.IsNaN(similarity)) continue;
            nearest.Enqueue(row, (similarity, -row));
            if (nearest.Count > count) nearest.Dequeue();
        }
        var found = new List<WordSimilarity>(nearest.Count);
        while (nearest.TryDequeue(out int row, out var order)) found.Add(new WordSimilarity(Word(row), order.Similarity));
        found.Reverse();
        return found;
    }

    private static double Length(ReadOnlySpan<float> vector) => Math.Sqrt(Dot(vector, vector));

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int at = 0; at < left.Length; at++) sum += (double)left[at] * right[at];
        return sum;
    }

    private static WordVectors Read(WordVectorFile file)
    {
        if ((long)file.Count * file.Dimension > Array.MaxLength)
            throw file.Fail($"{file.Count} words of {file.Dimension} numbers are more than an array holds; open it as a checkpoint");
        long bytes = 0;
        for (int row = 0; row < file.Count; row++) bytes += file.WordLength(row);
        if (bytes > Array.MaxLength) throw file.Fail("its words are longer than an array holds");
        var vectors = new float[file.Count * file.Dimension];
        for (int row = 0; row < file.Count; row++) file.Read(row, vectors.AsSpan(row * file.Dimension, file.Dimension));
        return new WordVectors(file.Count, file.Dimension, bytes, vectors, file.Word);
    }

    private static WordVectors Read(string path, StoredTensor words, StoredTensor weight)
    {
        if (words.ElementType != ElementType.UInt8 || words.Shape.Rank != 1 || words.ByteCount > Array.MaxLength || weight.Shape.Rank != 2 || weight.ElementCount > Array.MaxLength)
            throw new CheckpointException(path, $"{words} and {weight} are no words and their vectors: words are bytes with a line break behind each, vectors [V, D]");
        var bytes = new byte[words.ByteCount];
        words.CopyBytesTo(bytes);
        int count = bytes.AsSpan().Count((byte)'\n');
        if (count != weight.Shape[0] || (bytes.Length > 0 && bytes[^1] != '\n'))
            throw new CheckpointException(path, $"damaged: {count} words for the {weight.Shape[0]} vectors of {weight}; fetch it again");
        int start = 0;
        return new WordVectors(count, weight.Shape[1], bytes.Length - count, weight.ToSingleArray(), _ =>
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            byte[] word = bytes.AsSpan(start, length).ToArray();
            start += length + 1;
            return word;
        });
    }

    private ReadOnlySpan<byte> Letters(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        int start = row == 0 ? 0 : ends[row - 1];
        return letters.AsSpan(start, ends[row] - start);
    }

    // The place of a word, or the free one where it belongs: a third of the places is free.
    private int Place(ReadOnlySpan<byte> word)
    {
        var hash = new HashCode();
        hash.AddBytes(word);
        int place = (int)((uint)hash.ToHashCode() % (uint)places.Length);
        while (places[place] != 0 && !Letters(places[place] - 1).SequenceEqual(word)) place = place + 1 == places.Length ? 0 : place + 1;
        return place;
    }
}

/// <summary>A word and how near it is.</summary>
/// <param name="Word">The word.</param>
/// <param name="Similarity">The cosine of the angle between the vectors, from -1 to 1.</param>
public readonly record struct WordSimilarity(string Word, float Similarity);
