using Graft.Text;

namespace Graft.Tasks;

/// <summary>A token classifier's prediction for a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Words">Each word with its tag.</param>
/// <param name="Entities">The words that belong together.</param>
public sealed record TokenPrediction(string Text, IReadOnlyList<TaggedWord> Words, IReadOnlyList<FoundEntity> Entities)
{
    internal static TokenPrediction Of(string text, IReadOnlyList<TaggedWord> words) => new(text, words,
    [
        .. TaggedEntity.Find([.. words.Select(static word => word.Tag)]).Select(entity =>
        {
            int start = words[entity.Start].Start, end = words[entity.End - 1].End;
            return new FoundEntity(entity.Type, text[start..end], start, end, words.Take(entity.End).Skip(entity.Start).Average(static word => word.Probability));
        }),
    ]);
}

/// <summary>A word of a text and its tag.</summary>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Tag">Its tag.</param>
/// <param name="Probability">The tag's probability, from 0 to 1.</param>
public readonly record struct TaggedWord(int Start, int End, string Tag, double Probability);

/// <summary>Words of a text that belong together.</summary>
/// <param name="Type">What they are: <c>PER</c>, <c>LOC</c> ...</param>
/// <param name="Text">Their text.</param>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Probability">The mean probability of their tags.</param>
public sealed record FoundEntity(string Type, string Text, int Start, int End, double Probability);
