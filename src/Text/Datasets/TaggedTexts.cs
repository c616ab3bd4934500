using System.Text;
using Graft.Tensors;

namespace Graft.Text;

/// <summary>Sentences whose words have tags: a file's, a program's own, or a part of them.</summary>
public sealed class TaggedTexts
{
    private readonly TaggedSentence[] sentences;
    private readonly int[][] tags;

    private TaggedTexts(string source, IReadOnlyList<string> tagNames, TaggedSentence[] sentences, int[][] tags) =>
        (Source, TagNames, this.sentences, this.tags) = (source, tagNames, sentences, tags);

    /// <summary>Takes sentences; the tags are those that they name, in ordinal order.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="sentences">The sentences.</param>
    /// <exception cref="ArgumentException">There is no sentence, or one has not as many tags as words.</exception>
    public TaggedTexts(string source, IEnumerable<TaggedSentence> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        Source = source;
        this.sentences = [.. sentences];
        if (this.sentences.Length == 0) throw new ArgumentException($"{source}: there is no sentence");
        foreach (var (index, sentence) in this.sentences.Index())
            if (sentence.Words.Count != sentence.Tags.Count)
                throw new ArgumentException($"{source}: sentence {index} has {sentence.Words.Count} words and {sentence.Tags.Count} tags");
        TagNames = [.. this.sentences.SelectMany(static sentence => sentence.Tags).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        tags = Numbered(TagNames);
    }

    /// <summary>Reads the sentences of a file in CoNLL's layout.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wordColumn">The column of the words; null for the first.</param>
    /// <param name="tagColumn">The column of the tags; null for the last.</param>
    /// <param name="encoding">The encoding; null for UTF-8, or UTF-16 behind a byte order mark.</param>
    /// <exception cref="TextFileException">The file or a line cannot be used.</exception>
    public static TaggedTexts Open(string path, Index? wordColumn = null, Index? tagColumn = null, Encoding? encoding = null) =>
        new(path, ConllFile.Read(path, wordColumn, tagColumn, encoding));

    /// <summary>The file, or what the sentences were called.</summary>
    public string Source { get; }

    /// <summary>The tags' names in index order.</summary>
    public IReadOnlyList<string> TagNames { get; }

    /// <summary>How many sentences there are.</summary>
    public int Count => sentences.Length;

    /// <summary>A sentence.</summary>
    /// <param name="index">From 0.</param>
    public TaggedSentence this[int index] => sentences[index];

    /// <summary>The tag's index of each word of a sentence.</summary>
    /// <param name="index">The sentence, from 0.</param>
    public IReadOnlyList<int> Tags(int index) => tags[index];

    /// <summary>Splits the sentences in two; each part keeps the order of the whole and all tags.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1).</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1).</exception>
    public (TaggedTexts Training, TaggedTexts Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut(new int[Count], fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    /// <summary>The sentences that are wanted, in their order.</summary>
    /// <param name="isWanted">Of a sentence's index.</param>
    public TaggedTexts Where(Func<int, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        int[] kept = [.. Enumerable.Range(0, Count).Where(isWanted)];
        return new TaggedTexts(Source, TagNames, Array.ConvertAll(kept, index => sentences[index]), Array.ConvertAll(kept, index => tags[index]));
    }

    /// <summary>The same sentences with the tag indices of a trained model.</summary>
    /// <param name="names">The model's tags, in index order.</param>
    /// <exception cref="TextFileException">A word has a tag that the model does not know; the message has its sentence's line and the nearest tag.</exception>
    public TaggedTexts Match(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new TaggedTexts(Source, [.. names], sentences, Numbered(names));
    }

    private int[][] Numbered(IReadOnlyList<string> names)
    {
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int tag = 0; tag < names.Count; tag++) numberOf.TryAdd(names[tag], tag);
        return Array.ConvertAll(sentences, sentence => sentence.Tags.Select((tag, at) => numberOf.TryGetValue(tag, out int number) ? number
            : throw new TextFileException(Source, $"the model does not know the tag '{Printable.Text(tag)}' of the word '{Printable.Text(sentence.Words[at])}'"
                + $"{NearName.Hint(tag, names)}; it knows {Printable.Some(names, 20)}", sentence.Line + at)).ToArray());
    }
}
