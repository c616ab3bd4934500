using Graft.Tensors;
using Graft.Text;

namespace Graft.Samples.Summarisation;

/// <summary>Paragraphs of real captions and what they say in short: a headline for each sentence, in their order.</summary>
public static class Paragraphs
{
    /// <summary>How many captions a paragraph has.</summary>
    public const int Sentences = 3;

    private const string Between = "; ";

    /// <summary>Draws captions that have a headline into paragraphs; each is in one.</summary>
    /// <param name="source">What they are called.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="seed">The seed of the draw.</param>
    public static ParallelTexts Of(string source, IReadOnlyList<string> captions, ulong seed)
    {
        (string Caption, string Headline)[] known = [.. captions.Select(static caption => (caption, headline: Headline.Of(caption)))
            .Where(static one => one.headline is not null).Select(static one => (one.caption, one.headline!))];
        int[] order = new RandomStream(seed, "paragraphs").Permutation(known.Length);
        return new ParallelTexts(source, order.Chunk(Sentences).Where(static chosen => chosen.Length == Sentences).Select(chosen => new ParallelExample(
            string.Join(' ', chosen.Select(at => known[at].Caption)), string.Join(Between, chosen.Select(at => known[at].Headline)))));
    }

    /// <summary>The first sentence.</summary>
    /// <param name="paragraph">The paragraph.</param>
    public static string FirstSentence(string paragraph) => paragraph.Split(". ")[0];

    /// <summary>The first so many words.</summary>
    /// <param name="paragraph">The paragraph.</param>
    /// <param name="count">How many.</param>
    public static string FirstWords(string paragraph, int count) => string.Join(' ', paragraph.Split(' ').Take(count));

    /// <summary>The first few words of each sentence.</summary>
    /// <param name="paragraph">The paragraph.</param>
    /// <param name="count">How many of each.</param>
    public static string FirstWordsOfEach(string paragraph, int count) =>
        string.Join(Between, paragraph.Split(". ").Select(sentence => FirstWords(sentence, count)));
}
